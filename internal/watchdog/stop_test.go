package watchdog

import "testing"

func TestHistoriesOfStopping(t *testing.T) {
	histories(t, []story{
		{"a business that heeds SIGTERM", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended dead finish
			because: stopped on request
			result: success`},
		{"one that ends by it in its own way", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			exits 3 > ended failed finish
			because: stopped on request
			result: exit-code`},
		{"one that ignores it", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			timer > stop-sigkill KILL:all wait:1m30s
			killed KILL > ended failed finish
			because: stopped on request
			result: timeout`},
		{"a stop that comes with an exit wins", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			exits 0 > ended dead finish`},
		{"a stop that comes while a crash is cleared up", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			stop > -
			tree-emptied > failed finish
			because: stopped on request
			result: exit-code`},
		{"a stop during auto-restart ends dead and keeps the result", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:100ms
			stop > dead finish
			because: stopped on request
			result: exit-code`},
		{"a second stop changes nothing", `
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			stop > -
			killed TERM > ended dead finish`},
		{"a timer of a state that was left does not count", `
			Restart=always TimeoutStopSec=5s
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:5s
			timer > stop-sigkill KILL:all wait:5s
			stale-timer > -
			killed KILL > ended failed finish`},
		{"an infinite patience sets no timer", `
			TimeoutStopSec=infinity
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all
			killed TERM > ended dead finish`},
	})
}

// Which processes are signalled, with what, and who is waited for (systemd.kill(5)).
func TestHistoriesOfKillModes(t *testing.T) {
	histories(t, []story{
		{"control-group: leftovers get a second SIGTERM and another TimeoutStopSec", `
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM leaving-others > ended final-sigterm TERM+CONT:all wait:1m30s
			descendant-exited > -
			tree-emptied > dead finish
			result: success`},
		{"control-group: and then SIGKILL, again for each that ends, so that no fork escapes", `
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM leaving-others > ended final-sigterm TERM+CONT:all wait:1m30s
			timer > final-sigkill KILL:all wait:1m30s
			descendant-exited > KILL:all
			tree-emptied > failed finish
			result: timeout`},
		{"control-group: the whole escalation, against processes that nothing ends", `
			TimeoutStopSec=5s
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:5s
			timer > stop-sigkill KILL:all wait:5s
			timer > final-sigterm TERM+CONT:all wait:5s
			timer > final-sigkill KILL:all wait:5s
			timer > failed finish
			result: timeout`},
		{"mixed: SIGTERM to the business, SIGKILL to what it leaves", `
			KillMode=mixed
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:main wait:1m30s
			killed TERM leaving-others > ended final-sigkill KILL:all wait:1m30s
			tree-emptied > dead finish
			result: success`},
		{"mixed: SIGKILL to all when the business ignores SIGTERM", `
			KillMode=mixed
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:main wait:1m30s
			timer > stop-sigkill KILL:all wait:1m30s
			descendant-exited > KILL:all
			killed KILL > ended failed finish`},
		{"mixed: a business that dies late still leaves nothing", `
			KillMode=mixed
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:main wait:1m30s
			timer > stop-sigkill KILL:all wait:1m30s
			timer > final-sigterm TERM+CONT:main wait:1m30s
			killed KILL leaving-others > ended final-sigkill KILL:all wait:1m30s
			tree-emptied > failed finish`},
		{"process: only the business", `
			KillMode=process
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:main wait:1m30s
			killed TERM leaving-others > ended dead finish`},
		{"process: with SIGKILL, if need be", `
			KillMode=process
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:main wait:1m30s
			timer > stop-sigkill KILL:main wait:1m30s
			killed KILL leaving-others > ended failed finish`},
		{"process: others are not waited for in any phase", `
			KillMode=process SendSIGKILL=no
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:main wait:1m30s
			timer > final-sigterm TERM+CONT:main wait:1m30s
			killed TERM leaving-others > ended failed finish
			result: timeout`},
		{"none: nobody, and the business lives on", `
			KillMode=none
			start > start spawn
			spawned > running answer:started
			stop > dead finish`},
		{"none: a crash is restarted beside what it left", `
			KillMode=none Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended auto-restart wait:100ms
			timer > start spawn`},

		{"SendSIGKILL=no: asked twice, then left alone", `
			SendSIGKILL=no
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			timer > final-sigterm TERM+CONT:all wait:1m30s
			timer > failed finish
			result: timeout`},
		{"SendSIGKILL=no: a requested restart is no restart when the old processes stay", `
			SendSIGKILL=no
			start > start spawn
			spawned > running answer:started
			restart > stop-sigterm TERM+CONT:all wait:1m30s
			timer > final-sigterm TERM+CONT:all wait:1m30s
			timer > failed answer:start-failed finish
			because: not restarting: old processes are still there, and SendSIGKILL=no forbids to kill them`},
		{"SendSIGHUP: a SIGHUP follows each SIGTERM", `
			SendSIGHUP=yes
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+HUP+CONT:all wait:1m30s
			killed TERM leaving-others > ended final-sigterm TERM+HUP+CONT:all wait:1m30s
			timer > final-sigkill KILL:all wait:1m30s`},
		{"SendSIGHUP: not where KillSignal is SIGHUP already", `
			SendSIGHUP=yes KillSignal=HUP
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm HUP+CONT:all wait:1m30s`},
		{"SendSIGHUP: nor in a restart", `
			SendSIGHUP=yes
			start > start spawn
			spawned > running answer:started
			restart > stop-sigterm TERM+CONT:all wait:1m30s`},
		{"KillSignal=SIGKILL continues nobody, and makes the stop a failure", `
			KillSignal=KILL
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm KILL:all wait:1m30s
			killed KILL > ended failed finish
			result: signal`},
		{"a FinalKillSignal that can be held up by SIGSTOP is followed by SIGCONT", `
			FinalKillSignal=QUIT
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			timer > stop-sigkill QUIT+CONT:all wait:1m30s`},
		{"RestartKillSignal takes over in a requested restart, in its first phase", `
			RestartKillSignal=USR1
			start > start spawn
			spawned > running answer:started
			restart > stop-sigterm USR1+CONT:all wait:1m30s
			killed USR1 leaving-others > ended final-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > start spawn`},
		{"but not in a stop, nor in an automatic restart", `
			RestartKillSignal=USR1 Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > auto-restart wait:100ms
			timer > start spawn
			spawned > running
			stop > stop-sigterm TERM+CONT:all wait:1m30s`},
	})
}

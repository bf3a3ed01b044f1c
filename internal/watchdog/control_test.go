package watchdog

import "testing"

// ExecCondition=, ExecStartPre=, ExecStartPost=: systemd.service(5); src/core/service.c,
// service_sigchld_event and service_dispatch_timer.
func TestHistoriesOfCommandsOfAStart(t *testing.T) {
	histories(t, []story{
		{"they run one after another, and then the service is up", `
			ExecCondition=c ExecStartPre=p1 ExecStartPre=p2 ExecStartPost=q1 ExecStartPost=q2
			start > condition wait:1m30s run:c
			control exits 0 > start-pre wait:1m30s run:p1
			control exits 0 > wait:1m30s run:p2
			control exits 0 > start spawn
			spawned > start-post wait:1m30s run:q1
			control exits 0 > wait:1m30s run:q2
			control exits 0 > running answer:started`},
		{"a condition that says no skips the start, and that is no failure", `
			ExecCondition=c ExecCondition=d ExecStopPost=s Restart=always
			start > condition wait:1m30s run:c
			control exits 1 > stop-post wait:1m30s run:s
			control exits 0 > dead answer:skipped finish
			result: exec-condition
			because: not started: ExecCondition=c exited with 1`},
		{"254 says no, too", `
			ExecCondition=c
			start > condition wait:1m30s run:c
			control exits 254 > dead answer:skipped finish`},
		{"255 is a failure", `
			ExecCondition=c Restart=on-failure
			start > condition wait:1m30s run:c
			control exits 255 > auto-restart answer:start-failed wait:100ms
			result: exit-code
			because: restarting in 100 ms: ExecCondition=c exited with 255 (EXCEPTION), Restart=on-failure; restart 1`},
		{"and so is a signal", `
			ExecCondition=c
			start > condition wait:1m30s run:c
			control killed TERM > failed answer:start-failed finish
			result: signal`},
		{"a condition on the success list says yes", `
			ExecCondition=c SuccessExitStatus=3
			start > condition wait:1m30s run:c
			control exits 3 > start spawn`},
		{"a failure before the start leads through stop-post, not through ExecStop", `
			ExecStartPre=p1 ExecStartPre=p2 ExecStop=s ExecStopPost=t
			start > start-pre wait:1m30s run:p1
			control exits 3 > stop-post wait:1m30s run:t
			control exits 0 > failed answer:start-failed finish
			result: exit-code
			because: not restarting: ExecStartPre=p1 exited with 3, Restart=no`},
		{"what it left is ended first", `
			ExecStartPre=p
			start > start-pre wait:1m30s run:p
			control exits 3 leaving-others > stop-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > failed answer:start-failed finish`},
		{"the polite signals are no clean end of a command", `
			ExecStartPre=p
			start > start-pre wait:1m30s run:p
			control killed TERM > failed answer:start-failed finish
			result: signal`},
		{"- lets the start go on", `
			ExecStartPre=-p ExecStartPost=-q
			start > start-pre wait:1m30s run:p
			control exits 3 > start spawn
			spawned > start-post wait:1m30s run:q
			control killed KILL > running answer:started
			result: success`},
		{"the lists of exits look at the business only", `
			ExecStartPre=p Restart=on-failure Prevent=3
			start > start-pre wait:1m30s run:p
			control exits 3 > auto-restart answer:start-failed wait:100ms
			timer > start-pre wait:1m30s run:p`},
		{"also when it had run before", `
			ExecStartPre=p Restart=always Prevent=3
			start > start-pre wait:1m30s run:p
			control exits 0 > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:100ms
			timer > start-pre wait:1m30s run:p
			control exits 3 > auto-restart wait:100ms
			because: restarting in 100 ms: ExecStartPre=p exited with 3, Restart=always; restart 2`},
		{"no process for a command: nothing has begun that stop-post would have to undo", `
			ExecStartPre=p ExecStopPost=t Restart=on-failure
			start > start-pre wait:1m30s run:p
			no-control > auto-restart answer:start-failed wait:100ms
			result: resources`},
		{"a failure after the start stops the business", `
			ExecStartPost=q ExecStop=s ExecStopPost=t
			start > start spawn
			spawned > start-post wait:1m30s run:q
			control exits 1 leaving-others > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended stop-post wait:1m30s run:t
			control exits 0 > failed answer:start-failed finish
			because: not restarting: ExecStartPost=q exited with 1, killed by SIGTERM, Restart=no`},
		{"a business that ends meanwhile waits for the command", `
			ExecStartPost=q Restart=always
			start > start spawn
			spawned > start-post wait:1m30s run:q
			exits 1 leaving-others > ended
			control exits 0 > auto-restart answer:start-failed wait:100ms
			result: exit-code`},
		{"one that ends well is stopped in order, with ExecStop", `
			ExecStartPost=q ExecStop=s
			start > start spawn
			spawned > start-post wait:1m30s run:q
			exits 0 leaving-others > ended
			control exits 0 > stop wait:1m30s run:s
			control exits 0 > dead answer:ended finish`},

		{"TimeoutStartSec is for each command", `
			ExecStartPre=p ExecStopPost=t TimeoutStartSec=5s TimeoutStopSec=7s
			start > start-pre wait:5s run:p
			timer > stop-sigterm TERM+CONT:all wait:7s
			control killed TERM > stop-post wait:7s run:t
			control exits 0 > failed answer:start-failed finish
			result: timeout
			because: not restarting: the start took too long, Restart=no`},
		{"TimeoutStartFailureMode=abort asks for a core", `
			ExecStartPre=p TimeoutStartSec=5s TimeoutAbortSec=3s TimeoutStartFailureMode=abort
			start > start-pre wait:5s run:p
			timer > stop-watchdog ABRT+CONT:all wait:3s
			timer > stop-sigkill KILL:all wait:1m30s
			control killed KILL > failed answer:start-failed finish`},
		{"and kill does not ask", `
			ExecStartPre=p TimeoutStartSec=5s TimeoutStartFailureMode=kill
			start > start-pre wait:5s run:p
			timer > stop-sigkill KILL:all wait:1m30s`},
		{"not without SendSIGKILL", `
			ExecStartPost=p ExecStopPost=t TimeoutStartSec=5s TimeoutStartFailureMode=kill SendSIGKILL=no
			start > start spawn
			spawned > start-post wait:5s run:p
			timer > stop-post wait:1m30s run:t`},
		{"KillMode=process means both processes", `
			ExecStartPost=p KillMode=process TimeoutStartSec=5s
			start > start spawn
			spawned > start-post wait:5s run:p
			timer > stop-sigterm TERM+CONT:main TERM+CONT:control wait:1m30s
			killed TERM leaving-others > ended
			timer > stop-sigkill KILL:control wait:1m30s
			control killed KILL leaving-others > failed answer:start-failed finish`},

		{"a stop in the middle kills the command, whose end is a failure as with systemd", `
			ExecStartPre=p1 ExecStartPre=p2 ExecStop=s ExecStopPost=t
			start > start-pre wait:1m30s run:p1
			stop > answer:cancelled stop-sigterm TERM+CONT:all wait:1m30s
			control killed TERM > stop-post wait:1m30s run:t
			control exits 0 > failed finish
			result: signal
			because: stopped on request`},
		{"and no other command follows, however well it ends", `
			ExecStartPre=p1 ExecStartPre=p2
			start > start-pre wait:1m30s run:p1
			stop > answer:cancelled stop-sigterm TERM+CONT:all wait:1m30s
			control exits 0 > dead finish`},
		{"a restart in the middle begins anew", `
			ExecStartPre=p1 ExecStartPre=p2
			start > start-pre wait:1m30s run:p1
			control exits 0 > wait:1m30s run:p2
			restart > stop-sigterm TERM+CONT:all wait:1m30s
			control killed TERM > start-pre wait:1m30s run:p1
			result: success`},
		{"a start in the middle waits for its end", `
			ExecStartPre=p
			start > start-pre wait:1m30s run:p
			start > -
			control exits 0 > start spawn
			spawned > running answer:started`},
		{"a bare command line gives up, and says what failed", `
			CommandDefaults ExecStartPre=p
			start > start-pre wait:1m30s run:p
			control exits 3 > failed answer:start-failed finish
			because: not restarting: ExecStartPre=p exited with 3`},
		{"it settles before ExecStartPost", `
			CommandDefaults ExecStartPost=q
			start > start spawn
			spawned > wait:100ms
			timer > start-post wait:1m30s run:q
			control exits 0 > running answer:started`},
		{"a signal for the command alone", `
			ExecStartPre=p
			kill USR1 control > -
			start > start-pre wait:1m30s run:p
			kill USR1 main > -
			kill USR1 control > USR1:control`},
		{"KillMode=none leaves everybody, and what ends late disturbs nobody", `
			ExecStartPre=p KillMode=none Restart=always
			start > start-pre wait:1m30s run:p
			control exits 0 > start spawn
			spawned > running answer:started
			restart > start-pre wait:1m30s run:p
			exits 1 leaving-others > ended
			control exits 0 leaving-others > start spawn
			spawned > running answer:started
			result: success`},
	})
}

// ExecStop= and ExecStopPost=.
func TestHistoriesOfCommandsOfAStop(t *testing.T) {
	histories(t, []story{
		{"ExecStop, then KillSignal, then ExecStopPost, then what is left", `
			ExecStop=s1 ExecStop=s2 ExecStopPost=t1 ExecStopPost=t2 TimeoutStopSec=5s
			start > start spawn
			spawned > running answer:started
			stop > stop wait:5s run:s1
			control exits 0 > wait:5s run:s2
			control exits 0 > stop-sigterm TERM+CONT:all wait:5s
			killed TERM leaving-others > ended stop-post wait:5s run:t1
			control exits 0 leaving-others > wait:5s run:t2
			control exits 0 leaving-others > final-sigterm TERM+CONT:all wait:5s
			tree-emptied > dead finish
			result: success`},
		{"ExecStop that has ended the business is waited for", `
			ExecStop=s
			start > start spawn
			spawned > running answer:started
			stop > stop wait:1m30s run:s
			exits 0 leaving-others > ended
			control exits 0 > dead finish
			result: success`},
		{"ExecStop that fails ends the list, and the result is a failure", `
			ExecStop=s1 ExecStop=s2
			start > start spawn
			spawned > running answer:started
			stop > stop wait:1m30s run:s1
			control exits 1 > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended failed finish
			result: exit-code
			because: stopped on request`},
		{"ExecStop that hangs goes the way of the business", `
			ExecStop=s TimeoutStopSec=5s
			start > start spawn
			spawned > running answer:started
			stop > stop wait:5s run:s
			timer > stop-sigterm TERM+CONT:all wait:5s
			killed TERM leaving-others > ended
			control killed TERM > failed finish
			result: timeout`},
		{"ExecStopPost that hangs is ended by the final phases", `
			ExecStopPost=t TimeoutStopSec=5s
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:5s
			killed TERM > ended stop-post wait:5s run:t
			timer > final-sigterm TERM+CONT:all wait:5s
			timer > final-sigkill KILL:all wait:5s
			control killed KILL > failed finish
			result: timeout`},
		{"TimeoutStopFailureMode=abort", `
			ExecStop=s ExecStopPost=t TimeoutStopSec=5s TimeoutAbortSec=2s TimeoutStopFailureMode=abort
			start > start spawn
			spawned > running answer:started
			stop > stop wait:5s run:s
			timer > stop-watchdog ABRT+CONT:all wait:2s
			timer > stop-sigkill KILL:all wait:5s
			timer > stop-post wait:5s run:t
			timer > final-watchdog ABRT+CONT:all wait:2s
			timer > final-sigkill KILL:all wait:5s
			timer > failed finish`},
		{"also after a SIGTERM that was not heeded", `
			TimeoutStopSec=5s TimeoutStopFailureMode=abort
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:5s
			timer > stop-watchdog ABRT+CONT:all wait:5s
			killed ABRT > ended failed finish`},
		{"TimeoutStopFailureMode=kill", `
			ExecStop=s ExecStopPost=t TimeoutStopSec=5s TimeoutStopFailureMode=kill
			start > start spawn
			spawned > running answer:started
			stop > stop wait:5s run:s
			timer > stop-sigkill KILL:all wait:5s
			timer > stop-post wait:5s run:t
			timer > final-sigkill KILL:all wait:5s`},
		{"TimeoutStopFailureMode=kill where SendSIGKILL=no forbids it", `
			ExecStop=s ExecStopPost=t TimeoutStopSec=5s TimeoutStopFailureMode=kill SendSIGKILL=no
			start > start spawn
			spawned > running answer:started
			stop > stop wait:5s run:s
			timer > stop-post wait:5s run:t
			timer > failed finish
			result: timeout`},
		{"after an end of its own, ExecStop runs if that was clean", `
			ExecStop=s ExecStopPost=t Restart=always
			start > start spawn
			spawned > running answer:started
			exits 0 > ended stop wait:1m30s run:s
			control exits 0 > stop-post wait:1m30s run:t
			control exits 0 > auto-restart wait:100ms
			timer > start spawn`},
		{"not after a failure", `
			ExecStop=s ExecStopPost=t Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 > ended stop-post wait:1m30s run:t
			control exits 0 > auto-restart wait:100ms`},
		{"ExecStopPost that fails makes a failure of a clean end, which may be restarted", `
			ExecStopPost=t Restart=on-failure
			start > start spawn
			spawned > running answer:started
			exits 0 > ended stop-post wait:1m30s run:t
			control exits 5 > auto-restart wait:100ms
			result: exit-code
			because: restarting in 100 ms: ExecStopPost=t exited with 5, exited with 0, Restart=on-failure; restart 1`},
		{"but the first failure stands", `
			ExecStopPost=t Restart=on-abort
			start > start spawn
			spawned > running answer:started
			killed SEGV core > ended stop-post wait:1m30s run:t
			control exits 5 > auto-restart wait:100ms
			result: core-dump`},
		{"a restart runs all of it", `
			ExecStartPre=p ExecStop=s ExecStopPost=t RestartKillSignal=USR1
			start > start-pre wait:1m30s run:p
			control exits 0 > start spawn
			spawned > running answer:started
			restart > stop wait:1m30s run:s
			control exits 0 > stop-sigterm USR1+CONT:all wait:1m30s
			killed USR1 > ended stop-post wait:1m30s run:t
			control exits 0 > start-pre wait:1m30s run:p
			result: success`},
		{"a stop during stop-post of a crash keeps it down", `
			ExecStopPost=t Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 > ended stop-post wait:1m30s run:t
			stop > -
			control exits 0 > failed finish
			because: stopped on request`},
		{"a command that cannot be executed is status 203", `
			ExecStop=s ExecStopPost=t
			start > start spawn
			spawned > running answer:started
			stop > stop wait:1m30s run:s
			control exits 203 > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended stop-post wait:1m30s run:t
			no-control > failed finish
			result: exit-code`},
	})
}

func TestHistoriesOfReloads(t *testing.T) {
	histories(t, []story{
		{"without ExecReload it is a signal", `
			start > start spawn
			spawned > running answer:started
			reload > HUP:main`},
		{"ExecReload is run, and the service is as it was", `
			ExecReload=r1 ExecReload=r2
			start > start spawn
			spawned > running answer:started
			reload > reload wait:1m30s run:r1
			control exits 0 > wait:1m30s run:r2
			control exits 0 > running answer:reloaded`},
		{"a reload while it reloads waits for the same", `
			ExecReload=r
			start > start spawn
			spawned > running answer:started
			reload > reload wait:1m30s run:r
			reload > -
			start > answer:started
			control exits 0 > running answer:reloaded`},
		{"a failed one is no failure of the service", `
			ExecReload=r1 ExecReload=r2
			start > start spawn
			spawned > running answer:started
			reload > reload wait:1m30s run:r1
			control exits 1 > running answer:reload-failed
			result: success`},
		{"one that hangs is killed, and its end disturbs nobody", `
			ExecReload=r TimeoutStartSec=5s
			start > start spawn
			spawned > running answer:started
			reload > reload wait:5s run:r
			timer > KILL:control running answer:reload-failed
			control killed KILL > -
			result: success
			exits 0 > ended dead finish`},
		{"the business ends meanwhile", `
			ExecReload=r ExecStop=s Restart=always
			start > start spawn
			spawned > running answer:started
			reload > reload wait:1m30s run:r
			exits 1 leaving-others > ended
			control exits 0 > auto-restart answer:reload-failed wait:100ms`},
		{"a stop goes first, without ExecStop as in systemd", `
			ExecReload=r ExecStop=s
			start > start spawn
			spawned > running answer:started
			reload > reload wait:1m30s run:r
			stop > stop-sigterm answer:reload-failed TERM+CONT:all wait:1m30s
			killed TERM leaving-others > ended
			control killed TERM > failed finish`},
		{"there is nothing to reload", `
			ExecReload=r
			reload > -
			start > start spawn
			reload > -
			spawned > running answer:started`},
	})
}

// Type=oneshot: what is run is the start.
func TestHistoriesOfOneshots(t *testing.T) {
	histories(t, []story{
		{"its commands run one after another, and that was it", `
			Type=oneshot ExecStart=a ExecStart=b ExecStartPost=q ExecStop=s TimeoutStartSec=infinity
			start > start spawn
			spawned > -
			exits 0 > ended spawn:1
			spawned > -
			exits 0 > ended start-post run:q
			control exits 0 > stop wait:1m30s run:s
			control exits 0 > dead answer:ended finish
			result: success
			because: not restarting: exited with 0, its work is done`},
		{"RemainAfterExit keeps it active", `
			Type=oneshot RemainAfterExit=yes ExecStop=s ExecStopPost=t
			start > start spawn
			spawned > wait:1m30s
			exits 0 > ended exited answer:started
			start > answer:started
			stop > stop wait:1m30s run:s
			control exits 0 > stop-post wait:1m30s run:t
			control exits 0 > dead finish`},
		{"a restart runs it again", `
			Type=oneshot RemainAfterExit=yes
			start > start spawn
			spawned > wait:1m30s
			exits 0 > ended exited answer:started
			restart > start spawn
			spawned > wait:1m30s
			exits 0 > ended exited answer:started`},
		{"a failure is the end of the list, and ExecStop is not run", `
			Type=oneshot ExecStart=a ExecStart=b ExecStop=s ExecStopPost=t
			start > start spawn
			spawned > wait:1m30s
			exits 1 > ended stop-post wait:1m30s run:t
			control exits 0 > failed answer:start-failed finish
			result: exit-code`},
		{"- goes on to the next", `
			Type=oneshot ExecStart=-a ExecStart=b
			start > start spawn
			spawned > wait:1m30s
			exits 1 > ended spawn:1
			spawned > wait:1m30s
			exits 1 > ended failed answer:start-failed finish`},
		{"SIGTERM is no clean end here", `
			Type=oneshot
			start > start spawn
			spawned > wait:1m30s
			killed TERM > ended failed answer:start-failed finish
			result: signal`},
		{"TimeoutStartSec counts for each", `
			Type=oneshot ExecStart=a ExecStart=b TimeoutStartSec=5s
			start > start spawn
			spawned > wait:5s
			exits 0 > ended spawn:1
			spawned > wait:5s
			timer > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended failed answer:start-failed finish
			result: timeout`},
		{"a failure is restarted, from the first command on", `
			Type=oneshot ExecStart=a ExecStart=b Restart=on-failure
			start > start spawn
			spawned > wait:1m30s
			exits 0 > ended spawn:1
			spawned > wait:1m30s
			exits 7 > ended auto-restart answer:start-failed wait:100ms
			timer > start spawn
			restarts: 1`},
		{"on the force-restart list only a failure is restarted", `
			Type=oneshot Force=0,7
			start > start spawn
			spawned > wait:1m30s
			exits 7 > ended auto-restart answer:start-failed wait:100ms
			timer > start spawn
			spawned > wait:1m30s
			exits 0 > ended dead finish`},
		{"a second command that cannot be executed", `
			Type=oneshot ExecStart=a ExecStart=b
			start > start spawn
			spawned > wait:1m30s
			exits 0 > ended spawn:1
			not-executed > ended failed answer:start-failed finish`},
		{"without ExecStart it is there for its ExecStop", `
			Type=oneshot ExecStart= RemainAfterExit=yes ExecStartPre=p ExecStop=s
			start > start-pre wait:1m30s run:p
			control exits 0 > exited answer:started
			stop > stop wait:1m30s run:s
			control exits 0 > dead finish`},
		{"a stop in the middle", `
			Type=oneshot ExecStart=a ExecStart=b ExecStop=s
			start > start spawn
			spawned > wait:1m30s
			stop > answer:cancelled stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended failed finish
			result: signal`},
	})
}

// RemainAfterExit= is for the other types, too.
func TestHistoriesOfRemaining(t *testing.T) {
	histories(t, []story{
		{"after a clean end", `
			RemainAfterExit=yes Restart=always ExecReload=r
			start > start spawn
			spawned > running answer:started
			exits 0 leaving-others > ended exited
			tree-emptied > -
			reload > reload wait:1m30s run:r
			control exits 0 > exited answer:reloaded
			stop > dead finish`},
		{"not after a failure", `
			RemainAfterExit=yes Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:100ms`},
		{"even while it settles", `
			CommandDefaults RemainAfterExit=yes
			start > start spawn
			spawned > wait:100ms
			exits 0 > ended exited answer:started`},
		{"what it has left is stopped with it", `
			RemainAfterExit=yes
			start > start spawn
			spawned > running answer:started
			exits 0 leaving-others > ended exited
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > dead finish`},
		{"Type=idle has no jobs to wait for", `
			Type=idle
			start > start spawn
			spawned > running answer:started`},
	})
}

// A guardian that died during a command is followed by one that goes on with it.
func TestHistoriesOfAdoptedCommands(t *testing.T) {
	histories(t, []story{
		{"the command goes on, and so does its time", `
			ExecStartPre=p1 ExecStartPre=p2
			start > start-pre wait:1m30s run:p1
			adopted awaited left 10s leaving-others > wait:10s
			control exits 0 > wait:1m30s run:p2
			control exits 0 > start spawn
			spawned > running answer:started`},
		{"it has ended, and how is known", `
			ExecStartPre=p1 ExecStartPre=p2
			start > start-pre wait:1m30s run:p1
			adopted awaited control exits 0 > wait:1m30s run:p2`},
		{"it has failed, and that is known", `
			ExecStartPre=p
			start > start-pre wait:1m30s run:p
			adopted awaited control exits 3 > failed answer:start-failed finish`},
		{"nobody knows how it has ended: what is left goes, and the start begins anew", `
			ExecStartPre=p
			start > start-pre wait:1m30s run:p
			adopted awaited lost-control leaving-others > stop-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > start-pre wait:1m30s run:p
			control exits 0 > start spawn
			spawned > running answer:started
			exits 0 > ended dead finish`},
		{"if nobody waits for it, the policy decides", `
			ExecStartPre=p Restart=on-failure
			start > start-pre wait:1m30s run:p
			adopted lost-control > auto-restart wait:100ms`},
		{"where its failure does not matter, it goes on", `
			ExecStartPre=-p
			start > start-pre wait:1m30s run:p
			adopted awaited lost-control > start spawn`},
		{"one of a stop is over, however", `
			ExecStop=s ExecStopPost=t
			start > start spawn
			spawned > running answer:started
			stop > stop wait:1m30s run:s
			adopted lost-control leaving-others > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended stop-post wait:1m30s run:t
			adopted lost-control > dead finish
			result: success`},
		{"the business and the command have ended", `
			ExecStop=s ExecStopPost=t
			start > start spawn
			spawned > running answer:started
			stop > stop wait:1m30s run:s
			adopted exits 0 lost-control > ended stop-post wait:1m30s run:t`},
		{"a reload that nobody saw end", `
			ExecReload=r
			start > start spawn
			spawned > running answer:started
			reload > reload wait:1m30s run:r
			adopted awaited lost-control leaving-others > answer:started running answer:reloaded`},
		{"a spawn that was not followed by ExecStartPost", `
			ExecStartPost=q
			start > start spawn
			adopted awaited leaving-others > start-post wait:1m30s run:q`},
		{"what remains after its exit goes on remaining", `
			Type=oneshot RemainAfterExit=yes
			start > start spawn
			spawned > wait:1m30s
			exits 0 > ended exited answer:started
			adopted awaited > answer:started
			stop > dead finish`},
	})
}

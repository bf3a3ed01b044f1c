package watchdog

import "testing"

// Type=notify: systemd.service(5); src/core/service.c, service_notify_message.
func TestHistoriesOfReadiness(t *testing.T) {
	histories(t, []story{
		{"it is up when it says so", `
			Type=notify NotifyAccess=main
			start > start spawn
			spawned > wait:1m30s
			says READY=1 > running answer:started
			says READY=1 > -
			timer > -`},
		{"the commands after the start come then", `
			Type=notify NotifyAccess=main ExecStartPost=q
			start > start spawn
			spawned > wait:1m30s
			says READY=1 > start-post wait:1m30s run:q
			control exits 0 > running answer:started`},
		{"other types are up without", `
			NotifyAccess=main ExecStartPost=q
			start > start spawn
			spawned > start-post wait:1m30s run:q
			says READY=1 > -
			control exits 0 > running answer:started`},
		{"an end before that is a failure, even a clean one", `
			Type=notify NotifyAccess=main Restart=on-failure
			start > start spawn
			spawned > wait:1m30s
			exits 0 > ended auto-restart answer:start-failed wait:100ms
			result: protocol
			because: restarting in 100 ms: it ended before it said READY=1, exited with 0, Restart=on-failure; restart 1`},
		{"that of an unclean end is its own", `
			Type=notify NotifyAccess=main
			start > start spawn
			spawned > wait:1m30s
			exits 7 > ended failed answer:start-failed finish
			result: exit-code`},
		{"silence is given up after TimeoutStartSec", `
			Type=notify NotifyAccess=main TimeoutStartSec=5s
			start > start spawn
			spawned > wait:5s
			timer > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended failed answer:start-failed finish
			result: timeout`},
		{"where others may say it, the end of the business is not the end", `
			Type=notify NotifyAccess=all RemainAfterExit=yes
			start > start spawn
			spawned > wait:1m30s
			exits 0 leaving-others > ended
			other-says READY=1 > exited answer:started`},
		{"unless nobody is left", `
			Type=notify NotifyAccess=all RemainAfterExit=yes
			start > start spawn
			spawned > wait:1m30s
			exits 0 leaving-others > ended
			tree-emptied > failed answer:start-failed finish
			result: protocol`},
		{"a start that is stopped, and then says that it is ready", `
			Type=notify NotifyAccess=main
			start > start spawn
			spawned > wait:1m30s
			stop > answer:cancelled stop-sigterm TERM+CONT:all wait:1m30s
			says READY=1 > -
			killed TERM > ended dead finish`},
		{"each start waits anew", `
			Type=notify NotifyAccess=main Restart=always
			start > start spawn
			spawned > wait:1m30s
			says READY=1 STATUS=fine > running answer:started
			status: fine
			exits 1 > ended auto-restart wait:100ms
			status: fine
			timer > start spawn
			status: -
			spawned > wait:1m30s
			says READY=1 > running`},
		{"what it says of itself is kept for people", `
			NotifyAccess=main
			start > start spawn
			spawned > running answer:started
			says STATUS=busy ERRNO=ENOENT > -
			status: busy
			errno: 2
			says ERRNO=0 > -
			status: busy
			errno: 0
			says STATUS= > -
			status: -`},
		{"a guardian that takes over in the middle waits for it, too", `
			Type=notify NotifyAccess=main TimeoutStartSec=20s
			start > start spawn
			spawned > wait:20s
			adopted left 7s > wait:7s
			says READY=1 > running`},
		{"also if the timer was not yet set", `
			Type=notify NotifyAccess=main TimeoutStartSec=20s
			start > start spawn
			adopted alive > wait:20s
			says READY=1 > running`},
	})
}

func TestHistoriesOfNotifyAccess(t *testing.T) {
	histories(t, []story{
		{"main is the business", `
			Type=notify NotifyAccess=main
			start > start spawn
			spawned > wait:1m30s
			other-says READY=1 > -
			control-says READY=1 > -
			stranger-says READY=1 > -
			says READY=1 > running answer:started`},
		{"exec is its commands, too", `
			Type=notify NotifyAccess=exec
			start > start spawn
			spawned > wait:1m30s
			other-says READY=1 > -
			control-says READY=1 > running answer:started`},
		{"all is everybody in the service", `
			Type=notify NotifyAccess=all
			start > start spawn
			spawned > wait:1m30s
			stranger-says READY=1 > -
			other-says READY=1 > running answer:started`},
		{"none is nobody", `
			NotifyAccess=none
			start > start spawn
			spawned > running answer:started
			says STATUS=x > -
			status: -`},
		{"the business may change it, until the next start", `
			Type=notify NotifyAccess=main Restart=always
			start > start spawn
			spawned > wait:1m30s
			says NOTIFYACCESS=all > -
			other-says READY=1 > running answer:started
			other-says NOTIFYACCESS=none > -
			says STATUS=x > -
			status: -
			exits 1 > ended auto-restart wait:100ms
			timer > start spawn
			spawned > wait:1m30s
			other-says READY=1 > -
			says READY=1 > running`},
	})
}

func TestHistoriesOfAnotherMain(t *testing.T) {
	histories(t, []story{
		{"the business names another process", `
			Type=notify NotifyAccess=main
			start > start spawn
			spawned > wait:1m30s
			says MAINPID=42 READY=1 > main:42 running answer:started
			descendant-exited > -
			exits 3 > ended failed finish
			result: exit-code`},
		{"also after the first one has ended", `
			Type=notify NotifyAccess=all RemainAfterExit=yes
			start > start spawn
			spawned > wait:1m30s
			exits 0 leaving-others > ended
			other-says MAINPID=42 READY=1 > main:42 running answer:started`},
		{"not when it is being killed", `
			NotifyAccess=main
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			timer > stop-sigkill KILL:all wait:1m30s
			says MAINPID=42 > -`},
	})
}

func TestHistoriesOfNotifiedReloads(t *testing.T) {
	histories(t, []story{
		{"notify-reload is asked by signal, and says when it is done", `
			Type=notify-reload NotifyAccess=main
			start > start spawn
			spawned > wait:1m30s
			says READY=1 > running answer:started
			reload > HUP+CONT:main reload-signal wait:1m30s
			says RELOADING=1 MONOTONIC_USEC=1 > reload-notify wait:1m30s
			says READY=1 > running answer:reloaded`},
		{"both in one message", `
			Type=notify-reload NotifyAccess=main ReloadSignal=USR1
			start > start spawn
			spawned > wait:1m30s
			says READY=1 > running answer:started
			reload > USR1+CONT:main reload-signal wait:1m30s
			says RELOADING=1 READY=1 MONOTONIC_USEC=1 > running answer:reloaded`},
		{"a reload that had begun before is not the one", `
			Type=notify-reload NotifyAccess=main
			start > start spawn
			spawned > wait:1m30s
			says READY=1 > running answer:started
			reload > HUP+CONT:main reload-signal wait:1m30s
			says RELOADING=1 MONOTONIC_USEC=1 stale > -
			says READY=1 > -
			says RELOADING=1 > -
			says RELOADING=1 MONOTONIC_USEC=1 > reload-notify wait:1m30s
			says READY=1 > running answer:reloaded`},
		{"the time counts from the request to the end", `
			Type=notify-reload NotifyAccess=main TimeoutStartSec=5s
			start > start spawn
			spawned > wait:5s
			says READY=1 > running answer:started
			reload > HUP+CONT:main reload-signal wait:5s
			later 2s > -
			says RELOADING=1 MONOTONIC_USEC=1 > reload-notify wait:3s
			timer > running answer:reload-failed
			result: success`},
		{"with a command beside it", `
			Type=notify-reload NotifyAccess=main ExecReload=r
			start > start spawn
			spawned > wait:1m30s
			says READY=1 > running answer:started
			reload > HUP+CONT:main reload wait:1m30s run:r
			says RELOADING=1 MONOTONIC_USEC=1 > -
			control exits 0 > reload-notify wait:1m30s
			says READY=1 > running answer:reloaded`},
		{"whose failure is that of the reload", `
			Type=notify-reload NotifyAccess=main ExecReload=r
			start > start spawn
			spawned > wait:1m30s
			says READY=1 > running answer:started
			reload > HUP+CONT:main reload wait:1m30s run:r
			says RELOADING=1 MONOTONIC_USEC=1 > -
			control exits 1 > reload-notify wait:1m30s
			says READY=1 > running answer:reload-failed`},
		{"a reload that nobody has asked for", `
			NotifyAccess=main
			start > start spawn
			spawned > running answer:started
			says RELOADING=1 > reload-notify wait:1m30s
			says READY=1 > running answer:reloaded`},
		{"one that was begun before the start was over", `
			Type=notify NotifyAccess=main ExecStartPost=q
			start > start spawn
			spawned > wait:1m30s
			says READY=1 > start-post wait:1m30s run:q
			says RELOADING=1 > -
			control exits 0 > reload-notify wait:1m30s answer:started
			says READY=1 > running answer:reloaded`},
		{"an end in the middle of it", `
			NotifyAccess=main Restart=always
			start > start spawn
			spawned > running answer:started
			says RELOADING=1 > reload-notify wait:1m30s
			exits 1 > ended auto-restart answer:reload-failed wait:100ms`},
		{"a stop in the middle of it", `
			Type=notify-reload NotifyAccess=main
			start > start spawn
			spawned > wait:1m30s
			says READY=1 > running answer:started
			reload > HUP+CONT:main reload-signal wait:1m30s
			stop > stop-sigterm answer:reload-failed TERM+CONT:all wait:1m30s
			killed TERM > ended dead finish`},
	})
}

func TestHistoriesOfLeaving(t *testing.T) {
	histories(t, []story{
		{"a business that stops by itself gets its time, and no signal", `
			NotifyAccess=main Restart=always TimeoutStopSec=5s
			start > start spawn
			spawned > running answer:started
			says STOPPING=1 > stop-sigterm wait:5s
			stop > -
			timer > stop-sigkill KILL:all wait:5s
			killed KILL > ended failed finish
			result: timeout`},
		{"its end is an end like any other", `
			NotifyAccess=main Restart=always
			start > start spawn
			spawned > running answer:started
			says STOPPING=1 > stop-sigterm wait:1m30s
			exits 0 > ended auto-restart wait:100ms`},
		{"STOPPING=1 outranks READY=1 in the same message", `
			Type=notify NotifyAccess=main
			start > start spawn
			spawned > wait:1m30s
			says READY=1 STOPPING=1 > -
			says READY=1 > running answer:started
			exits 0 > ended dead finish`},
		{"one that stops before the start is over", `
			Type=notify NotifyAccess=main ExecStartPost=q
			start > start spawn
			spawned > wait:1m30s
			says READY=1 > start-post wait:1m30s run:q
			says STOPPING=1 > -
			control exits 0 > stop-sigterm wait:1m30s
			exits 0 > ended dead answer:ended finish`},
	})
}

func TestHistoriesOfMoreTime(t *testing.T) {
	histories(t, []story{
		{"a start that takes longer", `
			Type=notify NotifyAccess=main TimeoutStartSec=5s
			start > start spawn
			spawned > wait:5s
			says EXTEND_TIMEOUT_USEC=3000000 > -
			later 4s > -
			says EXTEND_TIMEOUT_USEC=3000000 > wait:3s
			stale-timer > -
			timer > stop-sigterm TERM+CONT:all wait:1m30s`},
		{"a stop that takes longer", `
			NotifyAccess=main TimeoutStopSec=5s
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:5s
			says EXTEND_TIMEOUT_USEC=60000000 > wait:1m0s
			killed TERM > ended dead finish`},
		{"nothing is under way", `
			NotifyAccess=main
			start > start spawn
			spawned > running answer:started
			says EXTEND_TIMEOUT_USEC=60000000 > -`},
		{"the watchdog waits as well", `
			NotifyAccess=main WatchdogSec=5s
			start > start spawn
			spawned > running watchdog:5s answer:started
			says EXTEND_TIMEOUT_USEC=4000000 > -
			says EXTEND_TIMEOUT_USEC=60000000 > watchdog:1m0s
			starved-late > -`},
		{"no time is no extension, nor is for ever", `
			Type=notify NotifyAccess=main TimeoutStartSec=5s
			start > start spawn
			spawned > wait:5s
			says EXTEND_TIMEOUT_USEC=0 > -
			says EXTEND_TIMEOUT_USEC=18446744073709551615 > -`},
		{"settling is not the business's to prolong", `
			NotifyAccess=main SettleSec=1s
			start > start spawn
			spawned > wait:1s
			says EXTEND_TIMEOUT_USEC=60000000 > -`},
	})
}

func TestHistoriesOfTheWatchdog(t *testing.T) {
	histories(t, []story{
		{"it is set once the start is over, and set back by each sign of life", `
			Type=notify NotifyAccess=main WatchdogSec=5s Restart=on-watchdog
			start > start spawn
			spawned > wait:1m30s
			says READY=1 > running watchdog:5s answer:started
			says WATCHDOG=1 > watchdog:5s
			starved-late > -
			starved > stop-watchdog ABRT+CONT:all wait:1m30s
			killed ABRT core > ended auto-restart wait:100ms
			result: watchdog
			because: restarting in 100 ms: nothing was heard of it for 5 s, killed by SIGABRT (core dumped), Restart=on-watchdog; restart 1
			timer > start spawn
			spawned > wait:1m30s
			starved-late > -`},
		{"it runs while ExecStartPost does", `
			NotifyAccess=main WatchdogSec=5s ExecStartPost=q
			start > start spawn
			spawned > start-post watchdog:5s wait:1m30s run:q
			control exits 0 > running answer:started
			starved > stop-watchdog ABRT+CONT:all wait:1m30s`},
		{"and through a reload, but not through a stop", `
			NotifyAccess=main WatchdogSec=5s ExecReload=r ExecStop=s
			start > start spawn
			spawned > running watchdog:5s answer:started
			reload > reload wait:1m30s run:r
			control exits 0 > running answer:reloaded
			stop > stop wait:1m30s run:s
			starved > -`},
		{"a sign of life in another state wants to be followed, as with systemd", `
			Type=notify NotifyAccess=main WatchdogSec=5s
			start > start spawn
			spawned > wait:1m30s
			says WATCHDOG=1 > watchdog:5s
			starved > stop-watchdog ABRT+CONT:all wait:1m30s
			killed ABRT > ended failed answer:start-failed finish
			result: watchdog`},
		{"whoever does not heed SIGABRT is killed", `
			NotifyAccess=main WatchdogSec=5s TimeoutAbortSec=7s
			start > start spawn
			spawned > running watchdog:5s answer:started
			starved > stop-watchdog ABRT+CONT:all wait:7s
			timer > stop-sigkill KILL:all wait:1m30s
			killed KILL > ended failed finish
			result: watchdog`},
		{"only the business itself with KillMode=process", `
			NotifyAccess=main WatchdogSec=5s KillMode=process
			start > start spawn
			spawned > running watchdog:5s answer:started
			starved > stop-watchdog ABRT+CONT:main wait:1m30s`},
		{"the business can pull the trigger, with WatchdogSec= or without", `
			NotifyAccess=main
			start > start spawn
			spawned > running answer:started
			says WATCHDOG=trigger > stop-watchdog ABRT+CONT:all wait:1m30s
			says WATCHDOG=trigger > -
			killed ABRT > ended failed finish
			result: watchdog
			because: not restarting: the watchdog was triggered, killed by SIGABRT, Restart=no`},
		{"also while it stops", `
			NotifyAccess=main
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			says WATCHDOG=trigger > stop-watchdog ABRT+CONT:all wait:1m30s
			killed ABRT > ended failed finish`},
		{"the interval can be changed, until the next start", `
			NotifyAccess=main WatchdogSec=5s Restart=always
			start > start spawn
			spawned > running watchdog:5s answer:started
			says WATCHDOG_USEC=20000000 > watchdog:20s
			says WATCHDOG=1 > watchdog:20s
			starved-late > -
			exits 1 > ended auto-restart wait:100ms
			timer > start spawn
			spawned > running watchdog:5s`},
		{"and taken away", `
			NotifyAccess=main WatchdogSec=5s
			start > start spawn
			spawned > running watchdog:5s answer:started
			says WATCHDOG_USEC=0 > -
			starved > -
			says WATCHDOG=1 > -`},
		{"or brought in", `
			NotifyAccess=main
			start > start spawn
			spawned > running answer:started
			says WATCHDOG_USEC=2000000 > watchdog:2s
			starved > stop-watchdog ABRT+CONT:all wait:1m30s`},
		{"a guardian that takes over gives a whole interval", `
			NotifyAccess=main WatchdogSec=5s
			start > start spawn
			spawned > running watchdog:5s answer:started
			adopted alive > watchdog:5s
			starved > stop-watchdog ABRT+CONT:all wait:1m30s`},
	})
}

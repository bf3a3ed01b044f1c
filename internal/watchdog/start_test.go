package watchdog

import "testing"

func TestHistoriesOfStarting(t *testing.T) {
	histories(t, []story{
		{"a spawned business is running, and whoever asked is told", `
			start > start spawn
			spawned > running answer:started
			result: success`},
		{"a start of what is running is answered at once", `
			start > start spawn
			spawned > running answer:started
			start > answer:started`},

		// SettleSec: a start that somebody waits for is watched for an early death.
		{"it settles before it counts as started", `
			CommandDefaults
			start > start spawn
			spawned > wait:100ms
			start > -
			timer > running answer:started`},
		{"an early death of what never came up ends a bare command line", `
			CommandDefaults
			start > start spawn
			spawned > wait:100ms
			exits 2 > ended failed answer:start-failed finish
			because: not restarting: exited with 2 within the first 100 ms, before it counted as started
			result: exit-code`},
		{"even one that left others behind", `
			CommandDefaults
			start > start spawn
			spawned > wait:100ms
			exits 2 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > failed answer:start-failed finish`},
		{"an early success is none where the program should go on running", `
			CommandDefaults
			start > start spawn
			spawned > wait:100ms
			exits 0 > ended failed answer:start-failed finish
			because: not restarting: exited with 0 within the first 100 ms, before it counted as started`},
		{"but it is where one run was all that was wanted", `
			CommandDefaults Restart=on-failure
			start > start spawn
			spawned > wait:100ms
			exits 0 > ended dead answer:ended finish
			because: not restarting: exited with 0, Restart=on-failure
			result: success`},
		{"with RetryFailedStart an early death is restarted like any other", `
			Restart=on-failure SettleSec=1s
			start > start spawn
			spawned > wait:1s
			exits 2 > ended auto-restart answer:start-failed wait:100ms
			timer > start spawn
			spawned > running`},
		{"once it came up, an early death is restarted, too", `
			CommandDefaults
			start > start spawn
			spawned > wait:100ms
			timer > running answer:started
			restart > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended start spawn
			spawned > wait:100ms
			exits 2 > ended auto-restart answer:start-failed wait:100ms`},
		{"nobody waits for an automatic restart, so it does not settle", `
			CommandDefaults
			start > start spawn
			spawned > wait:100ms
			timer > running answer:started
			exits 2 > ended auto-restart wait:100ms
			timer > start spawn
			spawned > running`},

		// A program that cannot be executed is status 203.
		{"Type=exec reports it", `
			Type=exec
			start > start spawn
			not-executed > ended failed answer:start-failed finish
			because: not restarting: not executed: no such file or directory (status=203/EXEC), Restart=no
			result: exit-code`},
		{"and retries it by Restart=", `
			Type=exec Restart=on-failure
			start > start spawn
			not-executed > ended auto-restart answer:start-failed wait:100ms
			timer > start spawn
			spawned > running`},
		{"Type=simple has promised no more than a fork", `
			Restart=on-failure
			start > start spawn
			not-executed > answer:started ended auto-restart wait:100ms
			timer > start spawn
			not-executed > ended auto-restart wait:100ms`},
		{"but not even that happened when there was no process", `
			start > start spawn
			not-forked > ended failed answer:start-failed finish
			because: not restarting: not started: resource temporarily unavailable, Restart=no
			result: resources`},
		{"a bare command line gives up at once", `
			CommandDefaults
			start > start spawn
			not-executed > ended failed answer:start-failed finish
			because: not restarting: not executed: no such file or directory (status=203/EXEC)`},
		{"unless it had come up before", `
			CommandDefaults RestartSteps=0
			start > start spawn
			spawned > wait:100ms
			timer > running answer:started
			exits 0 > ended auto-restart wait:100ms
			timer > start spawn
			not-executed > ended auto-restart wait:100ms`},

		{"a stop cancels a start", `
			CommandDefaults
			start > start spawn
			spawned > wait:100ms
			stop > answer:cancelled stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended dead finish
			because: stopped on request`},
		{"even one that was never begun", `
			stop > dead finish`},
		{"a start cannot undo a stop", `
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			start > -
			killed TERM > ended dead answer:cancelled finish`},
	})
}

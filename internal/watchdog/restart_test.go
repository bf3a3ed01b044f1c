package watchdog

import "testing"

func TestHistoriesOfRestarting(t *testing.T) {
	histories(t, []story{
		{"a crash is restarted after RestartSec", `
			Restart=on-failure RestartSec=1s
			start > start spawn
			spawned > running answer:started
			exits 7 > ended auto-restart wait:1s
			because: restarting in 1 s: exited with 7, Restart=on-failure; restart 1
			result: exit-code
			restarts: 0
			timer > start spawn
			restarts: 1
			result: success
			spawned > running
			because: restarting in 1 s: exited with 7, Restart=on-failure; restart 1`},
		{"one on the no-restart list is not", `
			Restart=always Prevent=7
			start > start spawn
			spawned > running answer:started
			exits 7 > ended failed finish
			because: not restarting: exited with 7, on the no-restart list`},
		{"the end of a service that is not to be restarted", `
			Restart=on-failure
			start > start spawn
			spawned > running answer:started
			exits 0 > ended dead finish
			because: not restarting: exited with 0, Restart=on-failure
			result: success`},
		{"out of memory", `
			Restart=on-failure Prevent=OOM
			start > start spawn
			spawned > running answer:started
			killed KILL > ended auto-restart wait:100ms
			timer > start spawn
			spawned > running
			killed KILL oom > ended failed finish
			because: not restarting: killed by SIGKILL (out of memory), on the no-restart list
			result: oom-kill`},
		{"at once goes through a timer, too, so that a stop is heard between two runs", `
			Restart=always RestartSec=0
			start > start spawn
			spawned > running answer:started
			exits 7 > ended auto-restart wait:0s
			because: restarting at once: exited with 7, Restart=always; restart 1
			timer > start spawn`},
		{"never is never", `
			Restart=always RestartSec=infinity
			start > start spawn
			spawned > running answer:started
			exits 7 > ended auto-restart`},

		{"the wait grows, and stays at its longest", `
			Restart=always RestartSec=1s RestartSteps=2 RestartMaxDelaySec=4s StartLimitBurst=0
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:1s
			because: restarting in 1 s: exited with 1, Restart=always; restart 1, backoff step 0 of 2
			timer > start spawn
			spawned > running
			exits 1 > ended auto-restart wait:2s
			because: restarting in 2 s: exited with 1, Restart=always; restart 2, backoff step 1 of 2
			timer > start spawn
			spawned > running
			exits 1 > ended auto-restart wait:4s
			timer > start spawn
			spawned > running
			exits 1 > ended auto-restart wait:4s
			because: restarting in 4 s: exited with 1, Restart=always; restart 4, backoff step 2 of 2`},
		{"a long run does not set it back in a service file", `
			Restart=always RestartSec=1s RestartSteps=2 RestartMaxDelaySec=4s
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:1s
			timer > start spawn
			spawned > running
			exits 1 after 24h > ended auto-restart wait:2s`},
		{"RestartResetSec does, and leaves NRestarts alone", `
			Restart=always RestartSec=1s RestartSteps=2 RestartMaxDelaySec=4s RestartResetSec=30s
			start > start spawn
			spawned > running answer:started
			exits 1 after 29s > ended auto-restart wait:1s
			timer > start spawn
			spawned > running
			exits 1 after 29s > ended auto-restart wait:2s
			timer > start spawn
			spawned > running
			exits 1 after 30s > ended auto-restart wait:1s
			because: restarting in 1 s: exited with 1, Restart=always; restart 3, backoff step 0 of 2
			restarts: 2`},

		// A crash ends the whole service: what the business left behind is stopped first.
		{"leftovers are stopped before the restart", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			descendant-exited > -
			tree-emptied > auto-restart wait:100ms`},
		{"if need be with SIGKILL, and the first failure stays the result", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			timer > stop-sigkill KILL:all wait:1m30s
			tree-emptied > auto-restart wait:100ms
			because: restarting in 100 ms: exited with 1, Restart=always; restart 1
			result: exit-code`},
		{"after a success that makes a timeout of it", `
			Restart=on-failure
			start > start spawn
			spawned > running answer:started
			exits 0 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			timer > stop-sigkill KILL:all wait:1m30s
			tree-emptied > auto-restart wait:100ms
			because: restarting in 100 ms: a stop took too long, exited with 0, Restart=on-failure; restart 1
			result: timeout`},
		{"but the no-restart list looks at the exit", `
			Restart=always Prevent=0
			start > start spawn
			spawned > running answer:started
			exits 0 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			timer > stop-sigkill KILL:all wait:1m30s
			tree-emptied > failed finish
			because: not restarting: a stop took too long, exited with 0, on the no-restart list
			result: timeout`},
		{"KillMode=process leaves them alone", `
			Restart=always KillMode=process
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended auto-restart wait:100ms
			timer > start spawn`},
		{"what not even SIGKILL ends is passed over", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			timer > stop-sigkill KILL:all wait:1m30s
			timer > final-sigterm TERM+CONT:all wait:1m30s
			timer > final-sigkill KILL:all wait:1m30s
			timer > auto-restart wait:100ms
			timer > start spawn`},
		{"what SIGKILL must not end forbids a restart", `
			Restart=always SendSIGKILL=no
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			timer > final-sigterm TERM+CONT:all wait:1m30s
			timer > failed finish
			because: not restarting: old processes are still there, and SendSIGKILL=no forbids to kill them
			result: exit-code`},
		{"also with KillMode=mixed, where nobody asks them to end", `
			Restart=always SendSIGKILL=no KillMode=mixed
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended auto-restart wait:100ms
			timer > failed finish
			because: not restarting: old processes are still there, and SendSIGKILL=no forbids to kill them
			result: resources`},
		{"unless they are gone by then", `
			Restart=always SendSIGKILL=no KillMode=mixed
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended auto-restart wait:100ms
			tree-emptied > -
			timer > start spawn`},
	})
}

func TestHistoriesOfTheStartLimit(t *testing.T) {
	histories(t, []story{
		{"the refused attempt counts as a restart, and an earlier failure keeps its result", `
			Restart=on-failure StartLimitBurst=3
			start > start spawn
			spawned > running answer:started
			exits 7 > ended auto-restart wait:100ms
			timer > start spawn
			spawned > running
			exits 7 > ended auto-restart wait:100ms
			timer > start spawn
			spawned > running
			exits 7 > ended auto-restart wait:100ms
			restarts: 2
			timer > failed finish
			restarts: 3
			result: exit-code
			because: not starting: start limit of 3 starts within 10 s is reached; the last run exited with 7`},
		{"after successes the result is start-limit-hit", `
			Restart=always StartLimitBurst=1
			start > start spawn
			spawned > running answer:started
			killed TERM > ended auto-restart wait:100ms
			timer > failed finish
			result: start-limit-hit
			because: not starting: start limit of 1 starts within 10 s is reached; the last run was killed by SIGTERM`},
		{"requested starts are charged, too", `
			Restart=no StartLimitBurst=1
			start > start spawn
			spawned > running answer:started
			restart > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended failed answer:start-failed finish
			result: start-limit-hit`},
		{"but not a start of what is running", `
			Restart=no StartLimitBurst=1
			start > start spawn
			spawned > running answer:started
			start > answer:started
			start > answer:started`},
		{"slow restarts never hit it", `
			Restart=always RestartSec=6s StartLimitBurst=2
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:6s
			timer > start spawn
			spawned > running
			exits 1 > ended auto-restart wait:6s
			timer > start spawn
			spawned > running
			exits 1 > ended auto-restart wait:6s
			timer > start spawn`},
		{"an infinite interval caps the total", `
			Restart=always RestartSec=24h StartLimitBurst=2 StartLimitIntervalSec=infinity
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:24h0m0s
			timer > start spawn
			spawned > running
			exits 1 > ended auto-restart wait:24h0m0s
			timer > failed finish
			because: not starting: start limit of 2 starts ever is reached; the last run exited with 1`},
		{"reset-failed opens a new window and forgets the restarts", `
			Restart=always StartLimitBurst=2
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:100ms
			timer > start spawn
			spawned > running
			exits 1 > ended auto-restart wait:100ms
			restarts: 1
			result: exit-code
			reset-failed > -
			restarts: 0
			result: success
			timer > start spawn
			restarts: 1
			spawned > running
			exits 1 > ended auto-restart wait:100ms
			timer > start spawn`},
		{"reset-failed leaves a decision that is being made its facts", `
			Restart=on-failure
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			reset-failed > -
			tree-emptied > auto-restart wait:100ms`},
	})
}

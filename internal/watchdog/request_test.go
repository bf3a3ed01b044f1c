package watchdog

import "testing"

func TestHistoriesOfRequests(t *testing.T) {
	histories(t, []story{
		{"restart: stop and start, however the policy", `
			Restart=no
			start > start spawn
			spawned > running answer:started
			restart > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended start spawn
			spawned > running answer:started`},
		{"restart of what was not started is a start", `
			restart > start spawn
			spawned > running answer:started`},
		{"restart while it settles", `
			CommandDefaults
			start > start spawn
			spawned > wait:100ms
			restart > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended start spawn
			spawned > wait:100ms
			timer > running answer:started`},
		{"restart while a crash is cleared up takes the place of the automatic one", `
			Restart=no
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			restart > -
			tree-emptied > start spawn
			spawned > running answer:started`},
		{"restart during auto-restart acts at once and forgets the restarts", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:100ms
			timer > start spawn
			spawned > running
			exits 1 > ended auto-restart wait:100ms
			restarts: 1
			restart > start spawn
			restarts: 0
			stale-timer > -
			timer > -
			spawned > running answer:started`},
		{"restart during a stop loses", `
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			restart > -
			killed TERM > ended dead answer:cancelled finish`},
		{"a stop outranks a restart under way", `
			start > start spawn
			spawned > running answer:started
			restart > stop-sigterm TERM+CONT:all wait:1m30s
			stop > answer:cancelled
			killed TERM > ended dead finish`},
		{"restart kills what ignores SIGTERM, and the new life starts without a stain", `
			start > start spawn
			spawned > running answer:started
			restart > stop-sigterm TERM+CONT:all wait:1m30s
			timer > stop-sigkill KILL:all wait:1m30s
			result: timeout
			killed KILL > ended start spawn
			result: success`},
		{"restart with KillMode=none starts beside the old one", `
			KillMode=none
			start > start spawn
			spawned > running answer:started
			restart > start spawn
			spawned > running answer:started`},

		{"start during auto-restart means hurry up, and counts as an automatic restart", `
			Restart=always RestartSec=1h
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:1h0m0s
			start > start spawn
			restarts: 1
			timer > -
			spawned > running answer:started`},
		{"start while a crash is cleared up is a new start", `
			Restart=always RestartSec=1h
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			start > -
			tree-emptied > start spawn
			restarts: 0
			spawned > running answer:started`},
		{"a requested start forgets the restarts and what led to them", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:100ms
			timer > start spawn
			spawned > running
			restarts: 1
			restart > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended start spawn
			restarts: 0
			because: -`},

		// Whether it finishes hangs on the OnCrash= command, too.
		{"a start when all has ended is like the first", `
			CommandDefaults Restart=no
			start > start spawn
			spawned > wait:100ms
			timer > running answer:started
			exits 1 > ended failed finish
			tree-emptied > -
			timer > -
			start > start spawn
			result: success
			spawned > wait:100ms
			exits 1 > ended failed answer:start-failed finish
			restart > start spawn
			spawned > wait:100ms
			timer > running answer:started`},
		{"a stop when all has ended changes nothing, and no start follows it", `
			Restart=no
			start > start spawn
			spawned > running answer:started
			exits 1 > ended failed finish
			stop > finish
			result: exit-code
			start > -
			restart > -`},
		{"reset-failed when all has ended", `
			Restart=no
			start > start spawn
			spawned > running answer:started
			exits 1 > ended failed finish
			reset-failed > dead
			result: success
			stop > finish`},
		{"what KillMode=none has left ends when all has ended", `
			Restart=no KillMode=none
			start > start spawn
			spawned > running answer:started
			stop > dead finish
			exits 1 > ended
			result: success`},

		{"reload signals the business", `
			start > start spawn
			reload > -
			spawned > running answer:started
			reload > HUP:main
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			reload > -`},
		{"with ReloadSignal", `
			ReloadSignal=USR2
			start > start spawn
			spawned > running answer:started
			reload > USR2:main`},
		{"kill sends one signal and nothing else", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			kill USR1 main > USR1:main
			kill KILL all > KILL:all
			killed KILL > ended auto-restart wait:100ms
			kill USR1 main > -`},
	})
}

package watchdog

import "testing"

// RuntimeMaxSec=, against what systemd 252 does.
func TestHistoriesOfRuntimeMax(t *testing.T) {
	histories(t, []story{
		{"it ends the business by way of ExecStop=, and that is a failure", `
			RuntimeMaxSec=1h Restart=on-failure ExecStop=s
			start > start spawn
			spawned > running wait:1h0m0s answer:started
			timer > stop wait:1m30s run:s
			control exits 0 leaving-others > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended auto-restart wait:100ms
			because: restarting in 100 ms: RuntimeMaxSec= is over, killed by SIGTERM, Restart=on-failure; restart 1
			timer > start spawn
			spawned > running wait:1h0m0s`},
		{"0 is over at once", `
			RuntimeMaxSec=0s
			start > start spawn
			spawned > running wait:0s answer:started
			timer > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended failed finish
			result: timeout`},
		{"a reload does not prolong it", `
			RuntimeMaxSec=1h ExecReload=r
			start > start spawn
			spawned > running wait:1h0m0s answer:started
			later 20m > -
			reload > reload wait:1m30s run:r
			later 1m > -
			control exits 0 leaving-others > running answer:reloaded wait:39m0s`},
		{"nor does another guardian", `
			RuntimeMaxSec=1h
			start > start spawn
			spawned > running wait:1h0m0s answer:started
			later 20m > -
			adopted leaving-others > wait:40m0s`},
		{"what is up without a business is not limited", `
			Type=oneshot RemainAfterExit=yes RuntimeMaxSec=1h
			start > start spawn
			spawned > wait:1m30s
			exits 0 > ended exited answer:started`},
	})
}

// ExitType=cgroup and OOMPolicy=.
func TestHistoriesOfExitTypeAndOOM(t *testing.T) {
	histories(t, []story{
		{"the service goes on while anybody is alive", `
			ExitType=cgroup Restart=always ExecStop=s
			start > start spawn
			spawned > running answer:started
			exits 0 leaving-others > ended
			descendant-exited > -
			tree-emptied > stop wait:1m30s run:s
			control exits 0 > auto-restart wait:100ms`},
		{"a failure counts when they have ended, too", `
			ExitType=cgroup
			start > start spawn
			spawned > running answer:started
			exits 1 leaving-others > ended
			tree-emptied > failed finish`},
		{"nobody else was there", `
			ExitType=cgroup
			start > start spawn
			spawned > running answer:started
			exits 0 > ended dead finish`},
		{"adopted without the business", `
			ExitType=cgroup
			start > start spawn
			spawned > running answer:started
			exits 0 leaving-others > ended
			adopted leaving-others > -
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > dead finish`},
		{"out of memory: the service is stopped", `
			ExecStop=s
			start > start spawn
			spawned > running answer:started
			killed KILL oom leaving-others > ended stop wait:1m30s run:s
			control exits 0 > failed finish
			result: oom-kill`},
		{"out of memory: all are killed", `
			OOMPolicy=kill ExecStop=s
			start > start spawn
			spawned > running answer:started
			killed KILL oom leaving-others > ended stop-sigkill KILL:all wait:1m30s
			tree-emptied > failed finish
			result: oom-kill`},
		{"out of memory: as any other SIGKILL", `
			OOMPolicy=continue ExecStop=s
			start > start spawn
			spawned > running answer:started
			killed KILL oom leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > failed finish
			result: signal`},
	})
}

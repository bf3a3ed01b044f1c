package watchdog

import "testing"

// Type=forking: the business is what the process that was started has left behind.
func TestHistoriesOfForking(t *testing.T) {
	histories(t, []story{
		{"the PID file is there when the process that was started ends", `
			Type=forking PIDFile=f
			start > start wait:1m30s run:main
			control exits 0 leaving-others > find-main
			main-found > running answer:started
			exits 1 > ended failed finish
			result: exit-code`},
		{"the four polite signals are a clean end of that, too", `
			Type=forking PIDFile=f
			start > start wait:1m30s run:main
			control killed TERM leaving-others > find-main`},
		{"it fails", `
			Type=forking PIDFile=f ExecStop=s ExecStopPost=t
			start > start wait:1m30s run:main
			control exits 3 leaving-others > stop-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > stop-post wait:1m30s run:t
			control exits 0 > failed answer:start-failed finish
			because: not restarting: ExecStart=main exited with 3, Restart=no`},
		{"the file comes late", `
			Type=forking PIDFile=f
			start > start wait:1m30s run:main
			control exits 0 leaving-others > find-main
			main-missing > await-main
			pid-file-changed > find-main
			main-missing > await-main
			pid-file-changed > find-main
			main-found > running answer:started
			pid-file-changed > -`},
		{"the file never comes", `
			Type=forking PIDFile=f TimeoutStartSec=5s
			start > start wait:5s run:main
			control exits 0 leaving-others > find-main
			main-missing > await-main
			timer > stop-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > failed answer:start-failed finish
			result: timeout
			because: not restarting: the start took too long: no PID file, Restart=no`},
		{"nobody is left who could write it", `
			Type=forking PIDFile=f Restart=on-failure
			start > start wait:1m30s run:main
			control exits 0 > find-main
			main-missing > auto-restart answer:start-failed wait:100ms
			result: protocol
			because: restarting in 100 ms: no PID file, Restart=on-failure; restart 1`},
		{"ExecStartPost may write it", `
			Type=forking PIDFile=f ExecStartPost=q
			start > start wait:1m30s run:main
			control exits 0 leaving-others > find-main
			main-missing > start-post wait:1m30s run:q
			control exits 0 leaving-others > find-main
			main-found > running answer:started`},
		{"or not: that is waited for, and then stopped", `
			Type=forking PIDFile=f ExecStartPost=q ExecStop=s
			start > start wait:1m30s run:main
			control exits 0 leaving-others > find-main
			main-missing > start-post wait:1m30s run:q
			control exits 0 leaving-others > find-main
			main-missing > await-main
			pid-file-changed > find-main
			tree-emptied > -
			main-missing > stop wait:1m30s run:s
			control exits 0 > failed answer:start-failed finish
			result: protocol`},
		{"a business that ends while its file is awaited a second time", `
			Type=forking PIDFile=f ExecStartPost=q
			start > start wait:1m30s run:main
			control exits 0 leaving-others > find-main
			main-found > start-post wait:1m30s run:q
			control exits 0 leaving-others > find-main
			main-missing > await-main
			exits 1 > ended failed answer:start-failed finish`},

		{"without a PID file the only candidate is the business", `
			Type=forking ExecStartPost=q
			start > start wait:1m30s run:main
			control exits 0 leaving-others > find-main
			main-found > start-post wait:1m30s run:q
			control exits 0 leaving-others > find-main
			main-found > running answer:started`},
		{"with two candidates nobody is, and the service is up while anybody is alive", `
			Type=forking ExecStop=s
			start > start wait:1m30s run:main
			control exits 0 leaving-others > find-main
			main-missing > running answer:started
			descendant-exited > -
			tree-emptied > stop wait:1m30s run:s
			control exits 0 > dead finish
			result: success`},
		{"with none it has ended", `
			Type=forking Restart=always
			start > start wait:1m30s run:main
			control exits 0 > find-main
			main-missing > auto-restart answer:start-failed wait:100ms
			result: success`},
		{"which may be all that was wanted", `
			Type=forking RemainAfterExit=yes
			start > start wait:1m30s run:main
			control exits 0 > find-main
			main-missing > exited answer:started`},
		{"a process that nobody knew is stopped like any", `
			Type=forking
			start > start wait:1m30s run:main
			control exits 0 leaving-others > find-main
			main-missing > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > dead finish`},

		{"a reload may change the PID file", `
			Type=forking PIDFile=f ExecReload=r
			start > start wait:1m30s run:main
			control exits 0 leaving-others > find-main
			main-found > running answer:started
			reload > reload wait:1m30s run:r
			control exits 0 leaving-others > find-main
			main-found > running answer:reloaded
			reload > reload wait:1m30s run:r
			control exits 0 leaving-others > find-main
			main-missing > running answer:reloaded`},
		{"a stop while the file is awaited", `
			Type=forking PIDFile=f
			start > start wait:1m30s run:main
			control exits 0 leaving-others > find-main
			main-missing > await-main
			stop > answer:cancelled stop-sigterm TERM+CONT:all wait:1m30s
			pid-file-changed > -
			tree-emptied > dead finish`},
		{"a program that is missing", `
			Type=forking Restart=on-failure
			start > start wait:1m30s run:main
			control exits 203 > auto-restart answer:start-failed wait:100ms`},

		{"adopted while the process that was started runs", `
			Type=forking PIDFile=f
			start > start wait:1m30s run:main
			adopted awaited left 10s leaving-others > wait:10s
			control exits 0 leaving-others > find-main
			main-found > running answer:started`},
		{"adopted while the file is awaited", `
			Type=forking PIDFile=f
			start > start wait:1m30s run:main
			control exits 0 leaving-others > find-main
			main-missing > await-main
			adopted awaited left 10s leaving-others > wait:10s find-main
			main-found > running answer:started`},
		{"adopted when nobody knew which process it was, and all have ended", `
			Type=forking Restart=always
			start > start wait:1m30s run:main
			control exits 0 leaving-others > find-main
			main-missing > running answer:started
			adopted > auto-restart wait:100ms`},
	})
}

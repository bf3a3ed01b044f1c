package watchdog

import (
	"strings"
	"syscall"
	"testing"
)

// The table of systemd.service(5), "Exit causes and the effect of the Restart=
// settings": R where a run is followed by another.
const restartTable = `
                 no  always  on-success  on-failure  on-abnormal  on-abort  on-watchdog
success          -   R       R           -           -            -         -
exit-code        -   R       -           R           -            -         -
signal           -   R       -           R           R            R         -
core-dump        -   R       -           R           R            R         -
timeout          -   R       -           R           R            -         -
oom-kill         -   R       -           R           R            -         -
resources        -   R       -           R           R            -         -
start-limit-hit  -   -       -           -           -            -         -
`

func TestRestartTable(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(restartTable), "\n")
	modes := strings.Fields(lines[0])
	for _, line := range lines[1:] {
		row := strings.Fields(line)
		result := Result(row[0])
		for i, mode := range modes {
			policy := Policy{Restart: Restart(mode)}
			want := Verdict{row[i+1] == "R", "Restart=" + mode}
			if got := policy.Decide(result, &Exit{Code: 1}); got != want {
				t.Errorf("%s after %s: %+v, want %+v", mode, result, got, want)
			}
		}
	}
}

func TestRestartLists(t *testing.T) {
	const onPrevent, onForce = "on the no-restart list", "on the force-restart list"
	killed := Exit{Signal: syscall.SIGKILL}
	oom := Exit{Signal: syscall.SIGKILL, OOM: ByOOM}
	tests := []struct {
		name           string
		restart        Restart
		prevent, force string
		result         Result
		exit           Exit
		want           Verdict
	}{
		{"the no-restart list beats Restart=", RestartAlways, "7", "", ExitCode, Exit{Code: 7}, Verdict{false, onPrevent}},
		{"it beats the force list, too", RestartAlways, "7", "7", ExitCode, Exit{Code: 7}, Verdict{false, onPrevent}},
		{"the force list beats Restart=", RestartNo, "", "7", ExitCode, Exit{Code: 7}, Verdict{true, onForce}},
		{"even after a success", RestartOnFailure, "", "0", Success, Exit{}, Verdict{true, onForce}},
		{"what is on no list is left to Restart=", RestartOnFailure, "8", "9", ExitCode, Exit{Code: 7}, Verdict{true, "Restart=on-failure"}},
		{"a success can be on the no-restart list", RestartAlways, "0", "", Success, Exit{}, Verdict{false, onPrevent}},
		{"a core matches its signal", RestartAlways, "SEGV", "", CoreDump, Exit{Signal: syscall.SIGSEGV, Core: true}, Verdict{false, onPrevent}},
		{"code 143 is not SIGTERM", RestartAlways, "TERM", "", ExitCode, Exit{Code: 143}, Verdict{true, "Restart=always"}},
		{"SIGKILL keeps a person's kill down", RestartAlways, "KILL", "", BySignal, killed, Verdict{false, onPrevent}},
		{"and one by the out-of-memory killer", RestartAlways, "KILL", "", OOMKill, oom, Verdict{false, onPrevent}},
		{"OOM keeps down only the latter", RestartAlways, "OOM", "", OOMKill, oom, Verdict{false, onPrevent}},
		{"and restarts after a person's kill", RestartAlways, "OOM", "", BySignal, killed, Verdict{true, "Restart=always"}},
		{"OOM can be forced", RestartNo, "", "OOM", OOMKill, oom, Verdict{true, onForce}},
		{"the lists look at the exit behind a timeout", RestartAlways, "KILL", "", Timeout, killed, Verdict{false, onPrevent}},
		{"a missing program is code 203", RestartAlways, "EXEC", "", ExitCode, Exit{Code: 203, Err: "x"}, Verdict{false, onPrevent}},
		{"no process is on no list", RestartAlways, "0", "", Resources, Exit{NoFork: true, Err: "x"}, Verdict{true, "Restart=always"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := Policy{
				Restart:                  tt.restart,
				RestartPreventExitStatus: exits(tt.prevent),
				RestartForceExitStatus:   exits(tt.force),
			}
			if got := p.Decide(tt.result, &tt.exit); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

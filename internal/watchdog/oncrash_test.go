package watchdog

import (
	"slices"
	"syscall"
	"testing"
)

func TestHookEnvironment(t *testing.T) {
	t.Parallel()
	env := []string{"A=1", "MAINPID=7", "EXIT_STATUS=old", "HOLDFAST_CRASH_REPORT=/old"}
	tests := []struct {
		name   string
		result Result
		exit   Exit
		want   []string
	}{
		{"an exit code", ExitCode, Exit{Code: 7}, []string{"A=1", "SERVICE_RESULT=exit-code", "EXIT_CODE=exited", "EXIT_STATUS=7"}},
		{"a signal has its name", BySignal, Exit{Signal: syscall.SIGKILL}, []string{"A=1", "SERVICE_RESULT=signal", "EXIT_CODE=killed", "EXIT_STATUS=KILL"}},
		{"a core", CoreDump, Exit{Signal: syscall.SIGSEGV, Core: true}, []string{"A=1", "SERVICE_RESULT=core-dump", "EXIT_CODE=dumped", "EXIT_STATUS=SEGV"}},
		{"out of memory", OOMKill, Exit{Signal: syscall.SIGKILL, OOM: ByOOM}, []string{"A=1", "SERVICE_RESULT=oom-kill", "EXIT_CODE=killed", "EXIT_STATUS=KILL"}},
		{"an end that nobody saw", ExitCode, unknownExit, []string{"A=1", "SERVICE_RESULT=exit-code"}},
		{"no fork", Resources, Exit{NoFork: true}, []string{"A=1", "SERVICE_RESULT=resources"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := hookEnvironment(env, &Run{Result: tt.result, Exit: &tt.exit}); !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

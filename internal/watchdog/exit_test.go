package watchdog

import (
	"syscall"
	"testing"
)

func TestExitInWords(t *testing.T) {
	tests := []struct {
		name   string
		exit   Exit
		words  string // for people
		brief  string // as in systemctl's status
		cause  string
		status int
	}{
		{"success", Exit{}, "exited with 0", "code=exited, status=0/SUCCESS", "exited", 0},
		{"failure", Exit{Code: 1}, "exited with 1", "code=exited, status=1/FAILURE", "exited", 1},
		{"7 is no init script's NOTRUNNING", Exit{Code: 7}, "exited with 7", "code=exited, status=7", "exited", 7},
		{"BSD's names help people", Exit{Code: 75}, "exited with 75 (TEMPFAIL)", "code=exited, status=75", "exited", 75},
		{"a code without a name", Exit{Code: 100}, "exited with 100", "code=exited, status=100", "exited", 100},
		{"143 is a code and no SIGTERM", Exit{Code: 143}, "exited with 143", "code=exited, status=143", "exited", 143},
		{"255", Exit{Code: 255}, "exited with 255 (EXCEPTION)", "code=exited, status=255/EXCEPTION", "exited", 255},
		{"not executed", Exit{Code: 203, Err: "/x: no such file or directory"},
			"not executed: /x: no such file or directory (status=203/EXEC)", "code=exited, status=203/EXEC", "exited", 203},
		{"not forked", Exit{NoFork: true, Err: "fork: resource temporarily unavailable"},
			"not started: fork: resource temporarily unavailable", "code=exited, status=0/SUCCESS", "exited", 0},
		{"a signal", Exit{Signal: syscall.SIGKILL}, "killed by SIGKILL", "code=killed, signal=KILL", "killed", 9},
		{"a core", Exit{Signal: syscall.SIGSEGV, Core: true}, "killed by SIGSEGV (core dumped)", "code=dumped, signal=SEGV", "dumped", 11},
		{"out of memory", Exit{Signal: syscall.SIGKILL, OOM: ByOOM}, "killed by SIGKILL (out of memory)", "code=killed, signal=KILL", "killed", 9},
		{"perhaps out of memory", Exit{Signal: syscall.SIGKILL, OOM: ProbablyOOM},
			"killed by SIGKILL (probably out of memory)", "code=killed, signal=KILL", "killed", 9},
		{"a real-time signal", Exit{Signal: 37}, "killed by SIGRTMIN+3", "code=killed, signal=RTMIN+3", "killed", 37},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.exit.String(); got != tt.words {
				t.Errorf("String() = %q, want %q", got, tt.words)
			}
			if got := tt.exit.Brief(); got != tt.brief {
				t.Errorf("Brief() = %q, want %q", got, tt.brief)
			}
			if cause, status := tt.exit.Cause(), tt.exit.Status(); cause != tt.cause || status != tt.status {
				t.Errorf("Cause(), Status() = %s, %d, want %s, %d", cause, status, tt.cause, tt.status)
			}
		})
	}
}

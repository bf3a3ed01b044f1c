package watchdog

import (
	"syscall"
	"testing"
)

func TestResultOfExit(t *testing.T) {
	signal := func(s syscall.Signal) Exit { return Exit{Signal: s} }
	dumped := func(s syscall.Signal) Exit { return Exit{Signal: s, Core: true} }
	oom := Exit{Signal: syscall.SIGKILL, OOM: ByOOM}
	maybe := Exit{Signal: syscall.SIGKILL, OOM: ProbablyOOM}
	missing := Exit{Code: 203, Err: "no such file or directory"}

	tests := []struct {
		name, success string // SuccessExitStatus=
		ignore        bool   // the prefix "-"
		exit          Exit
		want          Result
	}{
		{"code 0 is clean", "", false, Exit{}, Success},
		{"so are the four polite signals: SIGHUP", "", false, signal(syscall.SIGHUP), Success},
		{"SIGINT", "", false, signal(syscall.SIGINT), Success},
		{"SIGTERM", "", false, signal(syscall.SIGTERM), Success},
		{"SIGPIPE", "", false, signal(syscall.SIGPIPE), Success},
		{"but not with a core", "", false, dumped(syscall.SIGTERM), CoreDump},
		{"any other code is not", "", false, Exit{Code: 1}, ExitCode},
		{"nor is the code of a shell whose child got SIGTERM", "", false, Exit{Code: 143}, ExitCode},
		{"nor any other signal", "", false, signal(syscall.SIGKILL), BySignal},
		{"SIGQUIT without a core", "", false, signal(syscall.SIGQUIT), BySignal},
		{"a core", "", false, dumped(syscall.SIGSEGV), CoreDump},

		{"a code on the success list", "42", false, Exit{Code: 42}, Success},
		{"the list adds to code 0", "42", false, Exit{}, Success},
		{"the list adds to SIGTERM", "42", false, signal(syscall.SIGTERM), Success},
		{"a signal on the list", "ABRT", false, signal(syscall.SIGABRT), Success},
		{"not with a core", "ABRT", false, dumped(syscall.SIGABRT), CoreDump},
		{"the number of a signal", "6", false, signal(syscall.SIGABRT), BySignal},

		{"a program that is missing", "", false, missing, ExitCode},
		{"that is missing, and may be", "EXEC", false, missing, Success},
		{"no process", "", false, Exit{NoFork: true}, Resources},
		{"no process, whatever the list says", "0", true, Exit{NoFork: true}, Resources},

		{"- forgives a code", "", true, Exit{Code: 1}, Success},
		{"- forgives a signal", "", true, signal(syscall.SIGKILL), Success},
		{"- forgives a core", "", true, dumped(syscall.SIGSEGV), Success},
		{"- forgives a missing program", "", true, missing, Success},

		{"out of memory", "", false, oom, OOMKill},
		{"probably out of memory", "", false, maybe, OOMKill},
		{"systemd hears of the killer before the exit: KILL on the list is no excuse", "KILL", false, oom, OOMKill},
		{"nor is -", "", true, oom, OOMKill},
		{"OOM on the list is", "OOM", false, oom, Success},
		{"for a person's SIGKILL it is not", "OOM", false, signal(syscall.SIGKILL), BySignal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := FileDefaults("test")
			s.Policy.SuccessExitStatus = exits(tt.success)
			if got := s.resultOf(tt.exit, Command{IgnoreFailure: tt.ignore}); got != tt.want {
				t.Errorf("SuccessExitStatus=%s: %v is %s, want %s", tt.success, tt.exit, got, tt.want)
			}
		})
	}
}

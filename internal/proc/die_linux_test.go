package proc

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
)

func TestDieBySignal(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGILL, syscall.SIGTRAP,
		syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGKILL, syscall.SIGUSR1, syscall.SIGSEGV, syscall.SIGPIPE,
		syscall.SIGALRM, syscall.SIGTERM, syscall.SIGXCPU, syscall.SIGSYS, syscall.Signal(40)} {
		status := waitStatus(t, roleCommand("die", strconv.Itoa(int(sig))))
		if !status.Signaled() || status.Signal() != sig || status.CoreDump() {
			t.Errorf("%v: ended with %#x", sig, status)
		}
	}
}

func TestDieBySignalReturnsWhereImpossible(t *testing.T) {
	t.Parallel()
	if status := waitStatus(t, roleCommand("die", strconv.Itoa(int(syscall.SIGWINCH)))); status.ExitStatus() != 128+28 {
		t.Errorf("a signal that kills nobody: ended with %#x", status)
	}
	if os.Geteuid() != 0 {
		t.Skip("process 1 of a PID namespace: only root can make one")
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGSEGV, syscall.SIGKILL} {
		cmd := roleCommand("die", strconv.Itoa(int(sig)))
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
		if status := waitStatus(t, cmd); status.ExitStatus() != 128+int(sig) {
			t.Errorf("%v as process 1: ended with %#x", sig, status)
		}
	}
}

func waitStatus(t *testing.T, cmd *exec.Cmd) syscall.WaitStatus {
	t.Helper()
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.Sys().(syscall.WaitStatus)
}

func roleDie(args []string) {
	sig := syscall.Signal(must(strconv.Atoi(args[0])))
	signal.Notify(make(chan os.Signal, 1)) // the guardian listens to everything
	syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Cur: 1 << 30, Max: 1 << 30})
	DieBySignal(sig)
	os.Exit(128 + int(sig))
}

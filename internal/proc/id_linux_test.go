package proc

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestForgedStartIsNeverSignalled(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	id, err := Identify(cmd.Process.Pid)
	if err != nil || !id.Alive() {
		t.Fatalf("%v, alive: %v", err, id.Alive())
	}
	for _, forged := range []ID{{id.PID, id.Start - 1}, {id.PID, id.Start + 1}, {id.PID, 0}} {
		if forged.Alive() {
			t.Errorf("%v is alive beside %v", forged, id)
		}
		if err := forged.Signal(syscall.SIGKILL); !errors.Is(err, ErrGone) {
			t.Errorf("signal to %v: %v", forged, err)
		}
		if err := forged.watch(func(Ended) {}); !errors.Is(err, ErrGone) {
			t.Errorf("watching %v: %v", forged, err)
		}
	}
	if !id.Alive() {
		t.Fatal("a forged ID was signalled")
	}

	if err := id.Signal(syscall.SIGKILL, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	awaitZombie(t, id.PID)
	if id.Alive() {
		t.Error("a zombie counts as alive")
	}
	if err := id.Signal(0); !errors.Is(err, ErrGone) {
		t.Errorf("signal to a zombie: %v", err)
	}
	if _, err := Identify(id.PID); !errors.Is(err, ErrGone) {
		t.Errorf("identify a zombie: %v", err)
	}
	cmd.Wait()
	if _, err := Identify(id.PID); !errors.Is(err, ErrGone) {
		t.Errorf("identify nobody: %v", err)
	}
}

// awaitZombie returns when the process has ended; it is still to be reaped.
func awaitZombie(t *testing.T, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	polled := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(polled, int(patience.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if n != 1 {
			t.Fatalf("the process does not end: %v", err)
		}
		return
	}
}

func TestSignalOrder(t *testing.T) {
	send := func(failing ...error) func(syscall.Signal) error {
		return func(syscall.Signal) (err error) { err, failing = failing[0], failing[1:]; return err }
	}
	sigs := []syscall.Signal{syscall.SIGTERM, syscall.SIGCONT}
	tests := []struct {
		name string
		send func(syscall.Signal) error
		want error
	}{
		{"both arrive", send(nil, nil), nil},
		{"gone before the first", send(syscall.ESRCH), ErrGone},
		{"the first ends it", send(nil, syscall.ESRCH), nil},
		{"not ours", send(syscall.EPERM), syscall.EPERM},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := (ID{PID: 1}).sendAll(tt.send, sigs); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

func TestMainThreadEnded(t *testing.T) {
	t.Parallel()
	cmd := roleCommand("main-thread-ended")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	out.Read(make([]byte, 8))
	p, err := readStat(cmd.Process.Pid, make([]byte, statSize))
	if err != nil || p.State != 'Z' {
		t.Fatalf("%+v, %v: its main thread should be a zombie", p, err)
	}
	if !p.ID.Alive() {
		t.Error("a process whose other threads run counts as dead")
	}
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}

// roleMainThreadEnded ends its main thread and goes on in another one, as C programs do with pthread_exit.
func roleMainThreadEnded([]string) {
	check(unix.Gettid() == unix.Getpid(), "not in the main thread")
	go func() {
		for {
			if p := must(readStat(os.Getpid(), make([]byte, statSize))); p.State == 'Z' {
				os.Stdout.WriteString("ready\n")
				select {}
			}
		}
	}()
	unix.RawSyscall(unix.SYS_EXIT, 0, 0, 0)
}

func TestBootID(t *testing.T) {
	if id := BootID(); len(id) != 36 || strings.TrimSpace(id) != id {
		t.Errorf("boot ID %q", id)
	}
}

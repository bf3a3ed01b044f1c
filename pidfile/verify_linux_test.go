package pidfile

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// awaitZombie returns once the child has ended, without reaping it.
func awaitZombie(t *testing.T, pid int) {
	t.Helper()
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
}

func TestStartTimeIsWallClock(t *testing.T) {
	t.Parallel()
	before := time.Now()
	child := exec.Command("cat")
	input, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	owner, exists, err := inspect(child.Process.Pid)
	after := time.Now()
	input.Close()
	child.Wait()
	// The system counts in ticks of 10 ms and rounds down.
	if err != nil || !exists || owner.started.Before(before.Add(-20*time.Millisecond)) || owner.started.After(after) {
		t.Errorf("inspect = %+v, %v, %v, want a start between %v and %v", owner, exists, err, before, after)
	}
}

func TestVerifyThread(t *testing.T) {
	t.Parallel()
	tid, done := make(chan int), make(chan struct{})
	go func() {
		runtime.LockOSThread() // ends with the goroutine, and the thread with it
		tid <- unix.Gettid()
		<-done
	}()
	defer close(done)
	number := <-tid
	if number == os.Getpid() {
		t.Skip("the goroutine got the first thread")
	}
	verify(t, put(t, fmt.Sprintln(number)), Recycled, "reused by")
}

func TestParseStatCommandMayHoldAnything(t *testing.T) {
	t.Parallel()
	tail := " Z 1 7 7 0 -1 4 2 0 0 0 0 0 0 0 20 0 1 0 162120 0 0"
	owner, ticks, err := parseStat([]byte("7 (a) R (b\n)" + tail))
	if err != nil || owner.command != "a) R (b\n" || !owner.zombie || ticks != 162120 {
		t.Errorf("parseStat = %+v, %d, %v", owner, ticks, err)
	}
	owner, _, err = parseStat([]byte("7 (web)" + strings.Replace(tail, " 1 0 162120", " 3 0 162120", 1)))
	if err != nil || owner.zombie {
		t.Errorf("with two threads alive: %+v, %v", owner, err)
	}
	for _, bad := range []string{"", "7", "7 (web", "7 (web) R 1", "7 )web( R"} {
		if _, _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("parseStat(%q) succeeded", bad)
		}
	}
}

// TestWriteAsNobody runs itself as an unprivileged user in a directory that is
// read-only for it.
func TestWriteAsNobody(t *testing.T) {
	if path := os.Getenv("PIDFILE_TEST_PATH"); path != "" {
		if err := Write(path, 43); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("Write: %v", err)
		}
		if _, err := os.ReadFile(path); err != nil {
			t.Error(err)
		}
		return
	}
	if os.Getuid() != 0 {
		t.Skip("needs root to become somebody else")
	}
	dir := t.TempDir()
	for _, open := range []string{dir, filepath.Dir(dir)} { // MkdirTemp's are 0700
		if err := os.Chmod(open, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path, binary := filepath.Join(dir, "pid"), filepath.Join(dir, "test")
	copyBinary(t, binary)
	if err := Write(path, 42); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(binary, "-test.run=^TestWriteAsNobody$", "-test.v")
	child.Env = []string{"PIDFILE_TEST_PATH=" + path}
	child.Dir = "/"
	child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if output, err := child.CombinedOutput(); err != nil || !strings.Contains(string(output), "PASS: TestWriteAsNobody") {
		t.Errorf("%v\n%s", err, output)
	}
	if got, err := Read(path); got != 42 || err != nil {
		t.Errorf("Read = %d, %v", got, err)
	}
	holdsOnly(t, path, "pid", "test")
}

func copyBinary(t *testing.T, to string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o755); err != nil {
		t.Fatal(err)
	}
}

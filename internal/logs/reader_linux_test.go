package logs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A pipe that a poller watches wakes it at every write, so nothing may watch it while
// there is something in it.
func TestPipeIsWatchedOnlyWhileItIsEmpty(t *testing.T) {
	read, write, err := openFIFO(filepath.Join(t.TempDir(), "fifo"))
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	defer read.close()
	for range 3 {
		woken := make(chan error)
		go func() { woken <- read.wait() }()
		for watchers(t, read) == 0 {
		}
		if _, err := write.Write([]byte("line\n")); err != nil {
			t.Fatal(err)
		}
		if err := <-woken; err != nil {
			t.Fatal(err)
		}
		if n := watchers(t, read); n != 0 {
			t.Fatalf("%d pollers watch a pipe that is not empty", n)
		}
		if err := read.wait(); err != nil {
			t.Fatal(err)
		}
		if err := read.use(func(fd int) { readPipe(fd, make([]byte, 100)) }); err != nil {
			t.Fatal(err)
		}
	}
}

func TestInterruptEndsWaiting(t *testing.T) {
	read, write, err := openFIFO(filepath.Join(t.TempDir(), "fifo"))
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	defer read.close()
	woken := make(chan error)
	go func() { woken <- read.wait() }()
	if err := read.interrupt(); err != nil {
		t.Fatal(err)
	}
	if <-woken == nil || read.wait() == nil {
		t.Error("an interrupted wait says that there is output")
	}
}

// watchers counts the epoll(7) instances of this process that the pipe is in.
func watchers(t *testing.T, r *reader) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fdinfo")
	if err != nil {
		t.Fatal(err)
	}
	r.use(func(fd int) {
		for _, entry := range entries {
			info, _ := os.ReadFile("/proc/self/fdinfo/" + entry.Name()) // it may be closed by now
			for line := range strings.Lines(string(info)) {
				var target int
				if _, err := fmt.Sscanf(line, "tfd: %d", &target); err == nil && target == fd {
					n++
				}
			}
		}
	})
	return n
}

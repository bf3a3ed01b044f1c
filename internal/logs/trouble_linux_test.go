package logs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A full disk keeps the business waiting, and loses nothing.
func TestADiskThatIsFull(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]Settings{
		"straight": {MaxFiles: Unlimited},
		"stamped":  {MaxFiles: Unlimited, Timestamps: UTCTimestamps},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, logDir := t.TempDir(), filepath.Join(t.TempDir(), "full")
			mount(t, logDir, "size=8m,mode=700")
			file, ballast := filepath.Join(logDir, "output.log"), filepath.Join(logDir, "ballast")
			c, err := Open(paths(filepath.Join(dir, "log"), file), settings, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := os.WriteFile(ballast, make([]byte, 7<<20), 0o600); err != nil {
				t.Fatal(err)
			}
			var changes atomic.Int32
			c.Watch(func() { changes.Add(1) }, nil)
			writer := exec.Command("seq", "1", "400000") // 2.7 MB, and 13 MB with stamps
			writer.Stdout = c.Stdout()
			if err := writer.Start(); err != nil {
				t.Fatal(err)
			}
			defer writer.Wait()
			defer writer.Process.Kill()
			await(t, "trouble", func() bool { return strings.Contains(c.Trouble(), "no space left") })
			c.Drain() // does not wait
			if !strings.Contains(c.Trouble(), "is waiting") {
				t.Errorf("Trouble = %q", c.Trouble())
			}
			if writer.Process.Signal(syscall.Signal(0)) != nil {
				t.Error("the writer has ended")
			}
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
			if settings.Timestamps != "" {
				unix.Mount("", logDir, "", unix.MS_REMOUNT, "size=64m")
			}
			if err := writer.Wait(); err != nil {
				t.Fatal(err)
			}
			c.Drain()
			await(t, "no trouble", func() bool { c.Drain(); return c.Trouble() == "" })
			same(t, "log", unstamped(whole(t, file)), numbers(1, 400_000))
			if n := changes.Load(); n != 3 && settings.Timestamps == "" { // else the disk may get full twice
				t.Errorf("a change was told %d times, want that it is well, its beginning and its end", n)
			}
		})
	}
}

// What the business has printed last is not lost with the pipe.
func TestADiskThatIsFullToTheEnd(t *testing.T) {
	t.Parallel()
	dir, logDir := t.TempDir(), filepath.Join(t.TempDir(), "full")
	mount(t, logDir, "size=64k,mode=700")
	file := filepath.Join(logDir, "output.log")
	where := paths(filepath.Join(dir, "log"), file)
	c, err := Open(where, Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	business(t, c, "seq 1 100000") // less than the pipe can hold
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c.Remove()
	if kept := content(t, file); !strings.HasPrefix(numbers(1, 100_000), kept) || len(kept) > 64<<10 {
		t.Errorf("%d bytes", len(kept))
	}
	if err := unix.Mount("", logDir, "", unix.MS_REMOUNT, "size=8m"); err != nil {
		t.Fatal(err)
	}
	c, err = Open(where, Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	business(t, c, "seq 100001 100010")
	c.Drain()
	same(t, "log", content(t, file), numbers(1, 100_010))
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(where.Stage); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the stage is left: %v", err)
	}
}

// Old files make room for new output.
func TestOldFilesMakeRoom(t *testing.T) {
	t.Parallel()
	dir, logDir := t.TempDir(), filepath.Join(t.TempDir(), "full")
	mount(t, logDir, "size=1m,mode=700")
	file := filepath.Join(logDir, "output.log")
	c, err := Open(paths(filepath.Join(dir, "log"), file), Settings{MaxSize: 64 << 10, MaxFiles: Unlimited}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var removed atomic.Int32
	c.Watch(func() {}, func(path string) {
		if ok, _ := filepath.Match(filepath.Join(logDir, "output-*.log"), path); ok {
			removed.Add(1)
		}
	})
	business(t, c, "seq 1 400000")
	c.Drain()
	if c.Trouble() != "" || removed.Load() == 0 {
		t.Errorf("Trouble = %q; that an old file was removed was told %d times", c.Trouble(), removed.Load())
	}
	if kept := whole(t, file); !strings.HasSuffix(numbers(1, 400_000), kept) || len(kept) < 512<<10 {
		t.Errorf("%d bytes are kept", len(kept))
	}
}

// Whole lines are dropped, and counted.
func TestADropThatIsCounted(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]Settings{
		"bare":    {MaxFiles: Unlimited, Overflow: Drop},
		"stamped": {MaxFiles: Unlimited, Overflow: Drop, Timestamps: UTCTimestamps},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, logDir := t.TempDir(), filepath.Join(t.TempDir(), "full")
			mount(t, logDir, "size=256k,mode=700")
			file := filepath.Join(logDir, "output.log")
			c, err := Open(paths(filepath.Join(dir, "log"), file), settings, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			business(t, c, "seq 1 1000000") // 6.9 MB; is not kept waiting
			if !strings.Contains(c.Trouble(), "is being dropped") {
				t.Errorf("Trouble = %q", c.Trouble())
			}
			if err := unix.Mount("", logDir, "", unix.MS_REMOUNT, "size=64m"); err != nil {
				t.Fatal(err)
			}
			await(t, "no trouble", func() bool { c.Drain(); return c.Trouble() == "" })
			business(t, c, "echo 1000001")
			c.Drain()
			counted(t, file, 1_000_001)
		})
	}
}

// What a guardian has dropped is told of although it ends before the disk has room, and it
// does not hand over what only it knows.
func TestADropThatIsCountedByTheNextGuardian(t *testing.T) {
	t.Parallel()
	dir, logDir := t.TempDir(), filepath.Join(t.TempDir(), "full")
	mount(t, logDir, "size=256k,mode=700")
	file := filepath.Join(logDir, "output.log")
	settings := Settings{MaxFiles: Unlimited, Overflow: Drop}
	c, err := Open(paths(filepath.Join(dir, "log"), file), settings, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	business(t, c, "seq 1 1000000")
	if release, err := c.Hold(); err == nil {
		release()
		t.Error("a handover would forget what was dropped")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", logDir, "", unix.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	if c, err = Open(paths(filepath.Join(dir, "log"), file), settings, nil); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	business(t, c, "echo 1000001")
	c.Drain()
	counted(t, file, 1_000_001)
}

// counted checks that each number up to the last is in the log, or in the count of those
// that were dropped in its place.
func counted(t *testing.T, file string, want int) {
	t.Helper()
	last, dropped, marks := 0, 0, 0
	for line := range strings.Lines(unstamped(whole(t, file))) {
		var lines, bytes, n int
		if _, err := fmt.Sscanf(line, "holdfast: %d lines dropped (%d bytes): no space left on device\n", &lines, &bytes); err == nil {
			dropped += lines
			last += lines
			marks++
			continue
		}
		if _, err := fmt.Sscanf(line, "%d\n", &n); err != nil || n != last+1 {
			t.Fatalf("%q after %d, %v", line, last, err)
		}
		last = n
	}
	if last != want || dropped == 0 {
		t.Errorf("the last line is %d; %d dropped, with %d marks", last, dropped, marks)
	}
}

func TestADiskThatIsFullFromTheBeginning(t *testing.T) {
	t.Parallel()
	dir, logDir := t.TempDir(), filepath.Join(t.TempDir(), "full")
	mount(t, logDir, "nr_inodes=1") // the directory itself
	c, err := Open(paths(filepath.Join(dir, "log"), filepath.Join(logDir, "output.log")), Settings{}, nil)
	if err != nil {
		t.Fatalf("a full disk keeps the service from starting: %v", err)
	}
	defer c.Close()
	business(t, c, "echo x")
	c.Drain()
	if !strings.Contains(c.Trouble(), "no space left") {
		t.Errorf("Trouble = %q", c.Trouble())
	}
	if err := unix.Mount("", logDir, "", unix.MS_REMOUNT, "nr_inodes=9"); err != nil {
		t.Fatal(err)
	}
	c.Drain()
	same(t, "file", content(t, filepath.Join(logDir, "output.log")), "x\n")
}

func TestAFileThatMayNotGrow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, err := play(t, "limited", filepath.Join(dir, "log"), filepath.Join(dir, "output.log")).Output()
	if err != nil || string(out) != "\n\n" {
		t.Fatalf("%v: %s", err, out)
	}
	same(t, "log", whole(t, filepath.Join(dir, "output.log")), strings.Repeat("x", 300_000))
}

func TestAFileThatIsRemovedIsMadeAgain(t *testing.T) {
	t.Parallel()
	c, file := open(t, nil)
	business(t, c, "echo one")
	c.Drain()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	business(t, c, "echo two")
	c.Drain()
	same(t, "file", content(t, file), "two\n")
	if c.Trouble() != "" {
		t.Error(c.Trouble())
	}
}

func TestADirectoryThatIsRemovedIsMadeAgain(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"removed", "renamed"} {
		logDir := filepath.Join(t.TempDir(), "log")
		if err := os.Mkdir(logDir, 0o700); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(logDir, "output.log")
		c, err := Open(paths(filepath.Join(t.TempDir(), "log"), file), Settings{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		business(t, c, "echo one")
		c.Drain()
		if how == "removed" {
			err = os.RemoveAll(logDir)
		} else {
			err = os.Rename(logDir, logDir+".old")
		}
		if err != nil {
			t.Fatal(err)
		}
		business(t, c, "echo two")
		c.Drain()
		same(t, "file", content(t, file), "two\n")
		if c.Trouble() != "" {
			t.Errorf("%s: %s", how, c.Trouble())
		}
	}
}

func TestEchoGetsTheSame(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe() // takes a block only when we have read the one before
	got := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		got <- string(b)
	}()
	c, file := open(t, w)
	business(t, c, "seq 1 100000")
	c.Close() // with what the echo still has
	w.Close()
	want := numbers(1, 100_000)
	same(t, "file", content(t, file), want)
	same(t, "echo", soon(t, "echo", got), want)
}

func TestABlockedEchoMissesAndTheFileDoesNot(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, file := open(t, w)
	w.Close() // the capture has a copy
	business(t, c, "seq 1 400000")
	c.Drain()
	same(t, "file", content(t, file), numbers(1, 400_000))

	// It is read again: what it gets is the beginning, a mark, and what is new.
	got := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		got <- string(b)
	}()
	for len(c.echo.queue) > 0 {
		business(t, c, "true") // gives the reader time
	}
	business(t, c, "echo again")
	c.Close()
	text := soon(t, "echo", got)
	before, after, found := strings.Cut(text, "\n[")
	if !found || !strings.HasSuffix(after, "bytes are in the log file only]\nagain\n") {
		t.Fatalf("echo ends %q", text[max(0, len(text)-100):])
	}
	same(t, "echo", before, numbers(1, 400_000)[:len(before)])
}

func TestAnEchoThatIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fifo, file := filepath.Join(dir, "log"), filepath.Join(dir, "output.log")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	guardian := play(t, "echo", fifo, file)
	guardian.Stdout = w
	stderr, err := guardian.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := guardian.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := guardian.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	r.Close() // head(1) has seen enough
	said := make([]byte, len("ready\n"))
	if _, err := io.ReadFull(stderr, said); err != nil {
		t.Fatal(err)
	}
	stdout, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer stdout.Close()
	lines := follow(t, file, -1)
	for _, line := range []string{"one", "two", "three"} {
		io.WriteString(stdout, line+"\n")
		if got := soon(t, "line", lines); got != line {
			t.Fatalf("line %q, want %q", got, line)
		}
	}
	stdin.Close()
	if said, _ := io.ReadAll(stderr); string(said) != "alive\n" {
		t.Errorf("the guardian said %q", said)
	}
	if err := guardian.Wait(); err != nil {
		t.Errorf("the guardian: %v", err)
	}
}

package logs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"holdfast/internal/logfile"
)

func TestTheFileIsWhatWasWritten(t *testing.T) {
	t.Parallel()
	c, file := open(t, nil)
	business(t, c, "seq 1 50000; seq 50001 100000 >&2")
	c.Drain()
	same(t, "file", content(t, file), numbers(1, 100_000))
	if got, want := c.Tail(3), []string{"99998", "99999", "100000"}; !slices.Equal(got, want) {
		t.Errorf("Tail = %q, want %q", got, want)
	}
	if c.Trouble() != "" {
		t.Errorf("trouble: %s", c.Trouble())
	}
	if info, _ := os.Stat(file); info.Mode().Perm()&^0o640 != 0 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestOutputComesWithoutADrain(t *testing.T) {
	t.Parallel()
	c, file := open(t, nil)
	lines := follow(t, file, -1)
	for i := range 200 { // each time the carrier sleeps again
		business(t, c, fmt.Sprint("echo ", i))
		if got := soon(t, "line", lines); got != fmt.Sprint(i) {
			t.Fatalf("line %q, want %d", got, i)
		}
	}
}

func TestDrainIsABarrier(t *testing.T) {
	t.Parallel()
	c, file := open(t, nil)
	var want strings.Builder
	for i := range 1000 {
		c.StartRun(i, "0123")
		business(t, c, fmt.Sprintf("echo begin; echo end of %d", i))
		c.Drain()
		end := fmt.Sprint("end of ", i)
		if got := c.Tail(10); !slices.Equal(got, []string{"begin", end}) {
			t.Fatalf("run %d: tail %q", i, got)
		}
		fmt.Fprintf(&want, "begin\n%s\n", end)
		if info, err := os.Stat(file); err != nil || info.Size() != int64(want.Len()) {
			t.Fatalf("run %d: the file has %d bytes (%v), want %d", i, info.Size(), err, want.Len())
		}
	}
	same(t, "file", content(t, file), want.String())
}

func TestDrainDoesNotWaitForAWriterThatGoesOn(t *testing.T) {
	t.Parallel()
	c, _ := open(t, nil)
	flood := exec.Command("yes")
	flood.Stdout = c.Stdout()
	if err := flood.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	go func() {
		c.Drain()
		c.Close() // which drains too
		close(done)
	}()
	soon(t, "Drain and Close", done)
	flood.Process.Kill()
	flood.Wait()
}

// The business must notice nothing when its guardian is killed.
func TestOutputWaitsForTheNextGuardian(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fifo, file := filepath.Join(dir, "log"), filepath.Join(dir, "output.log")
	guardian := play(t, "capture", fifo, file)
	stderr, err := guardian.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := guardian.StdinPipe(); err != nil { // so that it stays
		t.Fatal(err)
	}
	if err := guardian.Start(); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(stderr).ReadString('\n'); line != "ready\n" {
		t.Fatalf("guardian said %q", line)
	}

	stdout, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), "/bin/sh", "-c",
		"seq 1 1000; read go; seq 1001 20000 && echo written >&2; read go; exec seq 20001 300000")
	child.Stdout = stdout
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := child.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	stdout.Close()

	for line := range follow(t, file, -1) {
		if line == "1000" {
			break
		}
	}
	guardian.Process.Kill()
	guardian.Wait()
	io.WriteString(stdin, "\n")
	if line, err := bufio.NewReader(said).ReadString('\n'); line != "written\n" {
		t.Fatalf("without a guardian the business said %q, %v", line, err)
	}
	same(t, "file without a guardian", content(t, file), numbers(1, 1000))
	io.WriteString(stdin, "\n") // more than the pipe can hold

	c, err := Open(paths(fifo, file), Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := child.Wait(); err != nil {
		t.Errorf("the business: %v", err)
	}
	c.Drain()
	same(t, "file", content(t, file), numbers(1, 300_000))
}

func TestTheBusinessHasABlockingStdout(t *testing.T) {
	t.Parallel()
	c, _ := open(t, nil)
	nonblocking := func(f *os.File) bool {
		flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
		if err != nil {
			t.Fatal(err)
		}
		return flags&unix.O_NONBLOCK != 0
	}
	if nonblocking(c.Stdout()) {
		t.Error("the first run's stdout is non-blocking")
	}
	// As Node.js does.
	if err := unix.SetNonblock(int(c.Stdout().Fd()), true); err != nil {
		t.Fatal(err)
	}
	if nonblocking(c.Stdout()) {
		t.Error("the next run inherits what the first one chose")
	}
}

func TestTheBusinessMayOpenItsStdoutAgain(t *testing.T) {
	t.Parallel()
	c, file := open(t, nil)
	script := "echo again >/dev/stderr"
	want := "again\n"
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Stderr = c.Stdout()
	if os.Geteuid() == 0 {
		if err := c.Chown(4711, -1); err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 4711, Gid: 4711}}
	}
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
	c.Drain()
	same(t, "file", content(t, file), want)
}

func TestCloseLeavesTheFIFOAndRemoveUnlinksIt(t *testing.T) {
	t.Parallel()
	c, file := open(t, nil)
	io.WriteString(c.Stdout(), "last words\n")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, "file", content(t, file), "last words\n")
	if info, err := os.Lstat(c.streams[0].fifo); err != nil || info.Mode() != fs.ModeNamedPipe|0o600 {
		t.Errorf("after Close: %v, %v", info.Mode(), err)
	}
	if err := c.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(c.streams[0].fifo); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Remove: %v", err)
	}
}

func TestOpenReplacesWhatIsNoFIFO(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"file", "link", "full directory"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			fifo, victim := filepath.Join(dir, "log"), filepath.Join(dir, "victim")
			var err error
			switch kind {
			case "file":
				err = os.WriteFile(fifo, []byte("x"), 0o600)
			case "link":
				err = errors.Join(os.WriteFile(victim, nil, 0o600), os.Symlink(victim, fifo))
			case "full directory":
				err = os.MkdirAll(filepath.Join(fifo, "x"), 0o700)
			}
			if err != nil {
				t.Fatal(err)
			}
			c, err := Open(paths(fifo, filepath.Join(dir, "output.log")), Settings{}, nil)
			if kind == "full directory" {
				if err == nil || !strings.Contains(err.Error(), "in the FIFO's place") {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if info, _ := os.Lstat(fifo); info.Mode().Type() != fs.ModeNamedPipe {
				t.Errorf("%v", info.Mode())
			}
		})
	}
}

func TestOpenSaysWhyTheFileCannotBe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(paths(filepath.Join(dir, "log"), filepath.Join(dir, "file", "output.log")), Settings{}, nil)
	if !errors.Is(err, syscall.ENOTDIR) || !strings.Contains(err.Error(), "output.log") {
		t.Errorf("error %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestNothingIsLeftOpen(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip(err)
	}
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	dir := t.TempDir()
	cycle := func() {
		c, err := Open(paths(filepath.Join(dir, "log"), filepath.Join(dir, "output.log")), Settings{}, os.Stderr)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	cycle() // opens the poller
	before := count()
	for range 10 {
		cycle()
	}
	if after := count(); after != before {
		t.Errorf("%d descriptors, then %d", before, after)
	}
}

// follow returns the lines of a log as they come, until the test ends.
func follow(t testing.TB, file string, n int) <-chan string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	lines := make(chan string)
	ended := make(chan error)
	go func() {
		err := logfile.Log(file).Follow(ctx, w, logfile.Query{Lines: n, Notice: func(err error) { t.Error(err) }})
		w.Close()
		ended <- err
	}()
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(r); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		if err := soon(t, "end of Follow", ended); err != nil {
			t.Errorf("Follow: %v", err)
		}
	})
	return lines
}

package logs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestADiskThatIsFull(t *testing.T) {
	t.Parallel()
	logDir := filepath.Join(t.TempDir(), "full")
	mount(t, logDir, "size=64k,mode=700")
	file, ballast := filepath.Join(logDir, "output.log"), filepath.Join(logDir, "ballast")
	c, err := Open(filepath.Join(t.TempDir(), "log"), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := os.WriteFile(ballast, make([]byte, 32<<10), 0o600); err != nil {
		t.Fatal(err)
	}

	business(t, c, "seq 1 100000") // is not kept waiting
	c.Drain()
	written := numbers(1, 100_000)
	kept := content(t, file)
	same(t, "what fits", kept, written[:len(kept)])
	if !errors.Is(c.Err(), syscall.ENOSPC) {
		t.Errorf("Err = %v", c.Err())
	}
	if got, want := c.Lost(), int64(len(written)-len(kept)); got != want || want == 0 {
		t.Errorf("Lost = %d, want %d", got, want)
	}
	if got := c.Tail(1); len(got) != 1 || got[0] != "100000" {
		t.Errorf("Tail = %q", got)
	}

	lost := c.Lost()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	business(t, c, "echo space again")
	c.Drain()
	same(t, "file", content(t, file), kept+"space again\n")
	if c.Err() != nil || c.Lost() != lost {
		t.Errorf("with space again: %v, lost %d, had lost %d", c.Err(), c.Lost(), lost)
	}
}

func TestADiskThatIsFullFromTheBeginning(t *testing.T) {
	t.Parallel()
	logDir := filepath.Join(t.TempDir(), "full")
	mount(t, logDir, "nr_inodes=1") // the directory itself
	c, err := Open(filepath.Join(t.TempDir(), "log"), filepath.Join(logDir, "output.log"), nil)
	if err != nil {
		t.Fatalf("a full disk keeps the service from starting: %v", err)
	}
	defer c.Close()
	if !errors.Is(c.Err(), syscall.ENOSPC) {
		t.Errorf("Err = %v", c.Err())
	}
	business(t, c, "echo x")
	c.Drain()
	if !errors.Is(c.Err(), syscall.ENOSPC) || c.Lost() != 2 {
		t.Errorf("Err = %v, lost %d", c.Err(), c.Lost())
	}
}

func TestAFileThatMayNotGrow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, err := play(t, "limited", filepath.Join(dir, "log"), filepath.Join(dir, "output.log")).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err)
	}
	lines := strings.Split(string(out), "\n")
	if !strings.HasPrefix(lines[0], "50000 ") || !strings.HasSuffix(lines[0], "file too large") || lines[1] != "50000 <nil>" {
		t.Errorf("%q", lines)
	}
	if got := len(content(t, filepath.Join(dir, "output.log"))); got != 250_000 {
		t.Errorf("the file has %d bytes", got)
	}
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
	if c.Err() != nil || c.Lost() != 0 {
		t.Errorf("%v, lost %d", c.Err(), c.Lost())
	}
}

func TestADirectoryThatIsRemovedIsMissedUntilItIsBack(t *testing.T) {
	t.Parallel()
	logDir := filepath.Join(t.TempDir(), "log")
	if err := os.Mkdir(logDir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(logDir, "output.log")
	c, err := Open(filepath.Join(t.TempDir(), "log"), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := os.RemoveAll(logDir); err != nil {
		t.Fatal(err)
	}
	business(t, c, "echo one")
	c.Drain()
	if !errors.Is(c.Err(), fs.ErrNotExist) || c.Lost() != 4 {
		t.Errorf("without the directory: %v, lost %d", c.Err(), c.Lost())
	}
	if err := os.Mkdir(logDir, 0o700); err != nil {
		t.Fatal(err)
	}
	business(t, c, "echo two")
	c.Drain()
	same(t, "file", content(t, file), "two\n")
	if c.Err() != nil || c.Lost() != 4 {
		t.Errorf("with it back: %v, lost %d", c.Err(), c.Lost())
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

package logs

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/logfile"
)

// TestMain lets the test binary play other processes, as LOGS_TEST says:
//
//	capture FIFO FILE   a guardian: captures until it is killed
//	echo FIFO FILE      the same in the foreground; its stdin's end ends it
//	limited FIFO FILE   one whose files may not grow beyond 100,000 bytes
//	lines N             a business: N lines of 100 bytes, written 64 KiB at a time
func TestMain(m *testing.M) {
	role := strings.Fields(os.Getenv("LOGS_TEST"))
	if len(role) == 0 {
		os.Exit(m.Run())
	}
	var err error
	switch role[0] {
	case "capture":
		err = playCapture(role[1], role[2], nil)
	case "echo":
		err = playCapture(role[1], role[2], os.Stdout)
	case "limited":
		err = playLimited(role[1], role[2])
	case "lines":
		err = playLines(role[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func playCapture(fifo, file string, echo io.Writer) error {
	c, err := Open(paths(fifo, file), Settings{}, echo)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "ready")
	io.Copy(io.Discard, os.Stdin)
	fmt.Fprintln(os.Stderr, "alive")
	return c.Close()
}

func playLimited(fifo, file string) error {
	c, err := Open(paths(fifo, file), Settings{}, nil)
	if err != nil {
		return err
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limited := limit
	limited.Cur = 100_000
	for _, limit := range []unix.Rlimit{limited, limit} {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
		if _, err := c.Stdout().WriteString(strings.Repeat("x", 150_000)); err != nil {
			return err
		}
		c.Drain()
		fmt.Println(c.Trouble())
	}
	return c.Close()
}

func playLines(count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(os.Stdout, 64<<10)
	line := strings.Repeat("x", 99) + "\n"
	for range n {
		out.WriteString(line)
	}
	return out.Flush()
}

// play returns the command for a role, which is killed when the test ends.
func play(t testing.TB, role ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "LOGS_TEST="+strings.Join(role, " "))
	return cmd
}

// open captures into a directory of the test's own.
func open(t testing.TB, echo io.Writer) (c *Capture, file string) {
	t.Helper()
	return openWith(t, t.TempDir(), Settings{MaxFiles: Unlimited}, echo)
}

// openWith captures into dir.
func openWith(t testing.TB, dir string, settings Settings, echo io.Writer) (c *Capture, file string) {
	t.Helper()
	file = filepath.Join(dir, "output.log")
	c, err := Open(paths(filepath.Join(dir, "log"), file), settings, echo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, file
}

// paths are where a capture has what it needs beside those two.
func paths(fifo, file string) Paths {
	return Paths{
		FIFO: fifo, Stage: fifo + ".stage", Output: logfile.Log(file),
		StderrFIFO: fifo + "-stderr", StderrStage: fifo + "-stderr.stage",
		StderrOutput: logfile.Log(filepath.Join(filepath.Dir(file), "stderr.log")),
	}
}

// business runs a shell script with its output captured, to its end.
func business(t testing.TB, c *Capture, script string) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Stdout, cmd.Stderr = c.Stdout(), c.Stderr()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

// numbers is what seq(1) prints.
func numbers(from, to int) string {
	var b strings.Builder
	for n := from; n <= to; n++ {
		fmt.Fprintln(&b, n)
	}
	return b.String()
}

// same compares without printing megabytes.
func same(t testing.TB, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	end := func(s string) string { return s[max(0, i-20):min(len(s), i+20)] }
	t.Errorf("%s: %d bytes, want %d; they differ at %d: %q, want %q", what, len(got), len(want), i, end(got), end(want))
}

func content(t testing.TB, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// soon returns what comes, and fails if nothing does.
func soon[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(time.Minute):
		t.Fatalf("%s: nothing after a minute", what)
		panic("unreachable")
	}
}

// await waits until something has come about that the system tells nobody of.
func await(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after a minute", what)
		}
	}
}

// whole is what all files of a log have, in order.
func whole(t testing.TB, file string) string {
	t.Helper()
	files, err := logfile.Log(file).Files()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range files {
		text.WriteString(content(t, f.Path))
	}
	return text.String()
}

// unstamped is a log without what stands in front of its lines.
func unstamped(log string) string {
	var text strings.Builder
	for line := range strings.Lines(log) {
		if len(line) > 28 && line[26:28] == "Z " {
			line = line[28:]
		}
		text.WriteString(line)
	}
	return text.String()
}

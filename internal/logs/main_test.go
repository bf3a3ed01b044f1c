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
	c, err := Open(fifo, file, echo)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "ready")
	io.Copy(io.Discard, os.Stdin)
	fmt.Fprintln(os.Stderr, "alive")
	return c.Close()
}

func playLimited(fifo, file string) error {
	c, err := Open(fifo, file, nil)
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
		if _, err := c.Writer().WriteString(strings.Repeat("x", 150_000)); err != nil {
			return err
		}
		c.Drain()
		fmt.Println(c.Lost(), c.Err())
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
	dir := t.TempDir()
	file = filepath.Join(dir, "output.log")
	c, err := Open(filepath.Join(dir, "log"), file, echo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, file
}

// business runs a shell script with its output captured, to its end.
func business(t testing.TB, c *Capture, script string) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Stdout, cmd.Stderr = c.Writer(), c.Writer()
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

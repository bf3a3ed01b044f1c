package logs

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFollow(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "output.log")
	appendTo := func(path, text string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	lines := follow(t, file, 2)
	expect := func(want ...string) {
		t.Helper()
		for _, want := range want {
			if got := soon(t, want, lines); got != want {
				t.Fatalf("line %q, want %q", got, want)
			}
		}
	}
	appendTo(file, "created later\n")
	expect("created later")
	appendTo(file, "appended\nin ")
	expect("appended")
	appendTo(file, "two parts\n")
	expect("in two parts")

	appendTo(file+".other", "of no interest\n")
	if err := os.Truncate(file, 0); err != nil {
		t.Fatal(err)
	}
	appendTo(file, "truncated\n")
	expect("truncated")

	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	appendTo(file+".1", "after the rename\n")
	appendTo(file, "in the new one\n")
	expect("after the rename", "in the new one")

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	appendTo(file, "made again\n")
	expect("made again")
}

func TestFollowBeginsWithTheLastLines(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "output.log")
	if err := os.WriteFile(file, []byte(numbers(1, 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := follow(t, file, 3)
	for _, want := range []string{"98", "99", "100"} {
		if got := soon(t, want, lines); got != want {
			t.Fatalf("line %q, want %q", got, want)
		}
	}
}

// Between what is there and what comes, nothing is doubled or left out.
func TestFollowWhileTheBusinessWrites(t *testing.T) {
	t.Parallel()
	c, file := open(t, nil)
	written := make(chan error)
	go func() {
		out := bufio.NewWriterSize(c.Stdout(), 1000)
		for n := 1; n <= 100_000; n++ {
			fmt.Fprintln(out, n)
		}
		written <- out.Flush()
	}()
	for range 5 {
		lines := follow(t, file, -1)
		for n := 1; n <= 100_000; n++ {
			if got := soon(t, "line", lines); got != fmt.Sprint(n) {
				t.Fatalf("line %q, want %d", got, n)
			}
		}
	}
	if err := soon(t, "writer", written); err != nil {
		t.Error(err)
	}
}

func TestFollowEndsWhileThereIsMore(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "output.log")
	if err := os.WriteFile(file, []byte(strings.Repeat("line\n", 1<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Follow(ctx, io.Discard, file, -1); err != nil {
		t.Error(err)
	}
}

func TestFollowSaysWhyItCannot(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "log")
	file := filepath.Join(dir, "output.log")
	if err := Follow(t.Context(), io.Discard, file, 0); err == nil {
		t.Error("followed a file in a directory that does not exist")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("here\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	ended := make(chan error)
	go func() { ended <- Follow(t.Context(), w, file, -1) }()
	if line, _ := bufio.NewReader(r).ReadString('\n'); line != "here\n" {
		t.Fatalf("line %q", line)
	}
	go io.Copy(io.Discard, r)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := soon(t, "end", ended); err == nil || !strings.Contains(err.Error(), "directory was removed") {
		t.Errorf("error %v", err)
	}
}

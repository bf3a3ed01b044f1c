package logfile

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// follow returns the lines as they come, until the test ends.
func follow(t testing.TB, log Log, q Query) <-chan string {
	t.Helper()
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	lines := make(chan string, 1000)
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := log.Follow(ctx, w, q); err != nil && ctx.Err() == nil {
			t.Errorf("following: %v", err)
		}
		w.Close()
	})
	ended.Go(func() {
		defer close(lines)
		for text := bufio.NewReader(r); ; {
			line, err := text.ReadString('\n')
			if err != nil {
				return
			}
			select {
			case lines <- strings.TrimSuffix(line, "\n"):
			case <-ctx.Done():
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		r.Close()
		ended.Wait()
	})
	return lines
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

func expect(t testing.TB, lines <-chan string, want ...string) {
	t.Helper()
	for _, want := range want {
		if got := soon(t, want, lines); got != want {
			t.Fatalf("line %q, want %q", got, want)
		}
	}
}

func TestFollowAnotherProgramsDoings(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	file := string(d.log)
	lines := follow(t, d.log, all(t))
	d.appendTo(file, "created later\n")
	expect(t, lines, "created later")
	d.appendTo(file, "appended\nin ")
	expect(t, lines, "appended")
	d.appendTo(file, "two parts\n")
	expect(t, lines, "in two parts")

	d.appendTo(file+".other", "of no interest\n")
	d.must(os.Truncate(file, 0))
	d.appendTo(file, "truncated\n")
	expect(t, lines, "truncated")

	d.must(os.Rename(file, file+".1"))
	d.appendTo(file+".1", "after the rename\n")
	d.appendTo(file, "in the new one\n")
	expect(t, lines, "after the rename", "in the new one")

	d.must(os.Remove(file))
	d.appendTo(file, "made again\n")
	expect(t, lines, "made again")
}

// The capture notices what was done to its file when it writes next, and marks it then.
func TestFollowAnotherProgramsDoingsWithAnIndex(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.mark(RunBegun, 1)
	d.write(numbers(1, 100))
	lines := follow(t, d.log, all(t))
	for n := range 100 {
		expect(t, lines, fmt.Sprint(n+1))
	}
	d.must(os.Truncate(string(d.log), 0))
	d.appendTo(string(d.log), "truncated\n")
	d.mark(Begun, 0)
	d.size, d.end = 10, d.end+10
	expect(t, lines, "truncated")
	d.write("goes on\n")
	expect(t, lines, "goes on")

	d.must(os.Rename(string(d.log), string(d.log)+".1"))
	d.size = 0
	begun := d.end
	d.write("in the new one\n")
	expect(t, lines, "in the new one")
	d.end, begun = begun, d.end
	d.mark(Begun, 0)
	d.end = begun
	d.rotate()
	d.write("rotated\n")
	expect(t, lines, "rotated")
}

// A guardian that comes after a killed one may write its last bytes again.
func TestFollowWhatIsWrittenAgain(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.mark(RunBegun, 1)
	d.write("one\ntwo\nthree\n")
	lines := follow(t, d.log, all(t))
	expect(t, lines, "one", "two", "three")
	d.must(os.Truncate(string(d.log), int64(len("one\ntw"))))
	d.appendTo(string(d.log), "o\nthree\nfour\n")
	expect(t, lines, "four")
}

func TestFollowBeginsWithTheLastLines(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.write(numbers(1, 50))
	d.compress(d.rotate())
	d.write(numbers(51, 100))
	q := all(t)
	q.Lines = 52
	lines := follow(t, d.log, q)
	for n := 49; n <= 100; n++ {
		expect(t, lines, fmt.Sprint(n))
	}
	q.Lines, q.Match, q.JSON = 2, regexp.MustCompile("9$"), true
	lines = follow(t, d.log, q)
	object := func(position, line int) string {
		return fmt.Sprintf(`{"not_before":%q,"position":%d,"line":"%d"}`, d.now.Local().Format(timeLayout), position, line)
	}
	expect(t, lines, object(255, 89), object(285, 99))
	d.write("109\nno\n11")
	expect(t, lines, object(292, 109))
	d.write("9\n")
	expect(t, lines, object(299, 119))
}

// The log is rotated at full speed, and compressed behind the reader's back: between what
// is there and what comes, nothing is doubled or left out.
func TestFollowAcrossRotations(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	const last = 200_000
	written := make(chan struct{})
	go func() {
		defer close(written)
		for n := 1; n <= last; n += 1000 {
			d.write(numbers(n, n+999))
			if n%10_000 == 1 {
				if f := d.rotate(); n%20_000 == 1 {
					d.compress(f)
				}
			}
		}
	}()
	for i := range 3 {
		q := all(t)
		if i == 1 {
			q.Match = regexp.MustCompile("")
		}
		lines := follow(t, d.log, q)
		for n := 1; n <= last; n++ {
			if got := soon(t, "line", lines); got != fmt.Sprint(n) {
				t.Fatalf("line %q, want %d", got, n)
			}
		}
	}
	soon(t, "writer", written)
}

// Several rotations between two looks, of which the middle ones are gone.
func TestReadOverWhatWasRemoved(t *testing.T) {
	t.Parallel()
	for _, compress := range []bool{false, true} {
		d := newDisk(t)
		var notices []string
		q := Query{Lines: -1, Notice: func(err error) { notices = append(notices, err.Error()) }}
		d.write("one\n")
		r, err := d.log.begin(&q)
		d.must(err)
		defer r.close()
		r.to = 1 << 40
		var got strings.Builder
		p := newPrinter(&got, d.log, &q)
		look := func(want string) {
			t.Helper()
			d.must(catchUp(t.Context(), r, p))
			if got.String() != want {
				t.Errorf("compressed %t: %q, want %q", compress, got.String(), want)
			}
			got.Reset()
		}
		rotate := func() File {
			f := d.rotate()
			if compress {
				d.compress(f)
				f.Path += compressed
			}
			return f
		}
		look("one\n")
		d.write("two\n")
		rotate()
		d.write("three\n")
		gone := rotate()
		d.write("four\n")
		rotate()
		d.write("five\n")
		d.must(os.Remove(gone.Path))
		look("two\nfour\nfive\n")
		if want := "6 bytes of " + string(d.log) + " were removed before they could be read"; len(notices) != 1 || notices[0] != want {
			t.Errorf("notices %q, want %q", notices, want)
		}
		d.write("six\n")
		look("six\n")
	}
}

func TestFollowEndsWhileThereIsMore(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.write(strings.Repeat("line\n", 1<<20))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := d.log.Follow(ctx, io.Discard, all(t)); err != nil {
		t.Error(err)
	}
}

func TestFollowSaysWhyItCannot(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "log")
	log := Log(filepath.Join(dir, "output.log"))
	if err := log.Follow(t.Context(), io.Discard, all(t)); err == nil {
		t.Error("followed a log in a directory that does not exist")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(string(log), []byte("here\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	ended := make(chan error)
	go func() { ended <- log.Follow(t.Context(), w, all(t)) }()
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

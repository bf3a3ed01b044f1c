package logs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"holdfast/internal/logfile"
)

// Between what is there and what comes, nothing is doubled or left out, though the file
// is rotated and compressed all the time.
func TestFollowWhileTheBusinessWrites(t *testing.T) {
	t.Parallel()
	c, file := openWith(t, t.TempDir(), Settings{MaxSize: 64 << 10, MaxFiles: Unlimited, Compress: true}, nil)
	c.Keep(func(_ context.Context, path string) error { return logfile.Compress(path) })
	const last = 200_000
	written := make(chan error)
	go func() {
		out := bufio.NewWriterSize(c.Stdout(), 1000)
		for n := 1; n <= last; n++ {
			fmt.Fprintln(out, n)
		}
		written <- out.Flush()
	}()
	for range 3 {
		lines := follow(t, file, -1)
		for n := 1; n <= last; n++ {
			if got := soon(t, "line", lines); got != fmt.Sprint(n) {
				t.Fatalf("line %q, want %d", got, n)
			}
		}
	}
	if err := soon(t, "writer", written); err != nil {
		t.Error(err)
	}
}

// Who is too slow for what is kept is told how much he has missed.
func TestFollowCountsWhatItMissed(t *testing.T) {
	t.Parallel()
	c, file := openWith(t, t.TempDir(), Settings{MaxSize: 64 << 10, MaxFiles: 2}, nil)
	c.Keep(nil)
	business(t, c, "echo first")
	c.Drain()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	var ended sync.WaitGroup
	var missed int
	ended.Go(func() {
		err := logfile.Log(file).Follow(ctx, w, logfile.Query{Lines: -1, Notice: func(err error) {
			var n int
			if _, scanErr := fmt.Sscanf(err.Error(), "%d bytes of", &n); scanErr != nil {
				t.Error(errors.Join(err, scanErr))
			}
			missed += n
		}})
		if err != nil {
			t.Error(err)
		}
		w.Close()
	})
	text := bufio.NewReader(r)
	if line, err := text.ReadString('\n'); line != "first\n" {
		t.Fatalf("%q, %v", line, err)
	}
	business(t, c, "seq 1 400000; echo last") // nobody reads meanwhile
	c.Drain()
	await(t, "removal of old files", func() bool {
		files, err := logfile.Log(file).Rest()
		return err == nil && len(files) <= 2
	})
	got := len("first\n")
	for line := ""; line != "last\n"; {
		var err error
		if line, err = text.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		got += len(line)
	}
	cancel()
	ended.Wait()
	if want := len("first\n" + numbers(1, 400_000) + "last\n"); missed == 0 || got+missed != want {
		t.Errorf("%d bytes read and %d missed, want %d in all", got, missed, want)
	}
}

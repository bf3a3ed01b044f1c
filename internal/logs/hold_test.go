package logs

import (
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A handover does not wait for a disk that hangs, and neither does the guardian's end.
func TestALogThatHangs(t *testing.T) {
	t.Parallel()
	c, _ := open(t, nil)
	s := c.streams[0]
	s.moving.Lock() // as in a write to a server that is gone
	if release, err := c.Hold(); err == nil {
		release()
		t.Error("Hold has what it cannot have")
	} else if !strings.Contains(err.Error(), "output.log does not answer") {
		t.Error(err)
	}
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "is lost") {
		t.Errorf("Close: %v", err)
	}
	s.moving.Unlock()
	s.moving.Lock() // when the drain that waited for it has ended
	s.release()
	s.moving.Unlock()
}

// A disk that is slow fails at nothing, but that output is dropped for it is told, once.
func TestALogThatHangsAndDrops(t *testing.T) {
	t.Parallel()
	c, _ := openWith(t, t.TempDir(), Settings{MaxFiles: Unlimited, Overflow: Drop}, nil)
	var changes atomic.Int32
	c.Watch(func() { changes.Add(1) }, nil)
	s := c.streams[0]
	s.moving.Lock()
	s.spill.watch()
	business(t, c, "seq 1 1000000") // 6.9 MB; is not kept waiting
	if trouble := c.Trouble(); !strings.Contains(trouble, "output is being dropped (") || changes.Load() != 2 {
		t.Errorf("Trouble = %q; a change was told %d times, want that it is well and that it is not", trouble, changes.Load())
	}
	s.moving.Unlock()
	c.Drain()
	s.spill.lost.Store(time.Now().Add(-lossPause).UnixNano())
	business(t, c, "echo well")
	c.Drain()
	if trouble := c.Trouble(); trouble != "" || changes.Load() != 3 {
		t.Errorf("Trouble = %q; a change was told %d times, want its end, too", trouble, changes.Load())
	}
}

func TestHoldLeavesNothingWithTheEcho(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	var mu sync.Mutex
	var got strings.Builder
	go func() {
		for block := make([]byte, 1000); ; { // slowly
			n, err := r.Read(block)
			mu.Lock()
			got.Write(block[:n])
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	defer w.Close()
	c, file := open(t, w)
	for range 20 {
		business(t, c, "seq 1 20000")
		release, err := c.Hold()
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		same(t, "echo", got.String(), content(t, file))
		mu.Unlock()
		release()
	}
}

package logs

import (
	"io"
	"strings"
	"sync"
	"testing"
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

package logs

import (
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// queued is how many blocks may wait for the echo.
	queued = 4
	// echoPatience is how long the business waits, as with any pipe, for an echo
	// that takes nothing. After that it is held to be blocked, by Ctrl+S or a
	// reader that hangs, and goes without until it takes something again.
	echoPatience = time.Second
)

// echo copies the output to the guardian's stdout. A slow reader slows the
// business and misses nothing; a blocked one misses what it is told to have
// missed; one that is gone ends the echo. The file has it all in every case.
type echo struct {
	to       io.Writer
	queue    chan []byte
	done     chan struct{} // closed when all is written and closed
	waiting  atomic.Int64  // blocks that are not written yet
	progress atomic.Int64  // writes that went through
	putting  sync.Mutex
	closing  sync.Once
	blocked  bool
	missed   int // bytes since then
}

func newEcho(to io.Writer) (*echo, error) {
	// Go ends a program whose descriptor 1 or 2 is a broken pipe (os/signal);
	// through another descriptor that is an error like any other.
	if file, ok := to.(*os.File); ok {
		fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name(), err)
		}
		to = os.NewFile(uintptr(fd), file.Name())
	}
	e := &echo{to: to, queue: make(chan []byte, queued), done: make(chan struct{})}
	go e.run()
	return e, nil
}

func (e *echo) run() {
	defer close(e.done)
	var err error
	for text := range e.queue {
		// In small pieces, to tell a slow reader from a blocked one.
		for piece := range slices.Chunk(text, 4<<10) {
			if err == nil {
				_, err = e.to.Write(piece)
			}
			e.progress.Add(1)
		}
		e.waiting.Add(-1)
	}
	if file, ok := e.to.(*os.File); ok {
		file.Close() // our own copy
	}
}

// put queues a copy of block.
func (e *echo) put(block []byte) {
	e.putting.Lock()
	defer e.putting.Unlock()
	text := slices.Clone(block)
	if e.missed > 0 {
		text = fmt.Appendf(nil, "\n[%d bytes are in the log file only]\n%s", e.missed, block)
	}
	e.waiting.Add(1)
	for {
		before := e.progress.Load()
		select {
		case e.queue <- text:
			e.blocked, e.missed = false, 0
			return
		default:
		}
		if e.blocked {
			e.waiting.Add(-1)
			e.missed += len(block)
			return
		}
		select {
		case e.queue <- text:
			return
		case <-time.After(echoPatience):
			e.blocked = e.progress.Load() == before
		}
	}
}

// flush returns when everything queued was written, or the reader is blocked.
func (e *echo) flush() {
	progress, since := e.progress.Load(), time.Now()
	for e.waiting.Load() > 0 && time.Since(since) < echoPatience {
		time.Sleep(time.Millisecond)
		if now := e.progress.Load(); now != progress {
			progress, since = now, time.Now()
		}
	}
}

// close flushes and ends the echo. Closing again does nothing.
func (e *echo) close() {
	e.closing.Do(func() { close(e.queue) })
	if e.flush(); e.waiting.Load() == 0 {
		<-e.done
	}
}

// Package logs carries the business's output from its FIFO into a file.
//
// The business holds the FIFO open for reading and writing. So it never writes
// to a pipe without a reader: with the guardian gone its writes neither fail nor
// raise SIGPIPE, they wait in the pipe, and in the end the business waits, for
// the next guardian.
package logs

import (
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// blockSize is the most that is carried at once, in bytes.
const blockSize = 64 << 10

// Capture is the guardian's end: it carries what the business writes into the
// log file, in blocks, as it comes.
//
// No write error ends it or stops the business. What cannot be written to the
// file is dropped and counted, and the next block is tried again. A block that
// the guardian had read but not written when it was killed is lost too.
type Capture struct {
	fifo   string
	write  *os.File // blocking: the business's stdout and stderr
	read   *os.File // non-blocking: waited for by the runtime's poller, not by a thread
	pipe   syscall.RawConn
	closed atomic.Bool
	done   chan struct{} // closed when carry has ended

	moving sync.Mutex // one block at a time, in order, whoever moves it
	block  []byte
	file   output
	echo   *echo // nil without one

	mu   sync.Mutex // never held while a disk or a terminal is waited for
	tail tail
	lost int64
	err  error
}

// Open makes the FIFO where there is none, keeping one with output in it, and
// begins to carry it into file, which is appended to and made with mode 0640.
// If echo is not nil it gets the same bytes: the stdout of a foreground run.
//
// A file that cannot be opened is an error, unless only a full disk is in the
// way; that passes.
func Open(fifo, file string, echo io.Writer) (*Capture, error) {
	c := &Capture{
		fifo:  fifo,
		block: make([]byte, blockSize),
		file:  output{path: file},
		done:  make(chan struct{}),
	}
	if c.err = c.file.open(); c.err != nil && !diskFull(c.err) {
		return nil, c.err
	}
	var err error
	if c.read, c.write, err = openFIFO(fifo); err == nil {
		c.pipe, err = c.read.SyscallConn()
	}
	if err == nil && echo != nil {
		c.echo, err = newEcho(echo)
	}
	if err != nil {
		c.release()
		return nil, err
	}
	go c.carry()
	return c, nil
}

// Writer returns what is to become the business's stdout and stderr. It stays
// open, for the next run, until [Capture.Close]; the caller does not close it.
//
// Whether writes block belongs to the open file, which all runs share; so what
// an earlier run chose (Node.js makes its stdout non-blocking) is undone here.
func (c *Capture) Writer() *os.File {
	unix.SetNonblock(int(c.write.Fd()), false)
	return c.write
}

// Chown gives the FIFO to a business that runs as another user, which otherwise
// could not open /dev/stdout. As in chown(2), -1 leaves uid or gid as it is.
func (c *Capture) Chown(uid, gid int) error { return c.write.Chown(uid, gid) }

// StartRun makes [Capture.Tail] begin anew.
func (c *Capture) StartRun() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tail.reset()
}

// Tail returns the last n lines, or fewer, of the current run's output: at most
// 4 KiB, long lines shortened, and safe to print on a terminal. A last line that
// has no end yet counts.
func (c *Capture) Tail(n int) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tail.lines(n)
}

// Err is what keeps the output from the file now: the last write's error, nil
// when it went through.
func (c *Capture) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Lost is the number of bytes that could not be written to the file since Open.
func (c *Capture) Lost() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}

// Drain returns when everything that was written to the FIFO before the call is
// in the file, or counted as lost, and in the tail. It waits for the disk if
// that is slow, but not for a writer that goes on: it moves no more than the
// pipe can hold.
func (c *Capture) Drain() {
	c.pipe.Control(func(fd uintptr) {
		for moved := 0; moved < pipeSize; {
			n := c.move(int(fd))
			if n == 0 {
				return
			}
			moved += n
		}
	})
}

// Close drains, ends the carrying and closes everything. The FIFO stays, for a
// business that still writes to it; see [Capture.Remove]. Closing again does
// nothing.
func (c *Capture) Close() error {
	c.Drain()
	if c.closed.Swap(true) {
		return nil
	}
	c.read.Close()
	<-c.done
	return c.release()
}

// Remove unlinks the FIFO, for when no business is left to write to it.
func (c *Capture) Remove() error { return os.Remove(c.fifo) }

func (c *Capture) release() error {
	if c.read != nil {
		c.read.Close()
		c.write.Close()
	}
	if c.echo != nil {
		c.echo.close()
	}
	return c.file.close()
}

// carry is the one goroutine that moves what comes in by itself. It is woken
// when the pipe is no longer empty, so it has to empty it each time.
func (c *Capture) carry() {
	defer close(c.done)
	c.pipe.Read(func(fd uintptr) bool {
		for !c.closed.Load() {
			if c.move(int(fd)) == 0 {
				return false
			}
		}
		return true
	})
}

// move carries one block and returns its length, 0 when the pipe is empty.
func (c *Capture) move(fd int) int {
	c.moving.Lock()
	defer c.moving.Unlock()
	n, err := unix.Read(fd, c.block)
	for err == unix.EINTR {
		n, err = unix.Read(fd, c.block)
	}
	if n <= 0 {
		return 0
	}
	block := c.block[:n]
	c.mu.Lock()
	c.tail.add(block)
	c.mu.Unlock()

	written, err := c.file.write(block)
	c.mu.Lock()
	c.lost += int64(n - written)
	c.err = err
	c.mu.Unlock()

	if c.echo != nil {
		c.echo.put(block)
	}
	return n
}

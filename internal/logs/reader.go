package logs

import (
	"os"
	"syscall"
	"time"
)

// A reader is the guardian's end of a FIFO.
type reader struct {
	file   *os.File // non-blocking
	conn   syscall.RawConn
	poller *os.File // what the runtime's poller watches
	size   int      // of the pipe, in bytes
}

// use calls do with the file descriptor, which stays open meanwhile.
func (r *reader) use(do func(fd int)) error {
	return r.conn.Control(func(fd uintptr) { do(int(fd)) })
}

// interrupt ends wait, now and from now on, with an error.
func (r *reader) interrupt() error { return r.poller.SetReadDeadline(time.Now()) }

//go:build !linux

package logs

import (
	"os"

	"golang.org/x/sys/unix"
)

// newReader takes over fd.
func newReader(fd int, path string) (*reader, error) {
	unix.SetNonblock(fd, true)
	r := &reader{file: os.NewFile(uintptr(fd), path)}
	r.poller = r.file
	var err error
	if r.conn, err = r.file.SyscallConn(); err != nil {
		r.file.Close()
		return nil, err
	}
	return r, nil
}

// wait returns when the pipe is not empty.
func (r *reader) wait() error {
	return r.conn.Read(func(fd uintptr) bool {
		n, err := pipeWaiting(int(fd))
		return n > 0 || err != nil
	})
}

func (r *reader) close() error { return r.file.Close() }

package logs

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// newReader takes over fd.
//
// The runtime's poller is woken by every write to a pipe that it watches, whether anybody
// waits for it or not: a business that writes line by line would have it run all the
// time. So what it watches is an epoll(7) of our own, in which the pipe is only while
// somebody waits.
func newReader(fd int, path string) (*reader, error) {
	r := &reader{file: os.NewFile(uintptr(fd), path)}
	unix.SetNonblock(fd, true) // not before, or os.NewFile would give it to the poller
	var err error
	if r.conn, err = r.file.SyscallConn(); err != nil {
		r.file.Close()
		return nil, err
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		r.file.Close()
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	unix.SetNonblock(epoll, true)
	r.poller = os.NewFile(uintptr(epoll), "epoll")
	return r, nil
}

// wait returns when the pipe is not empty.
func (r *reader) wait() error {
	conn, err := r.poller.SyscallConn()
	if err != nil {
		return err
	}
	if err := epollCtl(conn, r.conn, unix.EPOLL_CTL_ADD); err != nil {
		return err
	}
	err = conn.Read(func(epoll uintptr) bool {
		var events [1]unix.EpollEvent
		n, err := unix.EpollWait(int(epoll), events[:], 0)
		return n > 0 || err != nil && err != unix.EINTR
	})
	return errors.Join(err, epollCtl(conn, r.conn, unix.EPOLL_CTL_DEL))
}

func epollCtl(poller, pipe syscall.RawConn, operation int) error {
	var err error
	outer := poller.Control(func(epoll uintptr) {
		inner := pipe.Control(func(fd uintptr) {
			err = unix.EpollCtl(int(epoll), operation, int(fd), &unix.EpollEvent{Events: unix.EPOLLIN})
		})
		err = errors.Join(os.NewSyscallError("epoll_ctl", err), inner)
	})
	return errors.Join(err, outer)
}

func (r *reader) close() error { return errors.Join(r.poller.Close(), r.file.Close()) }

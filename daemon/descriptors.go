package daemon

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// lowest is the first number for a descriptor that is passed on: go-daemon
// hands out the first few of the intermediate itself.
const lowest = 10

// handshake returns two ends of a stream, both closed by an exec.
func handshake() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	unix.CloseOnExec(pair[0])
	unix.CloseOnExec(pair[1])
	return os.NewFile(uintptr(pair[0]), "handshake"), os.NewFile(uintptr(pair[1]), "handshake"), nil
}

// passOn duplicates the files to descriptors that an exec keeps open.
func passOn(files []*os.File) (fds []int, err error) {
	for _, file := range files {
		// Not Fd(), which may make the file blocking for the caller too.
		raw, err := file.SyscallConn()
		if err != nil {
			closeAll(fds)
			return nil, err
		}
		var fd int
		if controlErr := raw.Control(func(number uintptr) {
			fd, err = unix.FcntlInt(number, unix.F_DUPFD, lowest)
		}); controlErr != nil {
			err = controlErr
		}
		if err != nil {
			closeAll(fds)
			return nil, os.NewSyscallError("fcntl", err)
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// receiveFiles makes files of descriptors that were passed on to this process.
func receiveFiles(fds []int) []*os.File {
	var files []*os.File
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		files = append(files, os.NewFile(uintptr(fd), "passed on by the launcher"))
	}
	return files
}

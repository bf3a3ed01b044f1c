package logs

import (
	"os"

	"golang.org/x/sys/unix"
)

// splice moves up to most bytes from the pipe into the file at offset, in the kernel:
// what it has taken out of the pipe is in the file, even if the process is killed over
// it, and what could not be written is still in the pipe. 0 means that the pipe is
// empty. A file system that cannot do this says EINVAL.
func splice(pipe int, file *os.File, offset int64, most int) (int, error) {
	for {
		n, err := unix.Splice(pipe, nil, int(file.Fd()), &offset, most, unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		switch err {
		case nil:
			return int(n), nil
		case unix.EAGAIN:
			return 0, nil
		case unix.EINTR:
		default:
			return 0, &os.PathError{Op: "write", Path: file.Name(), Err: err}
		}
	}
}

// A window shows what is at the front of a pipe and leaves it there.
type window struct {
	read, write int // a pipe of its own; 0 until it is needed
	bytes       []byte
}

// look returns up to windowSize bytes of what comes next.
func (w *window) look(pipe int) ([]byte, error) {
	if w.bytes == nil {
		var ends [2]int
		if err := unix.Pipe2(ends[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
			return nil, os.NewSyscallError("pipe", err)
		}
		w.read, w.write, w.bytes = ends[0], ends[1], make([]byte, windowSize)
	}
	n, err := unix.Tee(pipe, w.write, windowSize, unix.SPLICE_F_NONBLOCK)
	if err == unix.EAGAIN || n <= 0 && err == nil {
		return nil, nil
	}
	if err != nil {
		return nil, os.NewSyscallError("tee", err)
	}
	for got := 0; ; {
		m, err := unix.Read(w.read, w.bytes[got:n])
		if err != nil && err != unix.EINTR {
			return nil, os.NewSyscallError("read", err)
		}
		if got += max(m, 0); int64(got) == n {
			return w.bytes[:got], nil
		}
	}
}

func (w *window) close() {
	if w.bytes != nil {
		unix.Close(w.read)
		unix.Close(w.write)
	}
}

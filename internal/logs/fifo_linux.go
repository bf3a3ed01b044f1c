package logs

import "golang.org/x/sys/unix"

// growPipe makes the pipe hold pipeSize. An unprivileged user who has many pipes
// already (pipe-user-pages-soft in pipe(7)) keeps a small one, which only makes
// the business wait sooner.
func growPipe(fd int) { unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, pipeSize) }

// pipeCapacity is how many bytes the pipe can hold.
func pipeCapacity(fd int) int {
	size, err := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
	if err != nil {
		return 4 << 10
	}
	return size
}

// pipeWaiting is how many bytes are in the pipe.
func pipeWaiting(fd int) (int, error) { return unix.IoctlGetInt(fd, unix.TIOCINQ) }

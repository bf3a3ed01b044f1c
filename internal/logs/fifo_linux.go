package logs

import "golang.org/x/sys/unix"

// growPipe makes the pipe hold pipeSize. An unprivileged user who has many pipes
// already (pipe-user-pages-soft in pipe(7)) keeps a small one, which only makes
// the business wait sooner.
func growPipe(fd int) { unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, pipeSize) }

//go:build !linux

package daemon

import (
	"os"

	"golang.org/x/sys/unix"
)

// CloseOnExec lets no descriptor from 3 up, whoever opened it, reach the next
// exec. It tries every number below the limit, at most 65536: a descriptor
// beyond is inherited.
func CloseOnExec() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return os.NewSyscallError("getrlimit", err)
	}
	for fd := range min(int64(limit.Cur), 65536) {
		if fd >= 3 {
			unix.CloseOnExec(int(fd))
		}
	}
	return nil
}

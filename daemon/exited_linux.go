package daemon

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// exited waits until the process, which has closed its files, is dead or a
// zombie; false means that the deadline came first. pidfd_open(2), Linux 5.3; an
// older kernel loses what exited loses on the other systems.
func exited(process *os.Process, deadline time.Time) bool {
	dead := true
	process.WithHandle(func(handle uintptr) {
		poll := []unix.PollFd{{Fd: int32(handle), Events: unix.POLLIN}}
		for {
			left := max(time.Until(deadline), 0)
			n, err := unix.Poll(poll, int(left.Milliseconds()))
			if err != unix.EINTR {
				dead = n > 0
				return
			}
		}
	})
	return dead
}

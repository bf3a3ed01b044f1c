package cli

import "golang.org/x/sys/unix"

// isHeld reports whether somebody has the FIFO open that this process has not opened: a
// business, or what that has started. They have it open for reading, too (see
// [holdfast/internal/logs]), and a FIFO that nobody reads cannot be opened to write.
func isHeld(fifo string) bool {
	fd, err := unix.Open(fifo, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	unix.Close(fd)
	return true
}

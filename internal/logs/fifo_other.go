//go:build !linux

package logs

import "golang.org/x/sys/unix"

// growPipe cannot be done here: without a guardian the business waits after the
// 16 to 64 KiB that the system gives a pipe.
func growPipe(int) {}

// pipeCapacity is what every such system gives a pipe at least.
func pipeCapacity(int) int { return 16 << 10 }

// pipeWaiting is how many bytes are in the pipe.
func pipeWaiting(fd int) (int, error) {
	const fionread = 0x4004667f // _IOR('f', 127, int) in sys/filio.h
	return unix.IoctlGetInt(fd, fionread)
}

//go:build !linux

package logs

// growPipe cannot be done here: without a guardian the business waits after the
// 16 to 64 KiB that the system gives a pipe.
func growPipe(int) {}

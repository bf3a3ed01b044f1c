package proc

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// unblockSignals empties the signal mask of the calling thread, and returns what undoes it. A new process
// starts with its thread's mask: without this, a signal that was blocked when the guardian itself was
// started, by a launching program that meant only itself, could never reach the business.
func unblockSignals() (restore func()) {
	runtime.LockOSThread()
	var before unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, &before); err != nil {
		return runtime.UnlockOSThread
	}
	return func() {
		unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
		runtime.UnlockOSThread()
	}
}

package proc

import (
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// DieBySignal ends this process by the signal, so that whoever watches it sees how the business ended;
// no core is dumped. It returns where that is impossible: as process 1, or by a signal that kills
// nobody. The caller then exits with 128 plus the signal's number.
func DieBySignal(sig syscall.Signal) {
	runtime.LockOSThread()
	unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) // unlike RLIMIT_CORE it also binds a core_pattern that is a pipe
	// Go's own handlers (SIGSEGV, SIGABRT and others would print stacks and exit with 2) cannot be taken
	// out by os/signal. A zeroed struct sigaction is SIG_DFL in every architecture's layout.
	var action [16]uint64
	setSize := uintptr(8) // bytes in the kernel's sigset_t
	if strings.HasPrefix(runtime.GOARCH, "mips") {
		setSize = 16
	}
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&action)), 0, setSize, 0, 0)
	unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, nil)
	// To this very thread: then it is delivered before the call returns.
	unix.Tgkill(unix.Getpid(), unix.Gettid(), sig)
}

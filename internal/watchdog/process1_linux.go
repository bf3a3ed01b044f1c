package watchdog

import (
	"os"
	"syscall"
)

// forwardedByProcess1 are the signals that would end any other guardian, or mean nothing to it. The
// kernel gives a process 1 none that it does not listen to.
func forwardedByProcess1() []os.Signal {
	all := []os.Signal{syscall.SIGALRM, syscall.SIGVTALRM, syscall.SIGIO, syscall.SIGPWR, syscall.SIGTSTP, syscall.SIGCONT}
	const first, last = 35, 64 // to SIGRTMAX; 32 to 34 are those of C libraries, and Go hands them to nobody
	for number := syscall.Signal(first); number <= last; number++ {
		all = append(all, number)
	}
	return all
}

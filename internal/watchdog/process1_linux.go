package watchdog

import (
	"os"
	"syscall"
)

// forwardedByProcess1 are the signals that would end any other guardian, or mean nothing to it. The
// kernel gives a process 1 none that it does not listen to.
func forwardedByProcess1() []os.Signal {
	all := []os.Signal{syscall.SIGALRM, syscall.SIGVTALRM, syscall.SIGIO, syscall.SIGPWR, syscall.SIGTSTP, syscall.SIGCONT}
	const first, last = 34, 64 // SIGRTMIN and SIGRTMAX, without the two that C libraries keep
	for number := syscall.Signal(first); number <= last; number++ {
		all = append(all, number)
	}
	return all
}

package watchdog

import (
	"os"
	"os/signal"
	"syscall"
)

var selfPID = os.Getpid()

// watchSignals turns the guardian's own signals into messages, in the order in which
// they were taken: of a SIGTERM and a SIGCHLD that were pending together the kernel
// and the Go runtime hand over the lower number, the SIGTERM, first.
func (g *Guardian) watchSignals() (stop func()) {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals,
		syscall.SIGCHLD, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP,
		syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH,
		syscall.SIGPIPE) // caught, not ignored: an ignored one stays ignored in the business
	go func() {
		for s := range signals {
			if m := g.messageFor(s.(syscall.Signal)); m != nil && !g.send(m) {
				return
			}
		}
	}()
	return func() { signal.Stop(signals) }
}

func (g *Guardian) messageFor(s syscall.Signal) message {
	switch s {
	case syscall.SIGCHLD:
		ended, alone := g.reaper.Collect()
		return reaped{ended, alone}
	case syscall.SIGTERM, syscall.SIGINT:
		return StopRequested{}
	case syscall.SIGHUP:
		return ReloadRequested{}
	case syscall.SIGPIPE:
		return nil
	}
	// A person who signals the PID in the PID file means the program.
	return KillRequested{Signal: s, Whom: WhomMain}
}

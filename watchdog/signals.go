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
	hangup := onHangup()
	signal.Notify(signals,
		syscall.SIGCHLD, syscall.SIGTERM, syscall.SIGINT,
		syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH,
		syscall.SIGPIPE) // caught, not ignored: an ignored one stays ignored in the business
	if hangup != nil {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		for s := range signals {
			m := hangup
			if s != syscall.SIGHUP {
				m = g.messageFor(s.(syscall.Signal))
			}
			if m != nil && !g.send(m) {
				return
			}
		}
	}()
	return func() { signal.Stop(signals) }
}

// onHangup is what a SIGHUP asks for: a reload, as of any daemon. Only a guardian in
// the foreground has a terminal that can go away, and then ends with it, unless
// nohup(1) forbids that.
func onHangup() message {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return ReloadRequested{}
	}
	terminal.Close()
	if signal.Ignored(syscall.SIGHUP) {
		return nil
	}
	return StopRequested{}
}

func (g *Guardian) messageFor(s syscall.Signal) message {
	switch s {
	case syscall.SIGCHLD:
		ended, alone := g.reaper.Collect()
		return reaped{ended, alone}
	case syscall.SIGTERM, syscall.SIGINT:
		return StopRequested{}
	case syscall.SIGPIPE:
		return nil
	}
	// A person who signals the PID in the PID file means the program.
	return KillRequested{Signal: s, Whom: WhomMain}
}

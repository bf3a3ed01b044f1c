package watchdog

import (
	"os"
	"os/signal"
	"syscall"
)

var selfPID = os.Getpid()

// watchSignals turns the guardian's own signals into messages. Of a SIGTERM and a
// SIGCHLD that were pending together the kernel and the Go runtime hand over the lower
// number, the SIGTERM, first; so does this.
func (g *Guardian) watchSignals() (stop func()) {
	children := make(chan os.Signal, 1) // one stands for all: each look reaps whatever has ended
	requests := make(chan os.Signal, 64)
	hangup := onHangup()
	signal.Notify(children, syscall.SIGCHLD)
	signal.Notify(requests, syscall.SIGTERM, syscall.SIGINT,
		syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH,
		syscall.SIGPIPE) // caught, not ignored: an ignored one stays ignored in the business
	if hangup != nil {
		signal.Notify(requests, syscall.SIGHUP)
	}
	forward := func(s os.Signal) {
		if m := messageFor(s.(syscall.Signal), hangup); m != nil {
			g.send(m)
		}
	}
	go func() {
		for {
			select {
			case s := <-requests:
				forward(s)
			case <-children:
				for len(requests) > 0 {
					forward(<-requests)
				}
				ended, alone := g.reaper.Collect()
				g.send(reaped{ended, alone})
			case <-g.over:
				return
			}
		}
	}()
	return func() {
		signal.Stop(children)
		signal.Stop(requests)
	}
}

func messageFor(s syscall.Signal, hangup message) message {
	switch s {
	case syscall.SIGTERM, syscall.SIGINT:
		return StopRequested{}
	case syscall.SIGHUP:
		return hangup
	case syscall.SIGPIPE:
		return nil
	}
	// A person who signals the PID in the PID file means the program.
	return KillRequested{Signal: s, Whom: WhomMain}
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

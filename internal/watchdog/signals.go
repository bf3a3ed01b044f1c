package watchdog

import (
	"os"
	"os/signal"
	"syscall"

	"holdfast/internal/proc"
)

var selfPID = os.Getpid()

// watchSignals turns the guardian's own signals into messages, from forwardSignals on.
func (g *Guardian) watchSignals() (stop func()) {
	g.children = make(chan os.Signal, 1) // one stands for all: each look reaps whatever has ended
	if g.requests == nil {
		g.requests = make(chan os.Signal, 64)
	}
	g.hangup = onHangup()
	signal.Notify(g.children, syscall.SIGCHLD)
	signal.Notify(g.requests, syscall.SIGTERM, syscall.SIGINT,
		syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH)
	if selfPID == 1 {
		signal.Notify(g.requests, forwardedByProcess1()...)
	}
	if g.service.IgnoreSIGPIPE { // what is ignored here stays ignored in the business
		signal.Ignore(syscall.SIGPIPE)
	} else {
		signal.Notify(g.requests, syscall.SIGPIPE)
	}
	if g.hangup != nil {
		signal.Notify(g.requests, syscall.SIGHUP)
	}
	return func() {
		signal.Stop(g.children)
		signal.Stop(g.requests)
	}
}

// forwardSignals sends them to the loop. When stop returns, the loop has got all that were
// heard; it must go on reading meanwhile. Of a SIGTERM and a SIGCHLD that were pending
// together the kernel and the Go runtime hand over the lower number, the SIGTERM, first; so
// does this.
func (g *Guardian) forwardSignals() (stop func()) {
	forward := func(s os.Signal) {
		if m := messageFor(s.(syscall.Signal), g.hangup, selfPID == 1); m != nil {
			g.send(m)
		}
	}
	forwardAll := func() {
		for len(g.requests) > 0 {
			forward(<-g.requests)
		}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case s := <-g.requests:
				forward(s)
			case <-g.children:
				forwardAll()
				g.collect()
			case <-quit:
				forwardAll()
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// collect reaps, in any goroutine, and hands the exits to the loop.
func (g *Guardian) collect(more ...proc.Ended) {
	g.collecting.Lock()
	defer g.collecting.Unlock()
	ended, alone := g.reaper.Collect()
	g.send(reaped{append(ended, more...), alone})
}

// messageFor is what a signal asks for. Of a container only process 1 can be signalled from
// outside, so there even those that are the guardian's own elsewhere mean the program.
func messageFor(s syscall.Signal, hangup message, process1 bool) message {
	switch {
	case s == syscall.SIGTERM, s == syscall.SIGINT:
		return StopRequested{}
	case s == syscall.SIGHUP:
		return hangup
	case s == syscall.SIGPIPE:
		return nil
	case process1:
	case s == syscall.SIGUSR1:
		return rotationRequested{}
	case s == syscall.SIGUSR2:
		return upgradeRequested{}
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

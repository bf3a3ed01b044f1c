package watchdog

import (
	"errors"
	"fmt"
	"os"
	"time"

	"holdfast/internal/notify"
	"holdfast/internal/proc"
)

// What the business says of itself comes by a socket that the loop itself reads: what was
// sent before an exit is taken in before that exit, and a sign of life before the watchdog's
// timer, whichever the kernel told first.

// ear is the socket, and the word between the loop and the goroutine that waits beside it.
type ear struct {
	socket *notify.Listener
	heard  chan struct{}
}

// audible is the message that there is something to hear.
type audible struct{}

// Listen opens the socket on which the business notifies, if NotifyAccess= lets it. The business
// of a guardian that died finds it where it was. It is to be called before Run.
func (g *Guardian) Listen() error {
	if g.service.NotifyAccess == NotifyNone {
		return nil
	}
	fresh := notify.Address(g.dir.Notify(), g.dir.Name)
	address := fresh
	if g.inherited != nil && g.record.NotifySocket != "" {
		address = g.record.NotifySocket
	}
	socket, err := notify.Listen(address)
	if err != nil && address != fresh { // somebody has taken its name meanwhile
		g.log.Error().Err(err).Msg("the business that was adopted is not heard")
		socket, err = notify.Listen(fresh)
	}
	if err == nil {
		g.Hear(socket)
	}
	return err
}

// Hear has the guardian listen on a socket that was handed over.
func (g *Guardian) Hear(socket *notify.Listener) {
	g.ear = &ear{socket, make(chan struct{}, 1)}
	g.record.NotifySocket = socket.Address()
}

// Ear is the socket on which the business notifies, nil without one.
func (g *Guardian) Ear() *notify.Listener {
	if g.ear == nil {
		return nil
	}
	return g.ear.socket
}

// startHearing wakes the loop whenever there is something to hear.
func (g *Guardian) startHearing() (stop func()) {
	if g.ear == nil {
		return func() {}
	}
	go func() {
		for g.ear.socket.Wait() == nil && g.send(audible{}) {
			select {
			case <-g.ear.heard:
			case <-g.over:
				return
			}
		}
	}()
	return func() {
		if err := g.ear.socket.Close(); err != nil {
			g.log.Warn().Err(err).Msg("closing the socket for notifications")
		}
	}
}

// hear takes in what has been said, up to so much that nobody can keep the loop for himself.
func (g *Guardian) hear() {
	if g.ear == nil {
		return
	}
	const most = 1000
	for range most {
		said, more := g.ear.socket.Receive()
		if !more {
			return
		}
		g.notified(said)
	}
}

// notified hands a datagram to the machine.
func (g *Guardian) notified(said notify.Datagram) {
	defer said.Done()
	if said.Message.Barrier {
		return
	}
	event := Notified{Message: said.Message, From: g.sender(said.PID)}
	log := g.log.With().Int("pid", said.PID).Logger()
	if !g.machine.hears(event.From) {
		log.Debug().Msg("NotifyAccess= lets this process say nothing")
		return
	}
	if said.Err != nil {
		log.Warn().Err(said.Err).Msg("a notification makes no sense")
		return
	}
	for _, warning := range said.Warnings {
		log.Warn().Msg("ignored in a notification: " + warning)
	}
	if at := said.Message.Monotonic; at > 0 {
		// The clock is read before the time, so that a conversion never makes it earlier; the sender's
		// are whole microseconds.
		since := sinceBoot()
		event.Wrote = time.Now().Add(at + time.Microsecond - since)
	}
	if pid := said.Message.MainPID; pid != 0 && pid != g.business.PID {
		main, err := g.newMain(pid, said.UID)
		if err != nil {
			log.Warn().Msgf("MAINPID=%d is refused: %v", pid, err)
		}
		event.Main = main
	}
	before := g.machine.told
	for _, part := range event.parts() {
		g.step(part)
	}
	if g.machine.told != before {
		g.changed = true
	}
}

// sender is who has sent it; "" for somebody of whom nothing is known, or who is not of the
// service.
func (g *Guardian) sender(pid int) Whom {
	switch {
	case pid == 0:
		return ""
	case pid == g.business.PID:
		return WhomMain
	case pid == g.control.PID:
		return WhomControl
	case g.machine.hears(WhomAll) && g.isOurs(pid):
		return WhomAll
	}
	return ""
}

// newMain checks who is to be the business as systemd does (src/core/service.c,
// service_is_suitable_main_pid): root may name a process that is not of the service.
func (g *Guardian) newMain(pid, uid int) (Process, error) {
	switch pid {
	case 1, selfPID, os.Getppid():
		return Process{}, errors.New("it is the guardian, or above it")
	case g.control.PID:
		return Process{}, errors.New("it is the control process")
	}
	id, err := proc.Identify(pid)
	if err == nil && uid != 0 && !g.isOurs(pid) {
		err = errors.New("it does not belong to the service")
	}
	return Process(id), err
}

// setMain makes another process the business.
func (g *Guardian) setMain(main Process) Event {
	id := proc.ID(main)
	gone := g.reaper.Know(id, g.tellEnd)
	g.followMain(id, !g.isOurs(id.PID))
	g.oom.Mark(id.PID)
	if gone != nil {
		return Exited{Exit: unknownExit, Lasted: time.Since(g.began)}
	}
	return nil
}

// notifyEnvironment is what a process needs to notify (src/core/service.c,
// service_exec_needs_notify_socket); only the business has a watchdog.
func (g *Guardian) notifyEnvironment(whom Whom) (env []string) {
	s := &g.service
	if g.ear == nil || whom == WhomControl && s.NotifyAccess == NotifyMain {
		return nil
	}
	env = []string{notify.Variable + "=" + g.ear.socket.Address()}
	if whom == WhomMain && s.WatchdogSec > 0 && s.WatchdogSec < Infinity {
		env = append(env, fmt.Sprintf("WATCHDOG_USEC=%d", s.WatchdogSec.Microseconds()))
	}
	return env
}

package watchdog

import (
	"slices"

	"holdfast/internal/proc"
)

// message is what comes in by the loop's one channel: an Event, a request, or
// reaped processes.
type message any

// request is an event that somebody waits on. A nil event asks for the record only.
type request struct {
	event Event
	reply chan<- Reply
}

// reaped is what one SIGCHLD stood for.
type reaped struct {
	ended []proc.Ended
	alone bool
}

// send delivers to the loop; it reports false when there is no loop any more.
func (g *Guardian) send(m message) bool {
	select {
	case g.events <- m:
		return true
	case <-g.over:
		return false
	}
}

// next waits for a message and takes in what has already arrived with it. A stop that
// came together with an exit, or with the end of the wait after one, goes first, or we
// start again what we were asked to stop.
func (g *Guardian) next() []message {
	batch := []message{<-g.events}
	for len(batch) < cap(g.events) {
		select {
		case m := <-g.events:
			batch = append(batch, m)
			continue
		default:
		}
		break
	}
	first := slices.IndexFunc(batch, mayStart)
	if first >= 0 {
		if stop := first + slices.IndexFunc(batch[first:], isStop); stop > first {
			m := batch[stop]
			batch = slices.Insert(slices.Delete(batch, stop, stop+1), first, m)
		}
	}
	return batch
}

// mayStart reports a message on which the machine may decide to start the business.
func mayStart(m message) bool {
	switch m.(type) {
	case reaped, TimerFired, WatchdogFired, audible:
		return true
	}
	return false
}

func isStop(m message) bool {
	if r, ok := m.(request); ok {
		m = r.event
	}
	_, stop := m.(StopRequested)
	return stop
}

package watchdog

import (
	"slices"
	"time"

	"holdfast/internal/notify"
)

// starve lets the watchdog lose its patience, now or when it was already fed again.
func (w *world) starve() {
	w.pass(w.watch.due)
	fired := WatchdogFired{w.watch.number}
	if w.watch.due = (time.Time{}); w.chance(20) {
		fired.Timer--
	}
	w.happen(fired)
}

// speak lets some process of the world notify.
func (w *world) speak() {
	alive := w.alive()
	if len(alive) == 0 {
		return
	}
	speaker := pick(w, alive...)
	n := Notified{From: WhomAll, Message: w.message(), Wrote: pick(w, time.Time{}, w.now, w.now, w.now.Add(-time.Second))}
	switch speaker {
	case w.business:
		n.From = WhomMain
	case w.control:
		n.From = WhomControl
	}
	if w.chance(5) {
		n.From = ""
	}
	if w.named = pick(w, alive...); w.chance(10) && w.named != w.control && w.named != w.business {
		n.Main.PID = 1
	}
	if !w.deadline.IsZero() {
		w.deadline = w.deadline.Add(n.Message.ExtendTimeout)
	}
	for _, part := range n.parts() {
		w.happen(part)
	}
}

// longExtension is the most that a process of the world asks for, but for the impossible.
const longExtension = 20 * time.Second

func (w *world) message() notify.Message {
	long := longExtension
	m := notify.Message{Ready: w.chance(70), Reloading: w.chance(15), Stopping: w.chance(2)}
	if m.Watchdog = pick(w, "", "", notify.Ping); w.chance(2) {
		m.Watchdog = notify.Trigger
	}
	m.WatchdogSec = pick(w, nil, nil, nil, nil, nil, nil, &long, new(time.Duration))
	m.ExtendTimeout = pick(w, 0, 0, 0, 0, time.Millisecond, long, Infinity)
	m.Access = pick(w, "", "", "", "", "", "none", "main", "all")
	if m.ExtendTimeout == Infinity && !w.deadline.IsZero() {
		m.ExtendTimeout = 0
	}
	return m
}

// setMain makes the named process the business.
func (w *world) setMain() {
	w.others = slices.DeleteFunc(w.others, func(p *process) bool { return p == w.named })
	if w.business != nil {
		w.others = append(w.others, w.business)
	}
	w.business = w.named
}

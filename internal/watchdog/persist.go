package watchdog

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/proc"
	"holdfast/internal/state"
)

// snapshot is the record with what the machine knows.
func (g *Guardian) snapshot() Record {
	r := g.record
	r.Runs = slices.Clone(r.Runs) // the reply is read by others while the present run goes on
	r.Service = g.service
	r.Result, r.Reason, r.Restarts = g.machine.result, g.machine.reason, g.machine.restarts
	r.Orphans = g.orphans + g.reaper.Orphans()
	r.Progress = g.machine.progress()
	r.Told = g.machine.told
	r.Progress.Due = g.due
	if expires := g.machine.expires; !expires.IsZero() {
		r.Progress.Expires = sinceBoot() + time.Until(expires)
	}
	if !g.machine.control { // one that took too long may still be there, but is not waited for
		r.Control = Process{}
	}
	r.NextInvocationID = g.nextID
	if r.NextInvocationID == r.InvocationID {
		r.NextInvocationID = newInvocationID()
	}
	if w := g.machine.window; !w.begin.IsZero() {
		r.Window = Window{Begin: sinceBoot() - time.Since(w.begin), Count: w.count}
	}
	r.Trouble = g.trouble()
	r.Unlogged = g.dir.Log == ""
	if g.finished {
		r.Guardian, r.NotifySocket = Process{}, ""
	}
	return r
}

// save puts the record on disk. A full disk must not end the guarding: the state is
// still answered from memory, and saved at the next change. Until then the next run goes
// by the ID that was saved last, though it may have served another run, for only by that
// one its business could be found. Without a runtime directory nobody will look for it.
func (g *Guardian) save() {
	if g.dir.Runtime == "" {
		return
	}
	record := g.snapshot()
	if g.unsaved = state.Save(g.dir.StateFile(), record); g.unsaved != nil {
		g.log.Warn().Err(g.unsaved).Msg("cannot save the state")
		return
	}
	g.nextID = record.NextInvocationID
}

// trouble is what keeps the guardian from doing all of its work.
func (g *Guardian) trouble() string {
	var all []string
	if trouble := g.capture.Trouble(); trouble != "" {
		all = append(all, trouble)
	}
	if g.unsaved != nil {
		all = append(all, fmt.Sprintf("the state is not being saved: %v", g.unsaved))
	}
	if err := g.reaper.Subreaper(); err != nil {
		all = append(all, fmt.Sprintf("a stop cannot reach what detaches itself: %v", err))
	}
	all = append(all, g.record.Unenforced...)
	return strings.Join(all, "; ")
}

// restore makes the machine that has left the record.
func (g *Guardian) restore() {
	g.machine = restoreMachine(&g.service, g.record)
	if expires := g.record.Progress.Expires; expires != 0 {
		g.machine.expires = time.Now().Add(expires - sinceBoot())
	}
}

// resumeWindow carries an earlier guardian's start limit over, within one boot, and its
// result and restarts, which a refused start leaves as they are.
func (g *Guardian) resumeWindow(previous Record) {
	if previous.Window.Count == 0 || previous.BootID != proc.BootID() {
		return
	}
	if !previous.orphaned() {
		g.machine.result, g.machine.restarts, g.machine.left = previous.Result, previous.Restarts, previous.State
	}
	age := sinceBoot() - previous.Window.Begin
	g.machine.window = startWindow{begin: time.Now().Add(-age), count: previous.Window.Count}
}

// sinceBoot is the monotonic clock, which all processes of one boot share.
func sinceBoot() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return 0
	}
	return time.Duration(now.Nano())
}

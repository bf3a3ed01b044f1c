package watchdog

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/proc"
)

// inherit puts this guardian in the place of one that died. What that one has left is
// watched from now on; the machine hears of it before it hears of anything else.
func (g *Guardian) inherit(previous *Record) error {
	estate, err := previous.Estate()
	if err != nil {
		return err
	}
	switch idle := previous.State == Dead || previous.State == Failed; {
	case estate.Unrecorded:
		g.beginUnrecorded(previous, estate.Business)
	case estate.UnrecordedStart:
		g.beginUnrecordedStart(previous)
	case idle && estate.Business.PID == 0: // it was killed before it had begun, or when the service had ended
		if previous.State == Failed {
			g.machine = restAs(&g.service, *previous)
			g.record.State, g.record.StateChanged, g.record.InvocationID = previous.State, previous.StateChanged, previous.InvocationID
		}
		if err := previous.endHook(); err != nil {
			g.log.Warn().Err(err).Msg("cannot end the OnCrash= command of the guardian before")
		}
		return nil
	case idle: // whatever the record says, nothing is started beside it
		previous.enter(Running, time.Now())
	}
	g.record, g.estate, g.orphans = *previous, estate.processes, previous.Orphans
	g.capture.ContinueRun(g.record.InvocationID)
	g.restore()
	if estate.UnrecordedStart && !estate.Unrecorded { // the machine waits for a command's end
		g.machine.control = true
	}
	g.killed = previous.State == StopSigkill || previous.State == FinalSigkill
	g.inherited = &Adopted{Left: Infinity}
	if due := previous.Progress.Due; due != 0 {
		g.inherited.Left = max(0, due-sinceBoot())
	}
	if run := g.record.LastRun(); run != nil && run.Exit == nil {
		if estate.Business.PID != 0 && g.estate.Watch(proc.ID(estate.Business), g.tellEnd) == nil {
			g.adopt(run)
		} else {
			g.inherited.Exited = g.unseenEnd(run)
		}
	}
	if g.machine.control {
		g.inherited.Control = g.lostControl(estate.Control.PID != 0)
	}
	g.inherited.Alone = g.settled()
	if exited := g.inherited.Exited; exited != nil {
		exited.Alone = g.inherited.Alone
	}
	if ended := g.inherited.Control; ended != nil {
		ended.Alone = g.inherited.Alone
	}
	return nil
}

// beginUnrecorded completes the record of a guardian that died right after a spawn. The
// process is zero if that business has ended, too.
func (g *Guardian) beginUnrecorded(r *Record, business Process) {
	if run := r.LastRun(); run != nil && run.Exit == nil {
		ended := proc.ID(r.Business).Exit(g.witness, run.Seal)
		exit := g.exitOf(ended)
		run.Exit, run.Ended, run.Lasted, run.Unseen = &exit, time.Now(), time.Since(run.Started), true
	}
	if r.State != Condition && r.State != StartPre { // else the start is on record
		r.countRestart()
		r.InvocationID = r.NextInvocationID
	}
	began := time.Now()
	if business.PID != 0 {
		began = began.Add(-proc.ID(business).Age())
	}
	if g.service.Type.isPrompt() && len(g.service.ExecStartPost) == 0 {
		r.enter(Running, began)
		r.Progress.CameUp = true
	} else {
		r.enter(Start, began)
	}
	p := &r.Progress
	p.Ran, p.Fault, p.Again, p.Of, p.Command, r.Result = true, "", false, Start, 0, Success
	p.Due, p.Expires = 0, 0
	r.Business, r.Control = business, Process{}
	run := r.beginRun(business.PID, began)
	run.Session, _ = unix.Getsid(business.PID) // 0 if it has ended meanwhile: nobody will look
}

// countRestart counts the automatic restart that the record's guardian was about to make.
func (r *Record) countRestart() {
	if r.State == AutoRestart {
		r.Restarts++
		r.Progress.Streak++
		r.Window.Count++
	}
}

// adopt takes over the living business of a dead guardian.
func (g *Guardian) adopt(run *Run) {
	run.Adopted = time.Now()
	g.business = proc.ID(g.record.Business)
	g.began = run.Adopted.Add(-g.business.Age())
	g.oom.Mark(g.business.PID)
	g.machine.reason = fmt.Sprintf("adopted from the guardian (PID %d), which was killed", g.record.Guardian.PID)
	g.log.Info().Int("pid", g.business.PID).Msg("the business was " + g.machine.reason)
}

// unseenEnd is the end of a business that came while no guardian was alive. What has its
// PID now, if anything, is somebody else.
func (g *Guardian) unseenEnd(run *Run) *Exited {
	g.capture.Drain() // its last words are among those that go on record
	g.began = time.Now().Add(-time.Since(run.Started))
	ended := proc.ID(g.record.Business).Exit(g.witness, run.Seal)
	run.Unseen, run.UserTime, run.SystemTime = true, ended.UserTime, ended.SystemTime
	g.log.Info().Int("pid", run.PID).Bool("known", !ended.Unknown).Msg("the business has ended while no guardian was alive")
	return &Exited{Exit: g.exitOf(ended), Lasted: time.Since(g.began)}
}

// tellEnd hands the end of a process of the estate to the loop, with that of children
// that may have come with it.
func (g *Guardian) tellEnd(end proc.Ended) { g.collect(end) }

// settled reports whether nothing of the estate is alive. While a stop waits for that,
// what is left is watched; while a business runs, nobody wants to know.
func (g *Guardian) settled() bool {
	if g.estate != nil && g.business.Alive() && g.machine.state.Active() != "deactivating" {
		return false
	}
	for g.estate != nil {
		members, err := g.estate.Members()
		if err != nil {
			g.log.Warn().Err(err).Msg("cannot see what the guardian before has left")
			return false
		}
		if len(members) == 0 {
			g.estate = nil
			return true
		}
		if g.watch(members) {
			return false
		}
	}
	return true
}

// watch reports whether all were alive when it began to watch them.
func (g *Guardian) watch(members []proc.Process) bool {
	for _, p := range members {
		if gone := g.estate.Watch(p.ID, g.tellEnd); gone != nil {
			return false
		}
	}
	return true
}

package watchdog

import "time"

// Progress is how far a guardian has come, beyond what the rest of its record says.
type Progress struct {
	// Streak is the restarts since the backoff was last set back.
	Streak int `json:"streak,omitempty"`
	// CameUp says that the service counted as started at least once.
	CameUp bool `json:"came_up,omitempty"`
	// Stopping says that a stop was asked for, Again that a start follows it.
	Stopping bool `json:"stopping,omitempty"`
	Again    bool `json:"again,omitempty"`
	// Forbid says that old processes outlived the stop.
	Forbid bool `json:"forbid,omitempty"`
	// Ran says that the last run on record belongs to the present life of the service, Fault
	// what else has failed first in it.
	Ran   bool   `json:"ran,omitempty"`
	Fault string `json:"fault,omitempty"`
	// Of and Command say which command runs, or ran last.
	Of      State `json:"of,omitempty"`
	Command int   `json:"command,omitempty"`
	// Due is when the timer runs out, on the clock that runs since boot; 0 for none.
	Due time.Duration `json:"due,omitempty"`
	// Expires is when RuntimeMaxSec= is over, on the same clock; 0 if it has not begun.
	Expires time.Duration `json:"expires,omitempty"`
}

func (m *Machine) progress() Progress {
	return Progress{
		Streak: m.streak, CameUp: m.cameUp, Stopping: m.stopping, Again: m.again, Forbid: m.forbid,
		Ran: m.running || m.exit != nil, Fault: m.fault, Of: m.of, Command: m.command,
	}
}

// restoreMachine returns the machine that has left the record, but for its start window,
// which needs a clock. The very next event is Adopted.
func restoreMachine(service *Service, r Record) *Machine {
	m := NewMachine(service)
	m.state, m.result, m.reason, m.restarts = r.State, r.Result, r.Reason, r.Restarts
	p := r.Progress
	if run := r.LastRun(); run != nil && p.Ran {
		m.exit = run.Exit
	}
	m.running, m.control = r.Business.PID != 0, r.Control.PID != 0
	m.streak, m.cameUp, m.stopping, m.again, m.forbid = p.Streak, p.CameUp, p.Stopping, p.Again, p.Forbid
	m.fault, m.of, m.command, m.told = p.Fault, p.Of, p.Command, r.Told
	return m
}

// restAs returns the machine of a service that has ended for good before its guardian did.
func restAs(service *Service, r Record) *Machine {
	m := restoreMachine(service, r)
	m.over, m.running, m.control, m.stopping, m.again = true, false, false, false, false
	return m
}

// adopt goes on where the guardian before stopped. An end of the business, or of a
// command, that it did not see leads where any end leads; only an automatic restart is
// not waited for if somebody has asked for a start.
func (m *Machine) adopt(now time.Time, e Adopted) []Action {
	m.others, m.awaited = !e.Alone, e.Awaited
	if e.Awaited && m.stopping { // who asked for the stop has heard no more of it
		m.stopping, m.again = false, true
	}
	if e.Awaited && m.state == AutoRestart {
		return m.restartNow(now)
	}
	m.hurry = e.Awaited && (e.Exited != nil || m.state.Active() == "deactivating")
	if (m.state == Running || m.state == ReloadSignal || m.state == ReloadNotify) && !m.running && e.Alone { // nobody knew which of them was the business
		m.hurry = e.Awaited
		return m.treeEmptied(now)
	}
	if m.state == Start && e.Exited != nil { // that of ExecStart= of Type=forking decides nothing more
		m.control, e.Control = false, nil
	}
	before := m.timer
	var actions []Action
	if m.running && e.Exited == nil && m.state.isWatched() { // nobody was there to be told that it is well
		actions = m.feed()
	}
	if e.Awaited && e.Exited == nil && m.isUp() {
		actions = append(actions, m.answer(Started)...)
	}
	if e.Exited != nil {
		actions = append(actions, m.ended(now, *e.Exited)...)
	}
	if e.Control != nil {
		actions = append(actions, m.controlEnded(now, *e.Control)...)
	}
	switch {
	case m.timer != before: // that has led to another state, or command
		return actions
	case m.state == Running:
		return append(actions, m.limitRuntime()...)
	case m.state == Start && m.service.Type.notifies() && e.Left == Infinity:
		return append(actions, m.setTimer(m.service.TimeoutStartSec)...)
	case m.state == Start && m.service.Type.isPrompt() && e.Left == Infinity: // its guardian had just spawned it
		return append(actions, m.runCommands(now, StartPost)...)
	case m.awaitsMain():
		if e.Control == nil { // whose end leads there as well
			actions = append(actions, FindMain{})
		}
		return append(m.setTimer(e.Left), actions...)
	case m.state.Active() == "deactivating" && !m.running && !m.control && e.Alone:
		return m.treeEmptied(now)
	}
	actions = append(actions, m.killAgain()...) // who was forked since the last time
	return append(actions, m.setTimer(e.Left)...)
}

// resume takes up what is timed, in another program.
func (m *Machine) resume(now time.Time, left time.Duration) []Action {
	m.now = now
	actions := m.setTimer(left)
	if m.running && m.state.isWatched() {
		actions = append(actions, m.feed()...)
	}
	return actions
}

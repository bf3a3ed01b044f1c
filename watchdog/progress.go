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
	// Due is when the timer runs out, on the clock that runs since boot; 0 for none.
	Due time.Duration `json:"due,omitempty"`
}

func (m *Machine) progress() Progress {
	return Progress{Streak: m.streak, CameUp: m.cameUp, Stopping: m.stopping, Again: m.again, Forbid: m.forbid}
}

// restoreMachine returns the machine that has left the record, but for its start window,
// which needs a clock. The very next event is Adopted.
func restoreMachine(service *Service, r Record) *Machine {
	m := NewMachine(service)
	m.state, m.result, m.reason, m.restarts = r.State, r.Result, r.Reason, r.Restarts
	if run := r.LastRun(); run != nil {
		m.exit = run.Exit
	}
	m.running = r.Business.PID != 0
	p := r.Progress
	m.streak, m.cameUp, m.stopping, m.again, m.forbid = p.Streak, p.CameUp, p.Stopping, p.Again, p.Forbid
	return m
}

// adopt goes on where the guardian before stopped. An end of the business that it did
// not see leads where any end leads; only an automatic restart is not waited for if
// somebody has asked for a start.
func (m *Machine) adopt(now time.Time, e Adopted) []Action {
	m.others, m.awaited = !e.Alone, e.Awaited
	if e.Awaited && m.stopping { // who asked for the stop has heard no more of it
		m.stopping, m.again = false, true
	}
	switch m.state {
	case Running:
		if e.Exited == nil && e.Awaited {
			return m.answer(Started)
		}
	case AutoRestart:
		if e.Awaited {
			return m.restartNow(now)
		}
	}
	m.hurry = e.Awaited && (e.Exited != nil || m.state != Start)
	switch {
	case e.Exited != nil:
		return m.ended(now, *e.Exited)
	case m.state == Running:
		return nil
	case m.state != Start && m.state != AutoRestart && !m.running && e.Alone:
		return m.stopped(now)
	}
	return m.setTimer(e.Left)
}

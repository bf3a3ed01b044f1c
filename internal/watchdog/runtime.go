package watchdog

import "time"

// limitRuntime sets the timer of RuntimeMaxSec=. It counts from when the business has come
// up, whatever reloads it has had since.
func (m *Machine) limitRuntime() []Action {
	if m.service.RuntimeMaxSec == nil {
		return nil
	}
	if m.expires.IsZero() {
		m.expires = m.now.Add(*m.service.RuntimeMaxSec)
	}
	left := max(0, m.expires.Sub(m.now))
	m.timer++
	m.due = m.now.Add(left)
	return []Action{SetTimer{m.timer, left, m.service.RuntimeRandomizedExtraSec}}
}

// expired stops a business that has run for as long as it may.
func (m *Machine) expired(now time.Time) []Action {
	m.fail(Timeout, "RuntimeMaxSec= is over")
	return m.runCommands(now, Stop)
}

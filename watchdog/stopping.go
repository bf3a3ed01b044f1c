package watchdog

import (
	"syscall"
	"time"
)

// A stop goes through systemd's phases (systemd.kill(5); src/core/service.c,
// service_enter_signal): stop-sigterm and stop-sigkill wait for the business,
// final-sigterm and final-sigkill for whatever it left behind. A phase that finds
// nobody to signal is passed over.

// stopPhase enters the phase, or the first later one that has somebody to wait for.
func (m *Machine) stopPhase(now time.Time, phase State) []Action {
	for {
		if whom := m.targets(phase); whom != "" {
			actions := m.enter(phase, Kill{m.signals(phase), whom})
			return append(actions, m.setTimer(m.service.TimeoutStopSec)...)
		}
		next, more := m.phaseAfter(phase)
		if !more {
			return m.stopped(now)
		}
		phase = next
	}
}

// phaseAfter is the order of the phases; the killing ones need SendSIGKILL=.
func (m *Machine) phaseAfter(phase State) (next State, more bool) {
	switch {
	case phase == StopSigterm && m.service.SendSIGKILL:
		return StopSigkill, true
	case phase == StopSigterm, phase == StopSigkill:
		return FinalSigterm, true
	case phase == FinalSigterm && m.service.SendSIGKILL:
		return FinalSigkill, true
	}
	return "", false
}

// inTheWay reports whether old processes forbid a start: SendSIGKILL=no protects those
// of databases and the like, which must not run twice on the same files (src/core/service.c,
// service_adverse_to_leftover_processes).
func (m *Machine) inTheWay() bool {
	mode := m.service.KillMode
	return m.others && !m.service.SendSIGKILL && (mode == KillControlGroup || mode == KillMixed)
}

// targets is who gets the phase's signal; "" when there is nobody to wait for.
func (m *Machine) targets(phase State) Whom {
	killing := phase == StopSigkill || phase == FinalSigkill
	switch mode := m.service.KillMode; {
	case mode == KillNone:
		return ""
	case mode == KillControlGroup || mode == KillMixed && killing:
		if m.running || m.others {
			return WhomAll
		}
	case m.running:
		return WhomMain
	}
	return ""
}

// signals are what a phase sends. What was stopped (SIGSTOP) must be continued to
// heed anything but a SIGKILL.
func (m *Machine) signals(phase State) []syscall.Signal {
	signal, hangUp := m.service.KillSignal, m.service.SendSIGHUP
	switch {
	case phase == StopSigkill || phase == FinalSigkill:
		signal, hangUp = m.service.FinalKillSignal, false
	case phase == StopSigterm && m.again:
		hangUp = false
		if m.service.RestartKillSignal != 0 {
			signal = m.service.RestartKillSignal
		}
	}
	signals := []syscall.Signal{signal}
	if hangUp && signal != syscall.SIGHUP {
		signals = append(signals, syscall.SIGHUP)
	}
	if signal != syscall.SIGKILL && signal != syscall.SIGCONT {
		signals = append(signals, syscall.SIGCONT)
	}
	return signals
}

// killAgain repeats the last word: the processes that a killed one had just forked
// show up below the guardian when their parent is gone.
func (m *Machine) killAgain() []Action {
	if m.state != StopSigkill && m.state != FinalSigkill {
		return nil
	}
	return []Action{Kill{m.signals(m.state), m.targets(m.state)}}
}

// stopTimedOut escalates a phase that took longer than TimeoutStopSec=.
func (m *Machine) stopTimedOut(now time.Time) []Action {
	m.fail(Timeout)
	next, more := m.phaseAfter(m.state)
	if more {
		return m.stopPhase(now, next)
	}
	// Without SendSIGKILL= the processes stay, and systemd does not start a second
	// set beside them; what a SIGKILL does not end (disk sleep) is passed over.
	m.forbid = m.state == FinalSigterm
	return m.stopped(now)
}

package watchdog

import (
	"syscall"
	"time"
)

// A stop goes through systemd's phases (systemd.kill(5); src/core/service.c,
// service_enter_signal): ExecStop=; stop-sigterm and stop-sigkill wait for the business
// and the control process; ExecStopPost=; final-sigterm and final-sigkill for whatever is
// left behind. A phase that finds nobody to signal is passed over.

// beginStop ends what runs. ExecStop= is only for what was up; one that is under way
// goes on.
func (m *Machine) beginStop(now time.Time) []Action {
	switch {
	case m.state == Running, m.state == AfterExit:
		return m.runCommands(now, Stop)
	case m.isStarting(), m.state.Active() == "reloading":
		return m.stopPhase(now, StopSigterm)
	}
	return nil
}

// stopPhase enters the phase, or the first later one that has somebody to wait for.
func (m *Machine) stopPhase(now time.Time, phase State) []Action {
	for ; phase != ""; phase = m.phaseAfter(phase) {
		if phase == StopPost {
			if len(m.service.ExecStopPost) > 0 {
				return m.runCommands(now, StopPost)
			}
			continue
		}
		if targets := m.targets(phase); len(targets) > 0 {
			actions := m.enter(phase)
			for _, whom := range targets {
				actions = append(actions, Kill{m.signals(phase), whom})
			}
			return append(actions, m.setTimer(m.service.phaseTimeout(phase))...)
		}
	}
	return m.stopped(now)
}

// phaseAfter is the order of the phases; the killing ones need SendSIGKILL=.
func (m *Machine) phaseAfter(phase State) State {
	switch phase {
	case StopWatchdog, StopSigterm:
		if m.service.SendSIGKILL {
			return StopSigkill
		}
		return StopPost
	case StopSigkill:
		return StopPost
	case StopPost:
		return FinalSigterm
	case FinalWatchdog, FinalSigterm:
		if m.service.SendSIGKILL {
			return FinalSigkill
		}
	}
	return ""
}

// phaseTimeout is how long a phase may take. The last one has some time in any case: unlike
// a cgroup a tree of processes is not killed at one blow.
func (s *Service) phaseTimeout(phase State) time.Duration {
	if s.TimeoutAbortSec != nil && (phase == StopWatchdog || phase == FinalWatchdog) {
		return *s.TimeoutAbortSec
	}
	if phase == FinalSigkill {
		return max(s.TimeoutStopSec, killingTime)
	}
	return s.TimeoutStopSec
}

const killingTime = 5 * time.Second

// inTheWay reports whether old processes forbid a start: SendSIGKILL=no protects those
// of databases and the like, which must not run twice on the same files (src/core/service.c,
// service_adverse_to_leftover_processes).
func (m *Machine) inTheWay() bool {
	mode := m.service.KillMode
	return m.others && !m.service.SendSIGKILL && (mode == KillControlGroup || mode == KillMixed)
}

// targets is who gets the phase's signal; none when there is nobody to wait for.
func (m *Machine) targets(phase State) (targets []Whom) {
	killing := phase == StopSigkill || phase == FinalSigkill
	switch mode := m.service.KillMode; {
	case mode == KillNone:
		return nil
	case mode == KillControlGroup || mode == KillMixed && killing:
		if m.running || m.control || m.others {
			return []Whom{WhomAll}
		}
		return nil
	}
	if m.running {
		targets = append(targets, WhomMain)
	}
	if m.control {
		targets = append(targets, WhomControl)
	}
	return targets
}

// signals are what a phase sends. What was stopped (SIGSTOP) must be continued to
// heed anything but a SIGKILL.
func (m *Machine) signals(phase State) []syscall.Signal {
	signal, hangUp := m.service.KillSignal, m.service.SendSIGHUP
	switch {
	case phase == StopSigkill || phase == FinalSigkill:
		signal, hangUp = m.service.FinalKillSignal, false
	case phase == StopWatchdog || phase == FinalWatchdog:
		signal, hangUp = m.service.WatchdogSignal, false
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
func (m *Machine) killAgain() (actions []Action) {
	if m.state == StopSigkill || m.state == FinalSigkill {
		for _, whom := range m.targets(m.state) {
			actions = append(actions, Kill{m.signals(m.state), whom})
		}
	}
	return actions
}

// leftover takes in that a process has ended that nothing else hangs on.
func (m *Machine) leftover(now time.Time, alone bool) []Action {
	if alone {
		return m.treeEmptied(now)
	}
	return m.killAgain()
}

// partEnded takes in that the business or the control process has ended in a phase that
// waits for both.
func (m *Machine) partEnded(now time.Time) []Action {
	switch m.state {
	case Start:
		if !m.others && m.service.Type.notifies() { // nobody is left who could say it
			m.fail(Protocol, neverReady)
			return m.stopPhase(now, StopSigterm)
		}
	case ReloadSignal, ReloadNotify: // of which nobody is left to say that it is over
		if !m.running && (!m.others || m.service.ExitType != ExitCgroup) {
			return m.runCommands(now, Stop)
		}
	case StopWatchdog, StopSigterm, StopSigkill:
		if !m.running && !m.control {
			return m.stopPhase(now, StopPost)
		}
	case FinalWatchdog, FinalSigterm, FinalSigkill:
		if len(m.targets(m.state)) == 0 {
			return m.stopPhase(now, m.phaseAfter(m.state))
		}
	}
	return m.killAgain()
}

func (m *Machine) treeEmptied(now time.Time) []Action {
	m.others = false
	if m.running || m.control {
		return nil
	}
	if m.state == Running { // nobody knew which of them was the business
		return m.enterRunning(now)
	}
	return m.partEnded(now)
}

// stopTimedOut escalates a phase that took too long.
func (m *Machine) stopTimedOut(now time.Time) []Action {
	m.fail(Timeout, "a stop took too long")
	mode := m.service.TimeoutStopFailureMode
	switch m.state {
	case Stop:
		return m.giveUp(now, mode, StopSigterm)
	case StopPost:
		return m.giveUp(now, mode, FinalSigterm)
	case StopSigterm, FinalSigterm:
		if mode == FailAbort {
			return m.stopPhase(now, abortOf(m.state))
		}
	}
	if next := m.phaseAfter(m.state); next != "" {
		return m.stopPhase(now, next)
	}
	// Without SendSIGKILL= the processes stay, and systemd does not start a second
	// set beside them; what a SIGKILL does not end (disk sleep) is passed over.
	m.forbid = m.state != FinalSigkill
	return m.stopped(now)
}

// giveUp ends what has taken too long as the mode says; the phase is where that begins.
func (m *Machine) giveUp(now time.Time, mode FailureMode, phase State) []Action {
	switch mode {
	case FailAbort:
		phase = abortOf(phase)
	case FailKill:
		phase = m.phaseAfter(phase)
	}
	if phase == "" { // final-sigterm is passed over, and SendSIGKILL=no forbids the next
		m.forbid = true
		return m.stopped(now)
	}
	return m.stopPhase(now, phase)
}

// abortOf is the phase that stands in for the one with KillSignal=, to get a core.
func abortOf(phase State) State {
	if phase == StopSigterm {
		return StopWatchdog
	}
	return FinalWatchdog
}

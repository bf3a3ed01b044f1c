package watchdog

import "time"

// ended takes in the end of the business, expected or not.
func (m *Machine) ended(now time.Time, e Exited) []Action {
	exit := e.Exit
	result := m.service.resultOf(exit, m.mainCommand())
	m.running, m.others = false, !e.Alone
	switch m.state {
	case Condition, StartPre, AutoRestart, Dead, Failed: // KillMode=none had left it by the life before
		return []Action{EndRun{exit, result, true}}
	}
	m.exit = &exit
	m.fail(result, "")
	if reset := m.service.Backoff.RestartResetSec; reset > 0 && e.Lasted >= reset {
		m.streak = 0
	}
	actions := []Action{EndRun{exit, m.result, m.stopping || m.again}}
	switch m.state {
	case Start:
		if !m.control || m.result != Success { // else ExecStart= of Type=forking has not ended
			return append(actions, m.endedEarly(now)...)
		}
	case Running:
		if result == OOMKill && m.result == OOMKill {
			return append(actions, m.outOfMemory(now)...)
		}
		if m.others && m.service.ExitType == ExitCgroup { // how it ended counts when they have, too
			return actions
		}
		return append(actions, m.enterRunning(now)...)
	case StartPost:
		if m.awaitsMain() { // with no command left that would be waited for
			return append(actions, m.enterRunning(now)...)
		}
	}
	return append(actions, m.partEnded(now)...) // in all others a control process is waited for
}

// outOfMemory follows OOMPolicy=. systemd hears of the kernel's killer before it hears of the
// exit, so ExecStop= is run.
func (m *Machine) outOfMemory(now time.Time) []Action {
	if m.service.OOMPolicy == OOMKillAll && m.service.SendSIGKILL {
		return m.stopPhase(now, StopSigkill)
	}
	return m.runCommands(now, Stop)
}

// mainCommand is the command line of the business.
func (m *Machine) mainCommand() Command {
	if m.of == Start {
		return m.service.execStart(m.command)
	}
	return m.service.Exec
}

// stopped decides what follows, once nothing is left that a stop has to end.
func (m *Machine) stopped(now time.Time) []Action {
	switch {
	case m.stopping:
		return m.finish(m.resting(), stoppedOnRequest)
	case m.forbid:
		return m.finish(Failed, explainLeftovers())
	case m.again:
		explained := Explain{restartedOnRequest, m.result}
		return append([]Action{explained}, m.startAfresh(now)...)
	case m.awaited && !m.cameUp && !m.service.RetryFailedStart && !m.endedWell():
		m.fail(Protocol, "") // even exit code 0 is wrong for a program that was to stay
		return m.finish(Failed, m.explainEarlyEnd())
	case m.result == Skipped:
		return m.finish(Dead, "not started: "+m.fault)
	}
	verdict := m.decide()
	if !verdict.Restart {
		return m.finish(m.resting(), explainEnd(m.cause(), verdict))
	}
	wait := m.service.Backoff.delay(m.streak + 1)
	if m.hurry {
		wait = 0
	}
	m.reason = explainRestart(m.cause(), verdict, m.service.Backoff, wait, m.restarts+1, m.streak)
	explained := Explain{m.reason, m.result}
	if m.hurry {
		m.hurry = false
		return append([]Action{explained}, m.restartNow(now)...)
	}
	actions := append([]Action{explained}, m.enter(AutoRestart)...)
	if m.awaited {
		actions = append(actions, m.answer(StartFailed)...)
	}
	// A wait of 0 is a timer, too: a program that can never be executed must not keep
	// the loop from hearing a stop.
	return append(actions, m.setTimer(wait)...)
}

func (m *Machine) decide() Verdict {
	if m.service.Type == Oneshot && m.result == Success {
		return Verdict{false, "its work is done"} // whatever is on the force-restart list
	}
	return m.service.Policy.Decide(m.result, m.exit)
}

// endedWell reports an early end that is no failed start: the program did its work,
// and by its policy one run is all that was wanted.
func (m *Machine) endedWell() bool {
	return m.result == Skipped || m.result == Success && !m.decide().Restart
}

// cause is what went wrong first, and how the business ended.
func (m *Machine) cause() string {
	switch {
	case m.exit == nil && m.fault == "":
		return "all of its commands have ended"
	case m.exit == nil:
		return m.fault
	case m.fault == "":
		return m.exit.String()
	}
	return m.fault + ", " + m.exit.String()
}

// explainEarlyEnd is about a service that has not come up.
func (m *Machine) explainEarlyEnd() string {
	if m.fault == "" && m.exit != nil && m.exit.Err == "" && m.service.Type.isPrompt() {
		return explainEarlyEnd(m.exit, m.service.SettleSec)
	}
	return "not restarting: " + m.cause()
}

// resting is the state in which a service without processes rests.
func (m *Machine) resting() State {
	if m.result == Success || m.result == Skipped {
		return Dead
	}
	return Failed
}

func (m *Machine) finish(state State, reason string) []Action {
	outcome := StartFailed
	switch {
	case m.stopping:
		outcome = Cancelled
	case m.result == Skipped:
		outcome = NotWanted
	case state == Dead:
		outcome = Ended
	}
	return m.finishAs(outcome, state, reason)
}

func (m *Machine) finishAs(outcome Outcome, state State, reason string) []Action {
	m.reason, m.over = reason, true
	actions := append([]Action{Explain{reason, m.result}}, m.enter(state)...)
	if m.awaited {
		actions = append(actions, m.answer(outcome)...)
	}
	return append(actions, Finish{})
}

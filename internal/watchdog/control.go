package watchdog

import (
	"fmt"
	"time"
)

// Beside the business a service has commands that are run one after another, as the
// control process of the state that they belong to.

// commands are those of a state.
func (s *Service) commands(state State) []Command {
	switch state {
	case Condition:
		return s.ExecCondition
	case StartPre:
		return s.ExecStartPre
	case Start:
		if s.Type == Forking {
			return []Command{s.Exec}
		}
	case StartPost:
		return s.ExecStartPost
	case Reload:
		return s.ExecReload
	case Stop:
		return s.ExecStop
	case StopPost:
		return s.ExecStopPost
	}
	return nil
}

// execStart is a command line of the business, counted from 0.
func (s *Service) execStart(command int) Command {
	if command > 0 {
		return s.ExecMore[command-1]
	}
	return s.Exec
}

// directive is what a service file calls the commands of a state.
func directive(state State) string {
	switch state {
	case Condition:
		return "ExecCondition="
	case StartPre:
		return "ExecStartPre="
	case StartPost:
		return "ExecStartPost="
	case Reload:
		return "ExecReload="
	case Stop:
		return "ExecStop="
	case StopPost:
		return "ExecStopPost="
	}
	return "ExecStart="
}

// runCommands enters a state to run its commands. Without any it is passed over.
func (m *Machine) runCommands(now time.Time, state State) []Action {
	if len(m.service.commands(state)) == 0 {
		return m.commandsDone(now, state)
	}
	actions := m.enter(state)
	return append(actions, m.runCommand(state, 0)...)
}

func (m *Machine) runCommand(state State, command int) []Action {
	m.others = m.others || m.control // one that was given up
	m.control, m.of, m.command = true, state, command
	timeout := m.service.TimeoutStartSec
	if state == Stop || state == StopPost {
		timeout = m.service.TimeoutStopSec
	}
	return append(m.setTimer(timeout), RunControl{state, command})
}

// commandsDone is what follows the last command of a state, if none has failed.
func (m *Machine) commandsDone(now time.Time, state State) []Action {
	switch state {
	case Condition:
		return m.runCommands(now, StartPre)
	case StartPre:
		return m.launch(now)
	case Start:
		return []Action{FindMain{}}
	case StartPost:
		if m.mayFindMain() {
			return []Action{FindMain{}}
		}
		return m.enterRunning(now)
	case Stop:
		return m.stopPhase(now, StopSigterm)
	}
	return m.stopPhase(now, FinalSigterm)
}

// controlEnded takes in the end of the control process, expected or not.
func (m *Machine) controlEnded(now time.Time, e ControlExited) []Action {
	m.others = !e.Alone
	if !m.control || m.over { // it was given up before
		m.control = false
		return m.leftover(now, e.Alone)
	}
	m.control = false
	result, more := m.judgeControl(e.Exit)
	switch m.state {
	case Reload:
		return m.endReload(now, result, more)
	case m.of:
		switch {
		case result == Success && more:
			return m.runCommand(m.of, m.command+1)
		case result == Success, m.state == Stop, m.state == StopPost:
			return m.commandsDone(now, m.state)
		case e.Exit.NoFork && (m.state == Condition || m.state == StartPre):
			return m.stopPhase(now, FinalSigterm) // nothing was begun that ExecStopPost= would undo
		}
		return m.stopPhase(now, StopSigterm)
	}
	return m.partEnded(now)
}

// judgeControl is what the end of the command makes of the service, and whether another
// command follows it. A failed reload is no failure of the service.
func (m *Machine) judgeControl(e Exit) (result Result, more bool) {
	commands := m.service.commands(m.of)
	command := commands[m.command]
	result = m.service.resultOfControl(e, command, m.of)
	switch {
	case e.Unknown && !m.isStarting(): // no guardian was there to see it; what follows is the same
		result = Success
	case e.Unknown && result != Success && m.awaited:
		m.again = true // whoever waits for the start is not told of another guardian's
	case m.state == Condition && result == ExitCode && e.Code < 255:
		result = Skipped
	}
	if m.state != Reload {
		m.fail(result, fmt.Sprintf("%s%s %s", directive(m.of), command.Path, e.String()))
	}
	return result, m.command+1 < len(commands)
}

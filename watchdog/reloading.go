package watchdog

import (
	"syscall"
	"time"
)

// CanReload reports whether the service says how it is reloaded. SIGHUP is no guess to be
// made for a service file: a program that does not know it dies. By systemd's rule such a
// reload is refused.
func (s *Service) CanReload() bool {
	return s.Source == "" || len(s.ExecReload) > 0
}

// requestReload runs ExecReload=, or without it sends ReloadSignal=.
func (m *Machine) requestReload(now time.Time) []Action {
	switch {
	case m.state != Running && m.state != AfterExit:
		return nil
	case len(m.service.ExecReload) > 0:
		m.reload = ""
		return m.runCommands(now, Reload)
	}
	return m.kill(m.service.ReloadSignal, WhomMain)
}

// endReload takes in the end of one of its commands. Whatever became of them, the
// service is as it was.
func (m *Machine) endReload(now time.Time, result Result, more bool) []Action {
	if result == Success && more {
		return m.runCommand(Reload, m.command+1)
	}
	m.reload = result
	if result == Success && m.mayFindMain() {
		return []Action{FindMain{}}
	}
	return m.enterRunning(now)
}

func (m *Machine) reloadTimedOut(now time.Time) []Action {
	m.reload = Timeout
	actions := m.kill(syscall.SIGKILL, WhomControl)
	m.control, m.others = false, true
	return append(actions, m.enterRunning(now)...)
}

// answerReload tells whoever waits for a reload, once that state is left.
func (m *Machine) answerReload() Action {
	if m.reload == Success {
		return Answer{Reloaded}
	}
	return Answer{ReloadFailed}
}

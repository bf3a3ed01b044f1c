package watchdog

import (
	"syscall"
	"time"
)

// CanReload reports whether the service says how it is reloaded. SIGHUP is no guess to be
// made for a service file: a program that does not know it dies. By systemd's rule such a
// reload is refused.
func (s *Service) CanReload() bool {
	return s.Source == "" || len(s.ExecReload) > 0 || s.Type == NotifyReload
}

// requestReload sends ReloadSignal=, runs ExecReload=, or does both. Only a business of
// Type=notify-reload says when it has reloaded.
func (m *Machine) requestReload(now time.Time) []Action {
	if m.state != Running && m.state != AfterExit {
		return nil
	}
	m.reload = Success
	commands := len(m.service.ExecReload) > 0
	if m.service.Type != NotifyReload || !m.running {
		if commands {
			m.reload = ""
			return m.runCommands(now, Reload)
		}
		return m.kill(m.service.ReloadSignal, WhomMain)
	}
	m.reloadBegan = now // what it says of a reload before that is of an earlier one
	if m.told.Phase == SaidReloading {
		m.told.Phase = SaidReady
	}
	actions := []Action{Kill{[]syscall.Signal{m.service.ReloadSignal, syscall.SIGCONT}, WhomMain}}
	if commands {
		return append(actions, m.runCommands(now, Reload)...)
	}
	return append(append(actions, m.enter(ReloadSignal)...), m.setTimer(m.service.TimeoutStartSec)...)
}

// awaitReload waits for a business that says that it is reloading.
func (m *Machine) awaitReload() []Action {
	return append(m.enter(ReloadNotify), m.setTimer(m.service.TimeoutStartSec)...)
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
	if m.told.Phase == SaidReloading { // that was long enough
		m.told.Phase = SaidReady
	}
	actions := m.kill(syscall.SIGKILL, WhomControl)
	m.control, m.others = false, true
	return append(actions, m.enterRunning(now)...)
}

// answerReload tells whoever waits for a reload, once that state is left for another.
func (m *Machine) answerReload(state State) Action {
	if m.reload == Success && state.Active() == "active" {
		return Answer{Reloaded}
	}
	return Answer{ReloadFailed}
}

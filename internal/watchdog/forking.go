package watchdog

import "time"

// The business of Type=forking is not what was started but what that has left behind. Its
// PID file, or the lack of any other candidate, tells which it is (src/core/service.c,
// service_load_pid_file and service_search_main_pid).

// mayFindMain reports that it is time for another look: a PID file may name somebody else
// by now, and who was not known may be.
func (m *Machine) mayFindMain() bool {
	return m.service.Type == Forking && (m.service.BusinessPIDFile != "" || m.exit == nil)
}

// awaitsMain reports that nothing but the PID file is waited for.
func (m *Machine) awaitsMain() bool {
	return m.service.Type == Forking && !m.control && (m.state == Start || m.state == StartPost)
}

// mainUnknown reports that the business was never found; then whatever is alive counts.
func (m *Machine) mainUnknown() bool {
	return m.service.Type == Forking && !m.running && m.exit == nil
}

func (m *Machine) mainFound(now time.Time) []Action {
	m.running, m.others = true, true
	return m.afterMain(now)
}

// mainMissing goes on without, unless there has to be a PID file: that is waited for, as
// long as there is somebody who could write it. ExecStartPost= may do so, too.
func (m *Machine) mainMissing(now time.Time) []Action {
	switch {
	case m.service.BusinessPIDFile == "", m.state == Reload, m.state == Start && len(m.service.ExecStartPost) > 0:
		return m.afterMain(now)
	case m.running || m.others:
		return []Action{AwaitMain{}}
	}
	m.fail(Protocol, m.missing)
	if m.state == StartPost {
		return m.runCommands(now, Stop)
	}
	return m.stopPhase(now, StopSigterm)
}

// afterMain goes on, whether or not the business is known.
func (m *Machine) afterMain(now time.Time) []Action {
	if m.state == Start && len(m.service.ExecStartPost) > 0 {
		return m.runCommands(now, StartPost)
	}
	return m.enterRunning(now)
}

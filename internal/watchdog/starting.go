package watchdog

import "time"

// A start goes through systemd's states (src/core/service.c, service_enter_condition and
// what follows it): condition and start-pre before the business, start while it comes up,
// start-post when it has. A state without commands is passed over.

// startAfresh is a requested start: unless it is refused, it forgets the restarts so far.
func (m *Machine) startAfresh(now time.Time) []Action {
	if m.over { // as the first one
		m.cameUp = false
	}
	return m.start(now, true)
}

// restartNow is the automatic restart at the end of its wait.
func (m *Machine) restartNow(now time.Time) []Action {
	m.restarts++
	m.streak++
	return m.start(now, false)
}

func (m *Machine) start(now time.Time, afresh bool) []Action {
	m.again, m.hurry = false, false
	if !m.window.charge(m.service.StartLimit, now) {
		return m.refuseStart()
	}
	m.afresh = afresh
	if len(m.service.Conditions) > 0 {
		m.timer++ // as on the way to another state: what was timed in this one is over
		m.due = time.Time{}
		return []Action{TestConditions{}}
	}
	return m.begin(now)
}

// begin begins a life of the service.
func (m *Machine) begin(now time.Time) []Action {
	if m.afresh {
		m.restarts, m.streak, m.reason = 0, 0, ""
	}
	m.result, m.fault, m.exit, m.forbid, m.missing, m.told = Success, "", nil, false, "", Told{}
	m.expires, m.over = time.Time{}, false
	m.others = m.others || m.running || m.control // what KillMode=none has left
	m.running, m.control = false, false
	if m.inTheWay() {
		m.fail(Resources, "")
		return m.finish(Failed, explainLeftovers())
	}
	return append([]Action{Begin{}}, m.runCommands(now, Condition)...)
}

// refuseStart ends the service at the start limit. An earlier failure keeps its result.
func (m *Machine) refuseStart() []Action {
	m.fail(StartLimitHit, "")
	return m.finish(Failed, explainLimit(m.service.StartLimit, m.exit))
}

// launch starts the business, once everything before it has succeeded.
func (m *Machine) launch(now time.Time) []Action {
	if m.service.Type == Oneshot && m.service.Exec.Path == "" { // it is there for its other commands
		return m.runCommands(now, StartPost)
	}
	if m.service.Type == Forking {
		return m.runCommands(now, Start)
	}
	m.of, m.command = Start, 0
	return m.enter(Start, Spawn{0})
}

func (m *Machine) spawned(now time.Time) []Action {
	m.running, m.others = true, true
	switch {
	case m.service.Type == Oneshot, m.service.Type.notifies():
		return m.setTimer(m.service.TimeoutStartSec)
	case m.settles():
		return m.setTimer(m.service.SettleSec)
	}
	return m.runCommands(now, StartPost)
}

// settles reports whether the start is watched for an early death before it counts.
func (m *Machine) settles() bool {
	return m.awaited && m.service.SettleSec > 0 && m.service.Type.isPrompt()
}

// spawnFailed takes in that there is no business. Type=simple promises no more than a
// fork, so there the start still counts, as with systemd.
func (m *Machine) spawnFailed(now time.Time, exit Exit) []Action {
	var actions []Action
	promised := m.service.Type == Simple || m.service.Type == Idle
	if m.awaited && promised && m.service.SettleSec == 0 && len(m.service.ExecStartPost) == 0 && !exit.NoFork {
		actions = m.answer(Started)
	}
	return append(actions, m.ended(now, Exited{Exit: exit, Alone: !m.others})...)
}

// endedEarly takes in that the business has ended while the service was starting. For a
// oneshot that is what was waited for.
func (m *Machine) endedEarly(now time.Time) []Action {
	switch {
	case m.others && m.service.ExitType == ExitCgroup && m.service.Type.notifies():
		return nil // the others may still say that the service is ready
	case m.result != Success:
		return m.stopPhase(now, StopSigterm)
	case m.service.Type == Oneshot && m.command < len(m.service.ExecMore):
		m.command++
		return append(m.setTimer(Infinity), Spawn{m.command}) // the time of the last one does not count
	case m.service.Type.notifies() && m.service.RemainAfterExit && m.others && m.hears(WhomControl):
		return nil // another process may still say that the service is ready
	case m.service.Type.notifies():
		m.fail(Protocol, neverReady)
	case m.service.Type == Oneshot, m.service.RemainAfterExit, m.service.ExitType == ExitCgroup && m.others:
		return m.runCommands(now, StartPost)
	}
	return m.stopPhase(now, StopSigterm)
}

// enterRunning is where a start leads, and a reload: the service is active, unless the
// business has ended meanwhile.
func (m *Machine) enterRunning(now time.Time) []Action {
	up := Running
	switch {
	case m.result != Success:
		return m.stopPhase(now, StopSigterm)
	case m.running, m.others && (m.mainUnknown() || m.service.ExitType == ExitCgroup):
	case m.service.RemainAfterExit:
		up = AfterExit
	default:
		return m.runCommands(now, Stop)
	}
	if up == Running && m.told.Phase == SaidStopping {
		return m.leave()
	}
	m.cameUp = true
	var actions []Action
	if up == Running && m.told.Phase == SaidReloading {
		actions = m.awaitReload()
	} else {
		actions = m.enter(up)
		if up == Running {
			actions = append(actions, m.limitRuntime()...)
		}
	}
	if m.awaited {
		actions = append(actions, m.answer(Started)...)
	}
	return actions
}

func (m *Machine) startTimedOut(now time.Time) []Action {
	fault := "the start took too long"
	if m.awaitsMain() {
		fault += ": " + m.missing
	}
	m.fail(Timeout, fault)
	return m.giveUp(now, m.service.TimeoutStartFailureMode, StopSigterm)
}

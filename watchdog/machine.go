package watchdog

import (
	"syscall"
	"time"
)

// A Machine is the behaviour of a guardian without its hands: events in, actions out.
// It belongs to one goroutine.
type Machine struct {
	service *Service

	state  State
	result Result
	exit   *Exit // of the last run in this life; nil before the first
	reason string

	running  bool // the business is alive, or not yet reaped
	others   bool // other processes may be alive below the guardian
	awaited  bool // somebody waits for the outcome of a start
	cameUp   bool // the service counted as started at least once
	stopping bool // a stop was asked for: nothing is ever started again
	again    bool // a start follows the stop that is under way
	forbid   bool // the kill phases gave up, so systemd allows no automatic restart
	hurry    bool // an automatic restart is not to wait: a start was asked for meanwhile

	restarts int // NRestarts: automatic restarts since the last requested start
	streak   int // restarts since the backoff was last set back
	window   startWindow
	timer    int // the number of the timer that counts
}

// NewMachine returns the machine of a service that was not started yet.
func NewMachine(service *Service) *Machine {
	return &Machine{service: service, state: Dead, result: Success}
}

// Step is all that the guardian knows how to do: what happened goes in, what to do
// about it comes out. It does no I/O, reads no clock and takes no lock.
func (m *Machine) Step(now time.Time, event Event) []Action {
	switch event := event.(type) {
	case StartRequested:
		return m.requestStart(now)
	case StopRequested:
		return m.requestStop(now)
	case RestartRequested:
		return m.requestRestart(now)
	case ReloadRequested:
		if m.state == Running {
			return m.kill(m.service.ReloadSignal, WhomMain)
		}
	case KillRequested:
		return m.kill(event.Signal, event.Whom)
	case ResetFailedRequested:
		m.resetFailed()
	case Spawned:
		m.running, m.others = true, true
		if m.awaited && m.service.SettleSec > 0 {
			return m.setTimer(m.service.SettleSec)
		}
		return m.up()
	case SpawnFailed:
		return m.spawnFailed(now, event.Exit)
	case Exited:
		return m.ended(now, event)
	case Adopted:
		return m.adopt(now, event)
	case DescendantExited:
		return m.killAgain()
	case TreeEmptied:
		m.others = false
		return m.treeEmptied(now)
	case TimerFired:
		if event.Timer == m.timer {
			return m.timerFired(now)
		}
	}
	return nil
}

func (m *Machine) requestStart(now time.Time) []Action {
	m.awaited = true
	switch m.state {
	case Dead:
		return m.startAfresh(now)
	case Running:
		return m.answer(Started)
	case AutoRestart: // systemd: a start during the wait means "hurry up"
		return m.restartNow(now)
	case Start:
		return nil
	}
	m.again = !m.stopping
	return nil
}

func (m *Machine) requestRestart(now time.Time) []Action {
	m.awaited = true
	switch m.state {
	case Dead, AutoRestart:
		return m.startAfresh(now)
	}
	m.again = !m.stopping
	if m.state == Start || m.state == Running {
		return m.stopPhase(now, StopSigterm)
	}
	return nil
}

func (m *Machine) requestStop(now time.Time) []Action {
	m.stopping, m.again = true, false
	var actions []Action
	if m.awaited {
		actions = m.answer(Cancelled)
	}
	switch m.state {
	case Start, Running:
		return append(actions, m.stopPhase(now, StopSigterm)...)
	case Dead, AutoRestart:
		return append(actions, m.finish(Dead, stoppedOnRequest)...)
	}
	return actions
}

// resetFailed forgets what went wrong. The result of an end that is still being
// handled stays, for a decision hangs on it.
func (m *Machine) resetFailed() {
	m.restarts, m.streak, m.window = 0, 0, startWindow{}
	if m.state == AutoRestart {
		m.result = Success
	}
}

func (m *Machine) kill(signal syscall.Signal, whom Whom) []Action {
	if whom == WhomMain && !m.running {
		return nil
	}
	return []Action{Kill{[]syscall.Signal{signal}, whom}}
}

// startAfresh is a requested start: it forgets the restarts so far.
func (m *Machine) startAfresh(now time.Time) []Action {
	m.restarts, m.streak, m.reason = 0, 0, ""
	return m.start(now)
}

// restartNow is the automatic restart at the end of its wait.
func (m *Machine) restartNow(now time.Time) []Action {
	m.restarts++
	m.streak++
	return m.start(now)
}

func (m *Machine) start(now time.Time) []Action {
	m.again, m.hurry = false, false
	if !m.window.charge(m.service.StartLimit, now) {
		return m.refuseStart()
	}
	m.result, m.forbid = Success, false
	if m.inTheWay() {
		m.fail(Resources)
		return m.finish(Failed, explainLeftovers())
	}
	return m.enter(Start, Spawn{})
}

// refuseStart ends the service at the start limit. An earlier failure keeps its result.
func (m *Machine) refuseStart() []Action {
	if m.result == Success {
		m.result = StartLimitHit
	}
	return m.finish(Failed, explainLimit(m.service.StartLimit, m.exit))
}

// up makes the service count as started.
func (m *Machine) up() []Action {
	m.cameUp = true
	actions := m.enter(Running)
	if m.awaited {
		actions = append(actions, m.answer(Started)...)
	}
	return actions
}

// spawnFailed takes in that there is no business. Type=simple promises no more than a
// fork, so there the start still counts, as with systemd.
func (m *Machine) spawnFailed(now time.Time, exit Exit) []Action {
	var actions []Action
	if m.awaited && m.service.Type == Simple && m.service.SettleSec == 0 && !exit.NoFork {
		actions = m.answer(Started)
	}
	return append(actions, m.ended(now, Exited{Exit: exit, Alone: !m.others})...)
}

// ended takes in the end of the business, expected or not.
func (m *Machine) ended(now time.Time, e Exited) []Action {
	exit := e.Exit
	m.running, m.others, m.exit = false, !e.Alone, &exit
	m.fail(m.service.Policy.resultOf(exit, m.service.Exec.IgnoreFailure))
	if reset := m.service.Backoff.RestartResetSec; reset > 0 && e.Lasted >= reset {
		m.streak = 0
	}
	actions := []Action{EndRun{exit, m.result, m.stopping || m.again}}
	switch m.state {
	case StopSigterm, StopSigkill:
		return append(actions, m.stopPhase(now, FinalSigterm)...)
	case FinalSigterm, FinalSigkill:
		if m.targets(m.state) != "" {
			return actions
		}
		return append(actions, m.stopPhase(now, m.state)...)
	}
	return append(actions, m.stopPhase(now, StopSigterm)...)
}

func (m *Machine) treeEmptied(now time.Time) []Action {
	switch m.state {
	case StopSigterm, StopSigkill, FinalSigterm, FinalSigkill:
		if !m.running {
			return m.stopped(now)
		}
	}
	return nil
}

func (m *Machine) timerFired(now time.Time) []Action {
	switch m.state {
	case Start:
		return m.up()
	case AutoRestart:
		return m.restartNow(now)
	}
	return m.stopTimedOut(now)
}

// stopped decides what follows, once nothing is left that a stop has to end.
func (m *Machine) stopped(now time.Time) []Action {
	switch {
	case m.stopping:
		return m.finish(m.resting(), stoppedOnRequest)
	case m.forbid:
		return m.finish(Failed, explainLeftovers())
	case m.again:
		return m.startAfresh(now)
	case m.awaited && !m.cameUp && !m.service.RetryFailedStart && !m.endedWell():
		m.fail(Protocol) // even exit code 0 is wrong for a program that was to stay
		return m.finish(Failed, explainEarlyEnd(m.exit, m.service.SettleSec))
	}
	verdict := m.service.Policy.Decide(m.result, *m.exit)
	if !verdict.Restart {
		return m.finish(m.resting(), explainEnd(m.exit, m.result, verdict))
	}
	wait := m.service.Backoff.delay(m.streak + 1)
	if m.hurry {
		wait = 0
	}
	m.reason = explainRestart(m.exit, m.result, verdict, m.service.Backoff, wait, m.restarts+1, m.streak)
	if m.hurry {
		m.hurry = false
		return append([]Action{Explain{m.reason}}, m.restartNow(now)...)
	}
	actions := append([]Action{Explain{m.reason}}, m.enter(AutoRestart)...)
	if m.awaited {
		actions = append(actions, m.answer(StartFailed)...)
	}
	// A wait of 0 is a timer, too: a program that can never be executed must not keep
	// the loop from hearing a stop.
	return append(actions, m.setTimer(wait)...)
}

// endedWell reports an early end that is no failed start: the program did its work,
// and by its policy one run is all that was wanted.
func (m *Machine) endedWell() bool {
	return m.result == Success && !m.service.Policy.Decide(m.result, *m.exit).Restart
}

// resting is the state in which a service without processes rests.
func (m *Machine) resting() State {
	if m.result == Success {
		return Dead
	}
	return Failed
}

func (m *Machine) finish(state State, reason string) []Action {
	m.reason = reason
	outcome := StartFailed
	switch {
	case m.stopping:
		outcome = Cancelled
	case state == Dead:
		outcome = Ended
	}
	actions := append([]Action{Explain{reason}}, m.enter(state)...)
	if m.awaited {
		actions = append(actions, m.answer(outcome)...)
	}
	return append(actions, Finish{})
}

// enter changes the state; whatever was timed in the old one is forgotten.
func (m *Machine) enter(state State, then ...Action) []Action {
	m.state = state
	m.timer++
	return append([]Action{Enter{state}}, then...)
}

func (m *Machine) setTimer(after time.Duration) []Action {
	m.timer++
	if after == Infinity {
		return nil
	}
	return []Action{SetTimer{m.timer, after}}
}

func (m *Machine) answer(outcome Outcome) []Action {
	m.awaited = false
	return []Action{Answer{outcome}}
}

// fail notes the first failure of this life; later ones are its consequences.
func (m *Machine) fail(result Result) {
	if m.result == Success {
		m.result = result
	}
}

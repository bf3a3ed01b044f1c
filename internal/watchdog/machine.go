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
	left   State // in which an earlier guardian has left the service
	result Result
	exit   *Exit  // of the last run in this life; nil before the first
	fault  string // what failed first in this life, if it was not the business
	reason string

	running bool // the business is alive, or not yet reaped
	control bool // the control process is, a command that is run beside it
	others  bool // other processes may be alive below the guardian

	// The command that runs, or ran last: of which state, and its place among them.
	of      State
	command int
	reload  Result // of the last one
	missing string // why the business of Type=forking was not found when it was last looked for

	told        Told
	reloadBegan time.Time // the last one that was asked for
	watchdog    int       // the number of the watchdog's timer that counts
	starves     time.Time // when the business must have been heard of; zero: whenever it likes

	awaited  bool // somebody waits for the outcome of a start
	cameUp   bool // the service counted as started at least once
	stopping bool // a stop was asked for: nothing is ever started again
	over     bool // the service has ended for good; only a start that is asked for begins it again
	afresh   bool // the start under way was asked for
	again    bool // a start follows the stop that is under way
	forbid   bool // the kill phases gave up, so systemd allows no automatic restart
	hurry    bool // an automatic restart is not to wait: a start was asked for meanwhile

	restarts int // NRestarts: automatic restarts since the last requested start
	streak   int // restarts since the backoff was last set back
	window   startWindow
	now      time.Time
	timer    int       // the number of the timer that counts
	due      time.Time // when it fires; zero: not at all
	expires  time.Time // RuntimeMaxSec= of this life is over; zero before the business has come up
}

// NewMachine returns the machine of a service that was not started yet.
func NewMachine(service *Service) *Machine {
	return &Machine{service: service, state: Dead, result: Success}
}

// Step is all that the guardian knows how to do: what happened goes in, what to do
// about it comes out. It does no I/O, reads no clock and takes no lock.
func (m *Machine) Step(now time.Time, event Event) []Action {
	m.now = now
	switch event := event.(type) {
	case StartRequested:
		return m.requestStart(now)
	case StopRequested:
		return m.requestStop(now)
	case RestartRequested:
		return m.requestRestart(now)
	case ReloadRequested:
		return m.requestReload(now)
	case KillRequested:
		return m.kill(event.Signal, event.Whom)
	case ResetFailedRequested:
		return m.resetFailed()
	case ConditionsTested:
		return m.conditionsTested(now, event)
	case Spawned:
		return m.spawned(now)
	case SpawnFailed:
		return m.spawnFailed(now, event.Exit)
	case Exited:
		return m.ended(now, event)
	case ControlExited:
		return m.controlEnded(now, event)
	case MainFound:
		return m.mainFound(now)
	case MainMissing:
		m.missing = event.Reason
		return m.mainMissing(now)
	case PIDFileChanged:
		if m.awaitsMain() {
			return []Action{FindMain{}}
		}
	case Adopted:
		return m.adopt(now, event)
	case DescendantExited:
		return m.killAgain()
	case TreeEmptied:
		return m.treeEmptied(now)
	case Notified:
		return m.notified(now, event)
	case TimerFired:
		if event.Timer == m.timer {
			return m.timerFired(now)
		}
	case WatchdogFired:
		if event.Timer == m.watchdog {
			return m.bite(now, "nothing was heard of it for "+Span(m.watchdogSec()))
		}
	}
	return nil
}

func (m *Machine) requestStart(now time.Time) []Action {
	m.awaited = true
	switch {
	case m.over && m.stopping: // it is the next guardian's
		return nil
	case m.state == Dead, m.state == Failed:
		return m.startAfresh(now)
	case m.isUp():
		return m.answer(Started)
	case m.state == AutoRestart: // systemd: a start during the wait means "hurry up"
		return m.restartNow(now)
	case m.isStarting():
		return nil
	}
	m.again = !m.stopping
	return nil
}

func (m *Machine) requestRestart(now time.Time) []Action {
	m.awaited = true
	switch m.state {
	case Dead, Failed, AutoRestart:
		if m.over && m.stopping {
			return nil
		}
		return m.startAfresh(now)
	}
	m.again = !m.stopping
	return m.beginStop(now)
}

func (m *Machine) requestStop(now time.Time) []Action {
	m.stopping, m.again = true, false
	var actions []Action
	if m.awaited {
		actions = m.answer(Cancelled)
	}
	switch {
	case m.over:
		return append(actions, Finish{})
	case m.state == Dead, m.state == AutoRestart:
		return append(actions, m.finish(Dead, stoppedOnRequest)...)
	}
	return append(actions, m.beginStop(now)...)
}

// resetFailed forgets what went wrong. The result of an end that is still being
// handled stays, for a decision hangs on it.
func (m *Machine) resetFailed() []Action {
	m.restarts, m.streak, m.window = 0, 0, startWindow{}
	switch m.state {
	case AutoRestart:
		m.result = Success
	case Failed:
		m.result, m.reason = Success, ""
		return m.enter(Dead)
	}
	return nil
}

func (m *Machine) kill(signal syscall.Signal, whom Whom) []Action {
	if whom == WhomMain && !m.running || whom == WhomControl && !m.control {
		return nil
	}
	return []Action{Kill{[]syscall.Signal{signal}, whom}}
}

// timerFired takes in that the present state has lasted its time.
func (m *Machine) timerFired(now time.Time) []Action {
	switch {
	case m.state == AutoRestart:
		return m.restartNow(now)
	case m.state == Start && m.service.Type.isPrompt(): // it has settled
		return m.runCommands(now, StartPost)
	case m.isStarting():
		return m.startTimedOut(now)
	case m.state == Running:
		return m.expired(now)
	case m.state.Active() == "reloading":
		return m.reloadTimedOut(now)
	}
	return m.stopTimedOut(now)
}

// isStarting reports a state on the way up, isUp one in which the service is active.
func (m *Machine) isStarting() bool {
	return m.state != AutoRestart && m.state.Active() == "activating"
}
func (m *Machine) isUp() bool {
	active := m.state.Active()
	return active == "active" || active == "reloading"
}

// enter changes the state; whatever was timed in the old one is forgotten.
func (m *Machine) enter(state State, then ...Action) []Action {
	actions := []Action{Enter{state}}
	if m.state.Active() == "reloading" && state.Active() != "reloading" {
		actions = append(actions, m.answerReload(state))
	}
	was := m.state
	m.state = state
	m.timer++
	m.due = time.Time{}
	switch {
	case !state.isWatched():
		m.watchdog++
		m.starves = time.Time{}
	case !was.isWatched():
		actions = append(actions, m.feed()...)
	}
	return append(actions, then...)
}

func (m *Machine) setTimer(after time.Duration) []Action {
	m.timer++
	m.due = time.Time{}
	if after == Infinity {
		return nil
	}
	m.due = m.now.Add(after)
	return []Action{SetTimer{Timer: m.timer, After: after}}
}

// timeLeft is how long the present state may still last.
func (m *Machine) timeLeft() time.Duration {
	if m.due.IsZero() {
		return Infinity
	}
	return max(0, m.due.Sub(m.now))
}

func (m *Machine) answer(outcome Outcome) []Action {
	m.awaited = false
	return []Action{Answer{outcome}}
}

// fail notes the first failure of this life; later ones are its consequences. The fault
// is in words, "" where the exit of the business says it all.
func (m *Machine) fail(result Result, fault string) {
	if m.result == Success && result != Success {
		m.result, m.fault = result, fault
	}
}

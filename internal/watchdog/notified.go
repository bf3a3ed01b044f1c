package watchdog

import (
	"cmp"
	"syscall"
	"time"

	"holdfast/internal/notify"
)

const neverReady = "it ended before it said READY=1"

// NotifyAccess says who may notify the guardian, as in systemd.service(5).
type NotifyAccess string

// The values of NotifyAccess=.
const (
	NotifyNone NotifyAccess = "none" // nobody: there is no socket
	NotifyMain NotifyAccess = "main" // the business
	NotifyExec NotifyAccess = "exec" // the business and the commands beside it
	NotifyAll  NotifyAccess = "all"  // everything below the guardian
)

// Told is what the business has said of itself by sd_notify(3), since the last start.
type Told struct {
	Phase Phase `json:"phase,omitempty"`
	// Status is a line for people.
	Status string `json:"status,omitempty"`
	// Errno is the error that it fails of, ExitStatus the exit status of what it stands for.
	Errno      syscall.Errno `json:"errno,omitempty"`
	ExitStatus string        `json:"exit_status,omitempty"`
	// Access takes the place of NotifyAccess=, "" for none; WatchdogSec that of WatchdogSec=.
	Access      NotifyAccess   `json:"access,omitempty"`
	WatchdogSec *time.Duration `json:"watchdog_ns,omitempty"`
}

// Phase is what it said last of READY=1, RELOADING=1 and STOPPING=1.
type Phase string

// The phases; "" before the first of them.
const (
	SaidReady     Phase = "ready"
	SaidReloading Phase = "reloading"
	SaidStopping  Phase = "stopping"
)

// parts are what a message says, one thing after the other: what follows from the first, such
// as the end of a command that cannot be executed, comes before the next.
func (n Notified) parts() []Notified {
	main, phase, rest := Notified{From: n.From, Main: n.Main}, Notified{From: n.From, Wrote: n.Wrote}, n
	phase.Message.Ready, phase.Message.Reloading, phase.Message.Stopping = n.Message.Ready, n.Message.Reloading, n.Message.Stopping
	rest.Main, rest.Message.Ready, rest.Message.Reloading, rest.Message.Stopping = Process{}, false, false, false
	return []Notified{main, phase, rest}
}

// notified takes in what a process of the service says, part by part (src/core/service.c,
// service_notify_message).
func (m *Machine) notified(now time.Time, n Notified) []Action {
	if !m.hears(n.From) {
		return nil
	}
	var actions []Action
	if n.Main.PID != 0 && m.mayChangeMain() {
		m.running, m.others = true, true
		actions = append(actions, SetMain{n.Main})
	}
	actions = append(actions, m.changePhase(now, n)...)
	said := n.Message
	if said.Status != nil {
		m.told.Status = *said.Status
	}
	if said.Errno != nil {
		m.told.Errno = *said.Errno
	}
	m.told.ExitStatus = cmp.Or(said.ExitStatus, m.told.ExitStatus)
	m.told.Access = cmp.Or(NotifyAccess(said.Access), m.told.Access)
	if said.ExtendTimeout > 0 && said.ExtendTimeout < Infinity {
		actions = append(actions, m.extend(said.ExtendTimeout)...)
	}
	if said.WatchdogSec != nil {
		m.told.WatchdogSec = said.WatchdogSec
	}
	switch {
	case said.Watchdog == notify.Trigger:
		actions = append(actions, m.bite(now, "the watchdog was triggered")...)
	case said.Watchdog == notify.Ping, said.WatchdogSec != nil:
		actions = append(actions, m.feed()...)
	}
	return actions
}

// hears reports whether somebody may notify.
func (m *Machine) hears(from Whom) bool {
	switch cmp.Or(m.told.Access, m.service.NotifyAccess) {
	case NotifyAll:
		return from != ""
	case NotifyExec:
		return from == WhomMain || from == WhomControl
	case NotifyMain:
		return from == WhomMain
	}
	return false
}

// mayChangeMain reports whether another process may become the business now.
func (m *Machine) mayChangeMain() bool {
	switch m.state {
	case Start, StartPost, Running, Reload, ReloadSignal, ReloadNotify, Stop, StopSigterm:
		return true
	}
	return false
}

// changePhase interprets READY=1, RELOADING=1 and STOPPING=1: of several the last outranks
// the first two, and READY=1 with RELOADING=1 is a reload that is over.
func (m *Machine) changePhase(now time.Time, n Notified) []Action {
	said := n.Message
	asked := m.state == ReloadSignal && said.Reloading && !n.Wrote.IsZero() && !n.Wrote.Before(m.reloadBegan)
	switch {
	case said.Stopping:
		m.told.Phase = SaidStopping
		if m.state == Running || m.state == ReloadSignal || m.state == ReloadNotify {
			return m.leave()
		}
	case said.Ready:
		m.told.Phase = SaidReady
		switch {
		case m.state == Start && m.service.Type.notifies():
			return m.runCommands(now, StartPost)
		case m.state == ReloadNotify, asked:
			return m.enterRunning(now)
		}
	case said.Reloading:
		m.told.Phase = SaidReloading
		if m.state.Active() != "reloading" { // nobody has asked for it
			m.reload = Success
		}
		switch {
		case asked:
			left := m.timeLeft() // it is one reload
			return append(m.enter(ReloadNotify), m.setTimer(left)...)
		case m.state == Running:
			return m.awaitReload()
		}
	}
	return nil
}

// leave follows a business that says that it stops by itself: it gets its time, but no signal.
func (m *Machine) leave() []Action {
	return append(m.enter(StopSigterm), m.setTimer(m.service.TimeoutStopSec)...)
}

// extend lets what is under way take so much longer from now on, unless it may anyway.
func (m *Machine) extend(by time.Duration) (actions []Action) {
	until := m.now.Add(by)
	settling := m.state == Start && m.service.Type.isPrompt()
	if !settling && m.state != AutoRestart && !m.due.IsZero() && m.due.Before(until) {
		actions = m.setTimer(by)
	}
	if !m.starves.IsZero() && m.starves.Before(until) {
		actions = append(actions, m.setWatchdog(by)...)
	}
	return actions
}

// watchdogSec is the interval that counts; 0 for none.
func (m *Machine) watchdogSec() time.Duration {
	interval := m.service.WatchdogSec
	if m.told.WatchdogSec != nil {
		interval = *m.told.WatchdogSec
	}
	if interval == Infinity {
		return 0
	}
	return interval
}

// feed gives the business a whole interval until it must be heard of again. That begins when
// it has come up and ends with the stop; but as with systemd, a sign of life at any other time
// wants to be followed by the next.
func (m *Machine) feed() []Action {
	m.watchdog++
	m.starves = time.Time{}
	if interval := m.watchdogSec(); interval > 0 {
		return m.setWatchdog(interval)
	}
	return nil
}

func (m *Machine) setWatchdog(after time.Duration) []Action {
	m.watchdog++
	m.starves = m.now.Add(after)
	return []Action{SetWatchdog{m.watchdog, after}}
}

// bite ends a business that is not well, and asks it for a core.
func (m *Machine) bite(now time.Time, fault string) []Action {
	if !m.isStarting() && !m.isUp() && m.state != Stop && m.state != StopSigterm {
		return nil // it is being ended already
	}
	m.fail(ByWatchdog, fault)
	return m.stopPhase(now, StopWatchdog)
}

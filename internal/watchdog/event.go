package watchdog

import (
	"syscall"
	"time"

	"holdfast/internal/notify"
)

// An Event is something that happened, told to Machine.Step.
type Event interface{ event() }

type (
	// StartRequested asks for the service to be started.
	StartRequested struct{}

	// StopRequested asks for everything to be stopped and the guardian to end.
	StopRequested struct{}

	// RestartRequested asks for a stop that is followed by a start.
	RestartRequested struct{}

	// ReloadRequested asks the business to read its configuration again.
	ReloadRequested struct{}

	// KillRequested asks for a signal to be sent and nothing else.
	KillRequested struct {
		Signal syscall.Signal
		Whom   Whom
	}

	// ResetFailedRequested asks to forget failures, restarts and the start limit.
	ResetFailedRequested struct{}

	// ConditionsTested says which condition keeps the service from being started, "" if none.
	ConditionsTested struct{ Unmet string }

	// Spawned says that the business was started.
	Spawned struct{}

	// SpawnFailed says that it could not be started, with the exit that stands for that.
	SpawnFailed struct{ Exit Exit }

	// Exited says that the business ended and was reaped.
	Exited struct {
		Exit Exit
		// Lasted is how long the run was.
		Lasted time.Duration
		// Alone says that nothing else is left below the guardian.
		Alone bool
	}

	// ControlExited says that the control process ended and was reaped, or could not be
	// started.
	ControlExited struct {
		Exit Exit
		// Alone says that nothing else is left below the guardian.
		Alone bool
	}

	// MainFound says that the business of Type=forking is known, and alive.
	MainFound struct{}

	// MainMissing says that it is not, and why.
	MainMissing struct{ Reason string }

	// PIDFileChanged says that it may be worth another look at its PID file.
	PIDFileChanged struct{}

	// Adopted says that this guardian goes on where another one stopped: the machine was
	// restored from that one's record.
	Adopted struct {
		// Exited is the end of the business that came meanwhile, nil if it is alive or
		// there was none.
		Exited *Exited
		// Control is the end of the control process that came meanwhile.
		Control *ControlExited
		// Alone says that nothing of the service is alive.
		Alone bool
		// Left is what the timer still has to run.
		Left time.Duration
		// Awaited says that somebody waits for the outcome of a start.
		Awaited bool
	}

	// DescendantExited says that another process below the guardian was reaped.
	DescendantExited struct{}

	// TreeEmptied says that the last process below the guardian was reaped.
	TreeEmptied struct{}

	// Notified says that a process has said something by sd_notify(3); a part of it, see parts.
	Notified struct {
		Message notify.Message
		// From is who it is: the business, the control process or, "all", another one below
		// the guardian; "" is anybody else.
		From Whom
		// Main is the process that MAINPID= names, if it may be the business.
		Main Process
		// Wrote is when it wrote RELOADING=1, by MONOTONIC_USEC=; zero without that.
		Wrote time.Time
	}

	// TimerFired says that the timer of that number ran out, WatchdogFired that the
	// watchdog's did.
	TimerFired    struct{ Timer int }
	WatchdogFired struct{ Timer int }
)

func (StartRequested) event()       {}
func (StopRequested) event()        {}
func (RestartRequested) event()     {}
func (ReloadRequested) event()      {}
func (KillRequested) event()        {}
func (ResetFailedRequested) event() {}
func (ConditionsTested) event()     {}
func (Spawned) event()              {}
func (SpawnFailed) event()          {}
func (Exited) event()               {}
func (ControlExited) event()        {}
func (MainFound) event()            {}
func (MainMissing) event()          {}
func (PIDFileChanged) event()       {}
func (Adopted) event()              {}
func (DescendantExited) event()     {}
func (TreeEmptied) event()          {}
func (Notified) event()             {}
func (TimerFired) event()           {}
func (WatchdogFired) event()        {}

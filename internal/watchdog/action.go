package watchdog

import (
	"syscall"
	"time"
)

// An Action is something that Machine.Step wants done.
type Action interface{ action() }

type (
	// TestConditions asks whether the service may be started; the very next event,
	// ConditionsTested, tells.
	TestConditions struct{}

	// Begin says that a new life of the service begins: whatever is started from now on
	// has a new invocation ID.
	Begin struct{}

	// Spawn starts the business, or the next one of Type=oneshot, counted from 0; the very
	// next event, Spawned or SpawnFailed, tells how that went.
	Spawn struct{ Command int }

	// RunControl starts a command of the state as the control process. Its end is told
	// by ControlExited; if it could not be started, that is the very next event.
	RunControl struct {
		State   State
		Command int
	}

	// FindMain looks for the business of Type=forking; the very next event, MainFound or
	// MainMissing, tells.
	FindMain struct{}

	// AwaitMain has PIDFileChanged told, once or more, until the state is left.
	AwaitMain struct{}

	// Kill sends the signals, in this order, to each process it is meant for.
	Kill struct {
		Signals []syscall.Signal
		Whom    Whom
	}

	// SetTimer sets the one timer; an earlier one is forgotten.
	SetTimer struct {
		Timer int
		After time.Duration
		// Spread is how much later it may fire, at random.
		Spread time.Duration
	}

	// SetWatchdog sets the watchdog's timer; an earlier one is forgotten.
	SetWatchdog struct {
		Timer int
		After time.Duration
	}

	// SetMain makes another process the business.
	SetMain struct{ Main Process }

	// Enter says that the service is now in the state.
	Enter struct{ State State }

	// EndRun puts the end of the business on record.
	EndRun struct {
		Exit   Exit
		Result Result
		// Asked says that a stop or a restart had been asked for.
		Asked bool
	}

	// Explain puts a decision on record, in a sentence for people.
	Explain struct {
		Decision string
		// Result is that of the life of the service which it is about.
		Result Result
	}

	// Answer tells whoever waits for a start, or a reload, how it went.
	Answer struct{ Outcome Outcome }

	// Finish ends the guardian, unless an OnCrash= command runs: then when that has ended,
	// or was ended for a stop, if no start was asked for meanwhile.
	Finish struct{}
)

func (TestConditions) action() {}
func (Begin) action()          {}
func (Spawn) action()          {}
func (RunControl) action()     {}
func (FindMain) action()       {}
func (AwaitMain) action()      {}
func (Kill) action()           {}
func (SetTimer) action()       {}
func (SetWatchdog) action()    {}
func (SetMain) action()        {}
func (Enter) action()          {}
func (EndRun) action()         {}
func (Explain) action()        {}
func (Answer) action()         {}
func (Finish) action()         {}

// Whom is the processes that a signal is meant for.
type Whom string

// The sets that systemctl kill knows, too.
const (
	WhomMain    Whom = "main"    // the business
	WhomControl Whom = "control" // the control process: a command that is run beside it
	WhomAll     Whom = "all"     // everything below the guardian
)

// Outcome is how a start went, or a reload.
type Outcome string

// What whoever waits for it is told.
const (
	Started     Outcome = "started"
	Ended       Outcome = "ended"        // it did its work and ended well before it counted as started
	StartFailed Outcome = "start-failed" // the reason is on record
	NotWanted   Outcome = "skipped"      // ExecCondition= or another condition said no
	Cancelled   Outcome = "cancelled"    // a stop came first

	Reloaded     Outcome = "reloaded"
	ReloadFailed Outcome = "reload-failed" // or did not come to its end
)

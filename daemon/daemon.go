// Package daemon turns a command into a daemon that tells its launcher how the
// start went.
//
// Three processes take part. The launcher, which the user started, calls
// [Launch]. It forks the intermediate, which leads a new session, forks the
// guardian, writes its PID file and exits. The guardian, the long-lived one, is
// reparented to init or the nearest subreaper; it leads no session, so it can
// never get a controlling terminal. It answers over a handshake, and Launch
// returns when the intermediate is reaped and that answer is in: by then the PID
// file is right, or after a failure nothing is left.
//
// Go cannot fork without exec, so each step runs the executable again. [Enter],
// called first in main, finds out which of the three a process is.
//
// The guardian is told what to do by an opaque payload, never by the
// environment, and a launcher that is cancelled or killed before the answer
// cancels the guardian.
package daemon

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// Options say what [Launch] starts.
type Options struct {
	// Args is the guardian's command line, Args[0] included; the executable is
	// the launcher's own. Empty means the launcher's os.Args.
	Args []string

	// Env is added to the environment that the guardian has from the launcher, as
	// NAME=value; the Go runtime's own settings are a use for it.
	Env []string

	// PIDFile is the file that names the guardian by the time Launch returns,
	// written as package pidfile does. Empty means none. It is removed if the
	// start fails; at its end the guardian removes it itself.
	PIDFile string

	// Payload is what the guardian finds in [Guardian.Payload], at most 1 GiB.
	Payload []byte

	// Files are open in the guardian too, in this order, as [Guardian.Files];
	// every other descriptor from 3 up is closed there. A flock(2) on one of
	// them passes on with it.
	Files []*os.File

	// Output is the file to which the guardian's stdout and stderr are
	// appended, made with mode 0640 if need be. Empty means /dev/null.
	Output string

	// Timeout is how long Launch waits for the guardian's answer before it
	// cancels the start and fails with [ErrTimeout]. 0 means for ever.
	Timeout time.Duration

	// Grace is how long a guardian that failed or was cancelled may take to
	// clean up and exit before it is killed with SIGKILL. 0 means 10 s.
	Grace time.Duration
}

// ErrTimeout means that the guardian gave no answer within [Options.Timeout].
var ErrTimeout = errors.New("no answer")

// ErrCancelled means that the guardian may not start: its launcher was cancelled
// or died.
var ErrCancelled = errors.New("the launcher cancelled the start")

// A FailedError is the answer of a guardian that called [Guardian.Failed].
type FailedError struct {
	Body []byte // as given to Failed
}

func (e *FailedError) Error() string {
	const most = 1000
	if len(e.Body) > most {
		return fmt.Sprintf("the guardian failed: %s...", e.Body[:most])
	}
	return fmt.Sprintf("the guardian failed: %s", e.Body)
}

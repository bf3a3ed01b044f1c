package cli

import (
	"errors"
	"io/fs"
	"os"

	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

// The exit codes of status, is-active and is-failed: Linux Standard Base, "Init Script
// Actions".
const (
	lsbRunning = 0
	lsbDead    = 1 // the guardian is dead and its PID file still there
	lsbStopped = 3
	lsbUnknown = 4
)

// inspect is look for whoever only asks: a service that was never started here but has
// a service file is described by that.
func inspect(name string) (view, error) {
	v, err := look(name)
	if !errors.Is(err, errUnknown) {
		return v, err
	}
	path, findErr := find(name)
	if errors.Is(findErr, fs.ErrNotExist) {
		return v, err
	}
	if findErr != nil {
		return v, failure(findErr)
	}
	loaded, loadErr := unit.Load(path, unit.Options{AllowUnsupported: true})
	if loadErr != nil {
		return v, failure(loadErr)
	}
	v.record = watchdog.Record{
		Service: loaded.Service, State: watchdog.Dead, Result: watchdog.Success,
		Reason: "never started here",
	}
	return v, nil
}

// lsb is the exit code that tells a service's state. What is starting, stopping or
// waiting for a restart is not running, as with systemctl.
func (v view) lsb() int {
	switch v.record.State.Active() {
	case "active", "reloading":
		return lsbRunning
	}
	if v.guardian == killed && v.pidFileExists() {
		return lsbDead
	}
	return lsbStopped
}

func (v view) pidFileExists() bool {
	_, err := os.Lstat(v.record.Service.PIDFile)
	return err == nil
}

// lastFinished is the last run that ended, nil where none did.
func (v view) lastFinished() *watchdog.Run {
	for i := len(v.record.Runs) - 1; i >= 0; i-- {
		if v.record.Runs[i].Exit != nil {
			return &v.record.Runs[i]
		}
	}
	return nil
}

// running reports whether a run goes on. One without an end that is not the business
// ended together with its guardian, and nobody saw how.
func (v view) running(run watchdog.Run) bool {
	last := v.record.LastRun()
	return run.Exit == nil && last != nil && last.Number == run.Number &&
		run.PID != 0 && run.PID == v.record.Business.PID
}

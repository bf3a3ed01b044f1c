package unit

import (
	"errors"
	"slices"
	"time"

	"holdfast/internal/watchdog"
)

// runtimeMax is the setter of RuntimeMaxSec=. Unlike in other times 0 is over at once, as in
// systemd.
func (d *draft) runtimeMax(text string) error {
	limit, err := ParseSpan(text)
	switch {
	case err != nil:
		return err
	case limit == watchdog.Infinity:
		d.service.RuntimeMaxSec = nil
	default:
		d.service.RuntimeMaxSec = new(time.Duration)
		*d.service.RuntimeMaxSec = limit
	}
	return nil
}

// exitType is the setter of ExitType=.
func exitType(text string) (watchdog.ExitType, error) {
	return oneOf(watchdog.ExitMain, watchdog.ExitCgroup)(text)
}

// endAction reads FailureAction= and its like (systemd.unit(5)).
func (d *draft) endAction(text string) (watchdog.EndAction, error) {
	if slices.Contains([]string{
		"reboot", "reboot-force", "reboot-immediate", "poweroff", "poweroff-force", "poweroff-immediate",
		"soft-reboot", "soft-reboot-force", "kexec", "kexec-force", "halt", "halt-force", "halt-immediate",
	}, text) {
		if d.allowUnsupported {
			return watchdog.NoAction, errors.New("holdfast does not do this to the host; the guardian ends, that is all")
		}
		return "", refuse("holdfast does not do this to the host; write none, or exit, which ends the guardian")
	}
	return oneOf(watchdog.NoAction, watchdog.ExitAction, watchdog.ExitForce)(text)
}

// endStatus is the setter of FailureActionExitStatus= and its like; empty is none.
func endStatus(field **int) func(string) error {
	return func(text string) error {
		if text == "" {
			*field = nil
			return nil
		}
		status, err := parseCount(text)
		if err != nil || status > 255 {
			return errors.New("not a number from 0 to 255")
		}
		*field = &status
		return nil
	}
}

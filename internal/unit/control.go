package unit

import (
	"slices"
	"time"

	"holdfast/internal/watchdog"
)

// controlCommands is what the directives gave so far whose commands are run beside the
// business.
type controlCommands struct{ condition, startPre, startPost, reload, stop, stopPost []command }

// completeControl puts them into the service.
func (d *draft) completeControl() {
	s := &d.service
	for _, list := range []struct {
		name     string
		commands []command
		field    *[]watchdog.Command
	}{
		{"ExecCondition", d.control.condition, &s.ExecCondition},
		{"ExecStartPre", d.control.startPre, &s.ExecStartPre},
		{"ExecStartPost", d.control.startPost, &s.ExecStartPost},
		{"ExecReload", d.control.reload, &s.ExecReload},
		{"ExecStop", d.control.stop, &s.ExecStop},
		{"ExecStopPost", d.control.stopPost, &s.ExecStopPost},
	} {
		if !d.assigned(list.name) {
			continue
		}
		*list.field = nil
		for _, c := range list.commands {
			*list.field = append(*list.field, watchdog.Command{})
			d.program(c, &(*list.field)[len(*list.field)-1])
		}
	}
}

// completeType holds the type against what does not go with it. A bare command line's
// habit to restart gives way without a word.
func (d *draft) completeType() {
	s := &d.service
	if d.file != "" && !d.assigned("Type") && len(d.commands) == 0 && len(d.control.stop) > 0 {
		s.Type = watchdog.Oneshot // systemd.service(5), Type=
	}
	switch {
	case !s.Type.WritesPIDFile():
		s.BusinessPIDFile = ""
	case d.assigned("PIDFile"):
		s.BusinessPIDFile, s.PIDFile = s.PIDFile, d.initial.PIDFile
		if s.BusinessPIDFile == s.PIDFile { // an empty one has taken it back
			s.BusinessPIDFile = ""
		}
	}
	if s.Type != watchdog.Oneshot {
		return
	}
	if s.ExitType == watchdog.ExitCgroup {
		d.warn(refuse("ExitType=cgroup is not for a service of Type=oneshot, as in systemd"))
	}
	if (d.file != "" || d.assigned("Type")) && !d.assigned("TimeoutStartSec") && !d.assigned("TimeoutSec") {
		s.TimeoutStartSec = watchdog.Infinity
	}
	if restarts := []watchdog.Restart{watchdog.RestartAlways, watchdog.RestartOnSuccess}; slices.Contains(restarts, s.Policy.Restart) {
		if d.assigned("Restart") {
			d.warn(refuse("a service of Type=oneshot has done its work when it ends well; write on-failure or no"))
		}
		s.Policy.Restart = watchdog.RestartNo
	}
}

// failureMode reads TimeoutStartFailureMode= and TimeoutStopFailureMode=.
func failureMode(text string) (watchdog.FailureMode, error) {
	return oneOf(watchdog.FailTerminate, watchdog.FailAbort, watchdog.FailKill)(text)
}

// timeoutAbort is the setter of TimeoutAbortSec=.
func (d *draft) timeoutAbort(text string) error {
	if text == "" {
		d.service.TimeoutAbortSec = nil
		return nil
	}
	timeout, err := parseTimeout(text)
	if err == nil {
		d.service.TimeoutAbortSec = new(time.Duration)
		*d.service.TimeoutAbortSec = timeout
	}
	return err
}

package unit

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"holdfast/internal/watchdog"
)

// complete makes a service of the settings, once all of them are known.
func (d *draft) complete() {
	d.completeEnvironment()
	d.completeType()
	d.completeCommand()
	d.completeControl()
	d.completeOnCrash()
	d.completeBackoff()
	d.completeHome()
	d.completeScheduling()
	d.completeNotify()
}

// completeNotify lets a business notify that must (src/core/service.c, service_add_extras).
func (d *draft) completeNotify() {
	s := &d.service
	watched := s.WatchdogSec > 0 && s.WatchdogSec < watchdog.Infinity
	notifies := s.Type == watchdog.Notify || s.Type == watchdog.NotifyReload
	if s.NotifyAccess == watchdog.NotifyNone && (watched || notifies) {
		s.NotifyAccess = watchdog.NotifyMain
	}
}

func (d *draft) completeCommand() {
	assigned := d.assigned("ExecStart")
	if !assigned && d.file == "" {
		return // a bare command line has its command
	}
	if !assigned {
		d.at = Setting{File: d.file}
	}
	s := &d.service
	oneshot := s.Type == watchdog.Oneshot
	switch {
	case len(d.commands) == 0 && oneshot && s.RemainAfterExit && len(d.control.stop) > 0:
		s.Exec, s.ExecMore = watchdog.Command{}, nil
		return
	case len(d.commands) == 0:
		if d.err() == nil { // else what is wrong was told already
			d.warn(refuse("no command is left to run; [Service] needs an ExecStart="))
		}
		return
	case len(d.commands) > 1 && !oneshot:
		d.warn(refuse("more than one command, which only Type=oneshot may have; " +
			"an empty ExecStart= before it drops the earlier ones"))
		return
	}
	d.program(d.commands[0], &s.Exec)
	s.ExecMore = nil
	for _, c := range d.commands[1:] {
		var more watchdog.Command
		d.program(c, &more)
		s.ExecMore = append(s.ExecMore, more)
	}
}

func (d *draft) completeOnCrash() {
	if !d.assigned("OnCrash") {
		return
	}
	switch len(d.onCrash) {
	case 0:
		d.service.OnCrash = watchdog.Command{}
	case 1:
		d.program(d.onCrash[0], &d.service.OnCrash)
	default:
		d.warn(refuse("more than one command; an empty OnCrash= before it drops the earlier ones"))
	}
}

// program makes of a command line what is executed. Its variables are put in at each
// start; one that cannot be known by then is told now.
func (d *draft) program(c command, program *watchdog.Command) {
	*program = watchdog.Command{
		Path: c.path, Args: c.args, IgnoreFailure: c.ignoreFailure, Expand: !c.literal,
		Privileges: watchdog.Privileges(c.privileged),
	}
	if c.privileged == "!!" { // for kernels without ambient capabilities, before Linux 4.3
		program.Privileges = ""
	}
	if c.literal || len(d.service.EnvironmentFiles) > 0 {
		return
	}
	_, unset := watchdog.Expand(c.args, d.variable)
	for _, name := range unset {
		d.warn(fmt.Errorf("the variable %q is not set, so it is empty", name))
	}
}

// completeBackoff holds the three settings of the growing wait against each other. What
// nobody set, such as a bare command line's habits, gives way without a word.
func (d *draft) completeBackoff() {
	b := &d.service.Backoff
	if b.RestartSteps > 0 && b.RestartMaxDelaySec == watchdog.Infinity && d.assigned("RestartSteps") {
		d.warn(errors.New("no effect without RestartMaxDelaySec="))
	}
	if !d.assigned("RestartMaxDelaySec") {
		b.RestartMaxDelaySec = max(b.RestartMaxDelaySec, b.RestartSec)
		return
	}
	if b.RestartSteps == 0 && b.RestartMaxDelaySec != watchdog.Infinity {
		d.warn(errors.New("no effect without RestartSteps="))
	}
	if b.RestartMaxDelaySec < b.RestartSec {
		d.warn(fmt.Errorf("shorter than RestartSec=%s, which is lowered to it", FormatSpan(b.RestartSec)))
		b.RestartSec = b.RestartMaxDelaySec
	}
}

// completeHome puts the home directory of User= in the place of "~". For a user that
// does not exist the place does not matter: the start fails, and says why (217). Without
// a User= it is holdfast's own user's, and the business is told, as by systemd.
func (d *draft) completeHome() {
	if d.service.WorkingDirectory != "~" || !d.assigned("WorkingDirectory") {
		return
	}
	d.service.WorkingDirectory = "/"
	if d.service.User == "" {
		if home, err := userSpecifier('h'); err == nil && path.IsAbs(home) {
			d.service.WorkingDirectory = home
			d.service.Environment = slices.Insert(d.service.Environment, 0, "HOME="+home)
		}
		return
	}
	if account, err := watchdog.LookupUser(d.service.User); err == nil && path.IsAbs(account.HomeDir) {
		d.service.WorkingDirectory = account.HomeDir
	}
}

package unit

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"holdfast/watchdog"
)

// complete makes a service of the settings, once all of them are known.
func (d *draft) complete() {
	d.completeType()
	d.completeCommand()
	d.completeControl()
	d.completeOnCrash()
	d.completeBackoff()
	d.completeHome()
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

// mayRun refuses a command that is not to have what User= and Group= say.
func (d *draft) mayRun(c command) bool {
	asUser := d.service.User+d.service.Group != ""
	if asUser && (c.privileged == "+" || c.privileged == "!") {
		d.warn(refuse("the prefix %s would run the program without User= and Group=, which holdfast does not do", c.privileged))
		return false
	}
	return true
}

// program makes of a command line what is executed.
func (d *draft) program(c command, program *watchdog.Command) {
	if !d.mayRun(c) {
		return
	}
	args := c.args
	if !c.literal {
		var unset []string
		args, unset = watchdog.Expand(args, d.variable)
		for _, name := range unset {
			d.warn(fmt.Errorf("the variable %q is not set, so it is empty", name))
		}
	}
	if len(args) == 0 {
		args = []string{c.path}
	}
	*program = watchdog.Command{Path: lookUpProgram(c.path), Args: args, IgnoreFailure: c.ignoreFailure}
}

// lookUpProgram finds a program without a path where systemd does. One that is nowhere
// gets the first place, so that its exec fails and says so (203).
func lookUpProgram(name string) string {
	if path.IsAbs(name) {
		return name
	}
	dirs := strings.Fields("/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin")
	for _, dir := range dirs {
		full := dir + "/" + name
		if info, err := os.Stat(full); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return full
		}
	}
	return dirs[0] + "/" + name
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
// does not exist the place does not matter: the start fails, and says why (217).
func (d *draft) completeHome() {
	if d.service.WorkingDirectory != "~" || !d.assigned("WorkingDirectory") {
		return
	}
	if d.service.User == "" {
		d.warn(refuse("~ is the home directory of User=, which is not set"))
	}
	d.service.WorkingDirectory = "/"
	if account, err := watchdog.LookupUser(d.service.User); err == nil && path.IsAbs(account.HomeDir) {
		d.service.WorkingDirectory = account.HomeDir
	}
}

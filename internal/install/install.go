// Package install writes what has a service started at boot, and removes exactly that.
//
// Whatever it writes begins with a mark, which names the init and the service and has a
// checksum. What has no such mark, or was changed since, belongs to somebody else and is
// neither overwritten nor removed.
package install

import (
	"io/fs"
	"path/filepath"
)

// An Init is what can start services at boot.
type Init string

const (
	Systemd Init = "systemd"
	SysV    Init = "sysv"
	OpenRC  Init = "openrc"
	Runit   Init = "runit"
	S6      Init = "s6"
	Inittab Init = "busybox-inittab"
	Cron    Init = "cron"
	RCLocal Init = "rc.local"
)

// Inits are all of them.
func Inits() []Init {
	return []Init{Systemd, SysV, OpenRC, Runit, S6, Inittab, Cron, RCLocal}
}

// ForUsers reports whether a user who is not root can have services started by it.
func (i Init) ForUsers() bool { return i == Systemd || i == Cron }

// A Service is what the installed text is about.
type Service struct {
	Name        string
	Description string
	// File is the service file, Holdfast the binary, and PIDFile where the guardian's PID
	// goes: absolute paths.
	File, Holdfast, PIDFile string
	// Options are further ones of start and run.
	Options []string
	// Environment, NAME=value, is what holdfast needs to find the service.
	Environment []string
	// StartTime and StopTime are how long a start and a stop may take, as systemd writes
	// it, when all of the service's own timeouts run out.
	StartTime, StopTime string
	// Reloads says that the service can be reloaded. What cannot is restarted by LSB's
	// force-reload.
	Reloads bool
	// Limits says that it has limits, for which its guardian makes a control group: below
	// systemd that wants Delegate=.
	Limits bool
	// Unit and Install are lines of these sections that are for systemd to heed.
	Unit, Install []string
}

// A Part is one thing that is written: a file, or a block of lines in one that belongs to
// others.
type Part struct {
	Init Init
	Name string // the service's
	// Path is the file's, absolute; "" is the crontab of the calling user.
	Path string
	// Mode is that of a file that is new.
	Mode     fs.FileMode
	user     bool
	shared   bool
	template string
}

// Parts is what an init needs for the service called name.
func (h Host) Parts(init Init, name string) []Part {
	file := func(template, path string, mode fs.FileMode) Part {
		return Part{Init: init, Name: name, Path: path, Mode: mode, user: h.User, template: template}
	}
	block := func(path string, mode fs.FileMode) Part {
		return Part{Init: init, Name: name, Path: path, Mode: mode, user: h.User, shared: true, template: string(init)}
	}
	switch init {
	case Systemd:
		return []Part{file("systemd", filepath.Join(h.Units, name+".service"), 0o644)}
	case SysV, OpenRC:
		return []Part{file(string(init), filepath.Join("/etc/init.d", name), 0o755)}
	case Runit, S6:
		dir := ServiceDir(init, name)
		return []Part{
			file("run", filepath.Join(dir, "run"), 0o755),
			file(string(init)+"-finish", filepath.Join(dir, "finish"), 0o755),
		}
	case Inittab:
		return []Part{block("/etc/inittab", 0o644)}
	case Cron:
		part := block("", 0)
		if h.BusyboxCron {
			part.template = "cron-busybox"
		}
		return []Part{part}
	case RCLocal:
		return []Part{block("/etc/rc.local", 0o755)}
	}
	return nil
}

// ServiceDir is the service directory for runit or s6.
func ServiceDir(init Init, name string) string {
	if init == S6 {
		return filepath.Join("/etc/s6/service", name)
	}
	return filepath.Join("/etc/sv", name)
}

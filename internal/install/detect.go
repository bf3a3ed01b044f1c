package install

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Host is what tells how services are started on a host, and where that is written.
type Host struct {
	// PID1 is the name of the process with the PID 1, "" where that cannot be seen, and
	// Busybox that it is busybox.
	PID1    string
	Busybox bool
	// BusyboxCron is that cron is busybox's. Its version 1.35 dies of a crontab with
	// @reboot in it, and older ones do not know that.
	BusyboxCron bool
	// User is that a service of one user's own is to be started. Units is the directory of
	// systemd's units, that user's then.
	User  bool
	Units string
	// Exists tells whether there is a file, Runs whether a program can be found.
	Exists, Runs func(string) bool
}

// Look looks at this host. Its error is that a user has no home.
func Look(user bool) (Host, error) {
	units := "/etc/systemd/system"
	if user {
		config, err := os.UserConfigDir()
		if err != nil {
			return Host{}, err
		}
		units = filepath.Join(config, "systemd/user")
	}
	name, _ := os.ReadFile("/proc/1/comm")
	program, err := os.Readlink("/proc/1/exe")
	if err != nil { // only root may look
		program, _ = filepath.EvalSymlinks("/sbin/init")
	}
	crontab, _ := exec.LookPath("crontab")
	crontab, _ = filepath.EvalSymlinks(crontab)
	return Host{
		PID1:    strings.TrimSpace(string(name)),
		Busybox: filepath.Base(program) == "busybox",
		User:    user,
		Units:   units,

		BusyboxCron: filepath.Base(crontab) == "busybox",
		Exists:      func(path string) bool { _, err := os.Stat(path); return err == nil },
		Runs:        func(program string) bool { _, err := exec.LookPath(program); return err == nil },
	}, nil
}

// Detect picks the init that starts services on the host, and says in words why. What
// runs decides; what is installed decides only where nothing else is known.
func (h Host) Detect() (init Init, why string, err error) {
	pid1 := "PID 1 is " + h.PID1
	if h.PID1 == "" {
		pid1 = "what PID 1 is cannot be seen"
	}
	systemd := h.Exists("/run/systemd/system") // sd_booted(3)
	crond := h.Runs("crontab")
	switch {
	case systemd && (!h.User || h.Runs("systemctl")):
		return Systemd, "systemd runs this host", nil
	case h.User && crond:
		return Cron, pid1 + ", which starts nothing for users, but there is a crontab", nil
	case h.User:
		return "", "", fmt.Errorf("%s and there is no crontab, so nothing starts services for users; "+
			"root can install it for the host", pid1)
	case h.Exists("/run/openrc/softlevel"):
		return OpenRC, "OpenRC runs this host", nil
	case h.PID1 == "runit" || h.PID1 == "runsvdir":
		return Runit, pid1, nil
	case h.PID1 == "s6-svscan":
		return S6, pid1, nil
	case h.Busybox && h.Exists("/etc/inittab"):
		return Inittab, "PID 1 is busybox", nil
	case h.PID1 == "init" && !h.Busybox && h.Exists("/etc/init.d"):
		return SysV, pid1 + " and there is /etc/init.d", nil
	case crond:
		return Cron, pid1 + ", which is none that is known here, but there is a crontab", nil
	case h.Exists("/etc/rc.local"):
		return RCLocal, pid1 + ", which is none that is known here, but there is an /etc/rc.local", nil
	}
	return "", "", errors.New(pid1 + ", and there is neither cron nor an /etc/rc.local, so nothing is known here that starts services; " +
		"in a container make 'holdfast run' its first process, else name one with --init")
}

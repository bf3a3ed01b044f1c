//go:build linux

package e2e

import (
	"strings"
	"testing"
)

// Each of these is the life of an installed service under one init, which is PID 1 of the
// lab: what install says to type next is typed, the program and the guardian are killed, the
// host boots again, and what uninstall says to type is typed.

func TestInstalledUnderOpenRC(t *testing.T) {
	needs(t, "busybox")
	t.Parallel()
	s := newSeed(t)
	s.packages("openrc", "libeinfo1", "librc1", "insserv")
	// As Alpine has it; the runlevels of real machines are left out.
	s.file("etc/inittab", `::sysinit:/sbin/openrc sysinit
::sysinit:/sbin/openrc boot
::wait:/sbin/openrc default
::shutdown:/sbin/openrc shutdown
`, 0o644)
	s.file("etc/rc.conf", "rc_logger=NO\n", 0o644)
	init := []string{"sh", "-c", "mkdir -p /etc/runlevels/sysinit /etc/runlevels/boot /etc/runlevels/default /etc/runlevels/shutdown; exec busybox init"}
	l := bootLab(t, s.dir, init...)
	await(t, "OpenRC has booted", func() bool { return l.run("rc-status", "--runlevel").stdout == "default\n" })
	before := l.etc()

	said := l.ok("holdfast", "install", "/opt/web/web.service")
	if want := "OpenRC runs this host: --init=openrc"; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q in it", said, want)
	}
	if r := l.run("rc-service", "web", "status"); r.code != 3 {
		t.Errorf("the status of what was never started: exit code %d, want 3\n%s%s", r.code, r.stdout, r.stderr)
	}
	l.next(said) // rc-update add web default && rc-service web start
	l.ok("rc-service", "web", "status")
	l.printed("up")
	l.ok("rc-service", "web", "reload")
	l.printed("reloaded")
	_, business := l.up()
	l.ok("rc-service", "web", "restart")
	if _, again := l.up(); again == business {
		t.Error("restart has restarted nothing")
	}
	l.crash()
	l.ok("rc-service", "web", "stop")
	l.down()

	l = s.reboot(l, []string{"etc/init.d/web", "etc/runlevels"}, init...)
	l.up()
	await(t, "OpenRC has booted", func() bool { return l.run("rc-status", "--runlevel").stdout == "default\n" })
	l.next(l.ok("holdfast", "uninstall", "web"))
	l.down()
	l.sameEtc(before)
}

func TestInstalledUnderRunit(t *testing.T) {
	needs(t, "runsvdir", "sv")
	t.Parallel()
	s := newSeed(t, "RestartPreventExitStatus=SIGUSR1")
	init := []string{"sh", "-c", "cd /etc/service && find . -mindepth 1 ! -name web -exec rm -rf {} +; exec runsvdir /etc/service"}
	l := bootLab(t, s.dir, init...)
	before := l.etc()

	said := l.ok("holdfast", "install", "/opt/web/web.service")
	if want := "PID 1 is runsvdir: --init=runit"; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q in it", said, want)
	}
	l.next(said) // ln -s /etc/sv/web /etc/service/
	l.up()
	l.printed("up")
	l.ok("sv", "reload", "web")
	l.printed("reloaded")
	l.crash()
	_, business := l.up()
	if adopted := l.behead(); adopted != business {
		t.Errorf("the business is %d, was %d", adopted, business)
	}
	guardian, _ := l.up()
	l.ok("sv", "restart", "web")
	if again, _ := l.up(); again == guardian {
		t.Error("sv restart has restarted nothing")
	}
	l.staysDown("USR1", "sv", "up", "web")
	l.ok("sv", "down", "web")
	l.down()
	l.ok("sv", "up", "web")
	l.up()

	l = s.reboot(l, []string{"etc/sv/web/run", "etc/sv/web/finish", "etc/service/web"}, init...)
	l.up()
	l.next(l.ok("holdfast", "uninstall", "web"))
	l.down()
	l.sameEtc(before)
}

func TestInstalledUnderS6(t *testing.T) {
	needs(t, "s6-svscan", "s6-svc")
	t.Parallel()
	s := newSeed(t, "RestartPreventExitStatus=SIGUSR1")
	init := []string{"sh", "-c", "mkdir -p /run/service; cp -a /etc/s6/enabled/. /run/service; exec s6-svscan /run/service"}
	s.file("etc/s6/enabled/.keep", "", 0o644)
	l := bootLab(t, s.dir, init...)
	before := l.etc()

	said := l.ok("holdfast", "install", "/opt/web/web.service")
	if want := "PID 1 is s6-svscan: --init=s6"; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q in it", said, want)
	}
	await(t, "s6-svscan listens", func() bool { return l.run("test", "-p", "/run/service/.s6-svscan/control").code == 0 })
	l.next(said) // ln -s /etc/s6/service/web /run/service/ && s6-svscanctl -a /run/service
	l.up()
	l.printed("up")
	l.ok("s6-svc", "-h", "/run/service/web")
	l.printed("reloaded")
	l.crash()
	_, business := l.up()
	if adopted := l.behead(); adopted != business {
		t.Errorf("the business is %d, was %d", adopted, business)
	}
	guardian, _ := l.up()
	l.ok("s6-svc", "-r", "/run/service/web")
	await(t, "another guardian is there", func() bool {
		pid := l.shown("web", "GuardianPID")
		return pid != "0" && l.number(pid) != guardian
	})
	l.staysDown("USR1", "s6-svc", "-u", "/run/service/web")
	l.ok("s6-svc", "-d", "-wd", "-T", "60000", "/run/service/web")
	l.down()

	l.ok("ln", "-s", "/etc/s6/service/web", "/etc/s6/enabled/web")
	l = s.reboot(l, []string{"etc/s6/service/web/run", "etc/s6/service/web/finish", "etc/s6/enabled/web"}, init...)
	l.up()
	l.ok("rm", "/etc/s6/enabled/web")
	l.next(l.ok("holdfast", "uninstall", "web"))
	l.down()
	l.sameEtc(before)
}

// staysDown kills the business by a signal on its no-restart list: init does not start it
// again until it is told to, by the command.
func (l *lab) staysDown(signal string, up ...string) {
	l.t.Helper()
	l.up()
	l.ok("kill", "-"+signal, l.shown("web", "MainPID"))
	l.down()
	await(l.t, "the service rests", func() bool { return l.shown("web", "GuardianState") == "absent" })
	if reason := l.shown("web", "StatusReason"); !strings.HasPrefix(reason, "not restarting") {
		l.t.Errorf("it was not given up: %q", reason)
	}
	runs := len(strings.Split(l.ok("holdfast", "history", "web"), "\n"))
	l.ok("sleep", "2.5") // more than the second that runit and s6 wait before they start it again
	if again := len(strings.Split(l.ok("holdfast", "history", "web"), "\n")); again != runs {
		l.t.Errorf("it was started again:\n%s", l.ok("holdfast", "history", "web"))
	}
	l.ok(up...)
	l.up()
}

func TestInstalledInBusyboxInittab(t *testing.T) {
	needs(t, "busybox")
	t.Parallel()
	s := newSeed(t, "RestartPreventExitStatus=SIGUSR1")
	s.file("etc/inittab", "::sysinit:/bin/true\n", 0o644)
	init := []string{"busybox", "init"}
	l := bootLab(t, s.dir, init...)
	before := l.etc()

	said := l.ok("holdfast", "install", "--init=busybox-inittab", "/opt/web/web.service")
	l.next(said) // kill -HUP 1
	l.up()
	l.crash()
	_, business := l.up()
	if adopted := l.behead(); adopted != business {
		t.Errorf("the business is %d, was %d", adopted, business)
	}
	l.staysDown("USR1", "holdfast", "start", "web")
	guardian, _ := l.up()
	l.ok("kill", "-KILL", l.shown("web", "MainPID"))
	if again, _ := l.up(); again != guardian {
		t.Error("init has started a second guardian")
	}

	l = s.reboot(l, []string{"etc/inittab"}, init...)
	l.up()
	l.next(l.ok("holdfast", "uninstall", "web"))
	l.down()
	l.sameEtc(before)
}

func TestInstalledInCrontab(t *testing.T) {
	needs(t, "cron", "crontab")
	t.Parallel()
	s := newSeed(t)
	init := []string{"sh", "-c", "rm -f /etc/cron.d/* /run/crond.reboot; exec cron -f"}
	l := bootLab(t, s.dir, init...)
	before := l.etc()

	said := l.ok("holdfast", "install", "/opt/web/web.service")
	if want := "but there is a crontab: --init=cron"; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q in it", said, want)
	}
	l.next(said)
	l.up()
	l.ok("crontab", "-l")
	l.ok("holdfast", "stop", "web")

	l = s.reboot(l, []string{"var/spool/cron/crontabs/root"}, init...)
	l.up() // by @reboot
	l.next(l.ok("holdfast", "uninstall", "web"))
	l.down()
	l.sameEtc(before)
}

func TestInstalledInRCLocal(t *testing.T) {
	t.Parallel()
	s := newSeed(t)
	s.file("etc/rc.local", "#!/bin/sh -e\necho hello\nexit 0\n", 0o755)
	init := []string{"sh", "-c", "/etc/rc.local; exec sleep infinity"}
	l := bootLab(t, s.dir, init...)
	before := l.etc()
	l.next(l.ok("holdfast", "install", "--init=rc.local", "/opt/web/web.service"))
	l.up()

	l = s.reboot(l, []string{"etc/rc.local"}, init...)
	l.up()
	l.next(l.ok("holdfast", "uninstall", "web"))
	l.down()
	l.sameEtc(before)
}

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
	l := bootLab(t, nil, s.dir, init...)
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
	l := bootLab(t, nil, s.dir, init...)
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
	atRest := func() bool {
		status := l.run("sv", "status", "web").stdout
		return strings.HasPrefix(status, "down:") && !strings.Contains(status, "want up")
	}
	l.staysDown(atRest, "sv", "up", "web")
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
	l := bootLab(t, nil, s.dir, init...)
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
	atRest := func() bool {
		return l.run("s6-svstat", "-o", "up,wantedup", "/run/service/web").stdout == "false false\n"
	}
	l.staysDown(atRest, "s6-svc", "-u", "/run/service/web")
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

// staysDown kills the business by a signal on its no-restart list: holdfast gives it up, init
// comes to rest, and it is down until a person types the command.
func (l *lab) staysDown(atRest func() bool, up ...string) {
	l.t.Helper()
	l.up()
	l.ok("kill", "-USR1", l.shown("web", "MainPID"))
	await(l.t, "init is at rest", atRest)
	if state, reason := l.shown("web", "GuardianState"), l.shown("web", "StatusReason"); state != "absent" || !strings.HasPrefix(reason, "not restarting") {
		l.t.Errorf("it is not given up, but %s: %s", state, reason)
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
	l := bootLab(t, nil, s.dir, init...)
	before := l.etc()

	said := l.ok("holdfast", "install", "--init=busybox-inittab", "/opt/web/web.service")
	l.next(said) // kill -HUP 1
	l.up()
	l.crash()
	_, business := l.up()
	if adopted := l.behead(); adopted != business {
		t.Errorf("the business is %d, was %d", adopted, business)
	}
	atRest := func() bool { return l.run("pgrep", "-x", "-f", "sleep 60").code == 0 }
	l.staysDown(atRest, "holdfast", "start", "web")
	l.crash()
	l.ok("holdfast", "stop", "web")
	await(t, "init is at rest", atRest)
	l.down()

	l = s.reboot(l, []string{"etc/inittab"}, init...)
	l.up()
	l.next(l.ok("holdfast", "uninstall", "web"))
	l.down()
	l.sameEtc(before)
}

func TestInstalledInCrontab(t *testing.T) {
	needs(t, "cron", "crontab")
	t.Parallel()
	l, boot := installedInCrontab(t, "rm -f /etc/cron.d/*; exec cron -f")
	l = boot(l)
	l.up() // by @reboot
	l.next(l.ok("holdfast", "uninstall", "web"))
	l.down()
}

func TestInstalledInBusyboxsCrontab(t *testing.T) {
	needs(t, "busybox")
	t.Parallel()
	l, boot := installedInCrontab(t, "mkdir -p /var/spool/cron/crontabs; ln -sf $(which busybox) /usr/bin/crontab; exec busybox crond -f")
	l = boot(l)
	if r := l.run("sh", "-c", l.minutely()); r.code != 0 { // which would come within a minute
		t.Errorf("%+v", r)
	}
	l.up()
	l.ok("pgrep", "-x", "-f", "busybox crond -f")
	l.next(l.ok("holdfast", "uninstall", "web"))
	l.down()
}

// minutely is the command of the line of every minute.
func (l *lab) minutely() string {
	l.t.Helper()
	_, command, found := strings.Cut("\n"+l.ok("crontab", "-l"), "\n* * * * * ")
	if !found {
		l.t.Fatal("no line of every minute")
	}
	command, _, _ = strings.Cut(command, "\n")
	return command
}

// installedInCrontab goes from the installation until before the next boot.
func installedInCrontab(t *testing.T, boot string) (l *lab, reboot func(*lab) *lab) {
	s := newSeed(t)
	init := []string{"sh", "-c", boot}
	l = bootLab(t, nil, s.dir, init...)
	before := l.etc()

	said := l.ok("holdfast", "install", "/opt/web/web.service")
	if want := "but there is a crontab: --init=cron"; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q in it", said, want)
	}
	l.next(said)
	l.up()

	// The line of every minute brings back who was killed, not what was stopped.
	quietly := func() {
		t.Helper()
		if r := l.run("sh", "-c", l.minutely()); r != (result{}) {
			t.Errorf("cron would mail: %+v", r)
		}
	}
	quietly()
	_, business := l.up()
	l.ok("kill", "-KILL", l.shown("web", "GuardianPID"))
	await(t, "its guardian is gone", func() bool { return l.shown("web", "GuardianState") == "killed" })
	quietly()
	if _, adopted := l.up(); adopted != business {
		t.Errorf("the business is %d, was %d", adopted, business)
	}
	l.ok("holdfast", "stop", "web")
	quietly()
	l.down()

	l.next(l.ok("holdfast", "uninstall", "web"))
	l.sameEtc(before)
	l.ok("holdfast", "install", "--init=cron", "/opt/web/web.service")
	return l, func(l *lab) *lab {
		return s.reboot(l, []string{"var/spool/cron/crontabs/root"}, init...)
	}
}

func TestInstalledInRCLocal(t *testing.T) {
	t.Parallel()
	s := newSeed(t)
	s.file("etc/rc.local", "#!/bin/sh -e\necho hello\nexit 0\n", 0o755)
	init := []string{"sh", "-c", "/etc/rc.local; exec sleep infinity"}
	l := bootLab(t, nil, s.dir, init...)
	before := l.etc()
	l.next(l.ok("holdfast", "install", "--init=rc.local", "/opt/web/web.service"))
	l.up()

	l = s.reboot(l, []string{"etc/rc.local"}, init...)
	l.up()
	l.next(l.ok("holdfast", "uninstall", "web"))
	l.down()
	l.sameEtc(before)
}

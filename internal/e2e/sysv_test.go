//go:build linux

package e2e

import (
	"strings"
	"testing"
)

// sysvHost is Debian with sysvinit, where nothing but web is to be started.
func sysvHost(t *testing.T) (s *seed, init []string) {
	s = newSeed(t)
	s.packages("sysvinit-core", "sysv-rc", "initscripts", "insserv", "startpar")
	s.file("etc/inittab", `id:2:initdefault:
l0:0:wait:/lib/init/rc 0
l1:1:wait:/lib/init/rc 1
l2:2:wait:/lib/init/rc 2
`, 0o644)
	// The links of this machine's own services, but not those made later for web.
	return s, []string{"sh", "-c", "find /etc/rc?.d -name '[SK]*' ! -name '*web' -delete; exec /sbin/init"}
}

func TestInstalledUnderSysvinit(t *testing.T) {
	needs(t, "update-rc.d", "service")
	t.Parallel()
	s, init := sysvHost(t)
	l := bootLab(t, nil, s.dir, init...)
	before := l.etc()

	said := l.ok("holdfast", "install", "/opt/web/web.service")
	if want := "PID 1 is init and there is /etc/init.d: --init=sysv"; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q in it", said, want)
	}
	exits := func(code int, action string) {
		t.Helper()
		if r := l.run("service", "web", action); r.code != code {
			t.Errorf("service web %s: exit code %d, want %d\n%s%s", action, r.code, code, r.stdout, r.stderr)
		}
	}
	// Linux Standard Base, "Init Script Actions", with the service down and never started.
	exits(3, "status")
	exits(0, "stop")
	exits(0, "try-restart")
	exits(0, "force-reload")
	exits(7, "reload")
	exits(3, "status")
	exits(2, "dance")

	l.next(said) // update-rc.d web defaults && service web start
	exits(0, "status")
	exits(0, "start")
	l.printed("up")
	exits(0, "reload")
	l.printed("reloaded")
	_, business := l.up()
	exits(0, "force-reload")
	if _, again := l.up(); again != business {
		t.Error("force-reload has restarted what can be reloaded")
	}
	for _, action := range []string{"restart", "try-restart"} {
		exits(0, action)
		if _, again := l.up(); again == business {
			t.Errorf("%s has restarted nothing", action)
		} else {
			business = again
		}
	}
	l.crash()
	l.ok("kill", "-KILL", l.shown("web", "GuardianPID"))
	await(t, "its guardian is gone", func() bool { return l.run("service", "web", "status").code == 1 })
	exits(0, "start")
	if _, adopted := l.up(); l.number(l.shown("web", "MainPID")) != adopted {
		t.Error("the program was not adopted")
	}
	if r := l.run("setpriv", "--reuid=65534", "--clear-groups", "/etc/init.d/web", "status"); r.code != 4 {
		t.Errorf("asked by another user: exit code %d, want 4", r.code)
	}

	// init stops it on its way to runlevel 1, and starts it at the boot into 2.
	l.ok("telinit", "1")
	l.down()
	await(t, "the runlevel is changed", func() bool { return l.run("pgrep", "-f", "/lib/init/rc").code == 1 })
	l.ok("telinit", "2")
	l.up()
	l = s.reboot(l, []string{"etc/init.d", "etc/rc0.d", "etc/rc1.d", "etc/rc2.d", "etc/rc3.d", "etc/rc4.d", "etc/rc5.d", "etc/rc6.d"}, init...)
	l.up()

	l.next(l.ok("holdfast", "uninstall", "web"))
	l.down()
	l.sameEtc(before)
}

func TestTheScriptOfARemovedHoldfast(t *testing.T) {
	needs(t, "service")
	t.Parallel()
	s, init := sysvHost(t)
	l := bootLab(t, nil, s.dir, init...)
	l.ok("holdfast", "install", "--init=sysv", "/opt/web/web.service")
	l.ok("mv", "/usr/local/bin/holdfast", "/usr/local/bin/gone")
	for action, code := range map[string]int{"start": 5, "stop": 0, "status": 4} {
		if r := l.run("/etc/init.d/web", action); r.code != code {
			t.Errorf("%s: exit code %d, want %d", action, r.code, code)
		}
	}
	l.ok("mv", "/usr/local/bin/gone", "/usr/local/bin/holdfast")
	l.ok("rm", "/opt/web/web.service")
	if r := l.run("/etc/init.d/web", "start"); r.code != 6 {
		t.Errorf("without its service file: exit code %d, want 6\n%s", r.code, r.stderr)
	}
}

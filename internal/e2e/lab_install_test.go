//go:build linux

package e2e

import (
	"strconv"
	"strings"
	"testing"
)

// The life of an installed service, as the person at the keyboard has it: what install
// says to type next is typed.
func TestInstalledUnderSystemd(t *testing.T) {
	t.Parallel()
	s := newSeed(t, "TimeoutStopSec=20", "[Install]", "WantedBy=multi-user.target")
	l := bootLab(t, s.dir)
	before := l.etc()

	said := l.ok("holdfast", "install", "/opt/web/web.service")
	for _, words := range []string{"systemd runs this host: --init=systemd", "wrote /etc/systemd/system/web.service"} {
		if !strings.Contains(said, words) {
			t.Errorf("it says %q, want %q in it", said, words)
		}
	}
	if printed, written := l.run("holdfast", "install", "--print", "/opt/web/web.service").stdout, l.run("cat", "/etc/systemd/system/web.service").stdout; printed != written {
		t.Errorf("--print prints\n%s\nand this is written\n%s", printed, written)
	}
	l.ok("systemd-analyze", "verify", "/etc/systemd/system/web.service")
	l.next(said)
	const pidFile = "/run/holdfast/web/pid"
	guardian, _ := l.guarded("web", pidFile, "web")
	l.expect("web", "Description=The web's shop", "UnitFileState=enabled")

	l.printed("up")
	l.systemctl("reload", "web")
	l.printed("reloaded")
	l.crash()
	l.expect("web", "NRestarts=0", "MainPID="+strconv.Itoa(guardian))
	l.behead()
	l.awaitUnit("web", "ActiveState=active")
	l.awaitUnit("web", "NRestarts=1")
	l.guarded("web", pidFile, "web")

	l.systemctl("stop", "web")
	l.expect("web", "ActiveState=inactive", "Result=success")
	l.gone("web", pidFile, "web")
	l.printed("bye")

	// The name is that of the service file, not of the unit that was written for it; and
	// systemd takes over what a person has started.
	l.ok("holdfast", "start", "web")
	l.systemctl("start", "web")
	l.ok("holdfast", "stop", "web")
	l.awaitUnit("web", "ActiveState=inactive")
	l.quietBut("not our child")

	l = s.reboot(l, []string{"etc/systemd/system/web.service", "etc/systemd/system/multi-user.target.wants/web.service"})
	l.guarded("web", pidFile, "web")
	l.expect("web", "ActiveState=active")
	if said := l.ok("holdfast", "install", "web"); !strings.Contains(said, "unchanged: /etc/systemd/system/web.service") {
		t.Errorf("it says %q", said)
	}
	l.next(l.ok("holdfast", "uninstall", "web"))
	l.gone("web", pidFile, "web")
	l.sameEtc(before)
	if r := l.run("systemctl", "status", "web"); !strings.Contains(r.stderr, "could not be found") {
		t.Errorf("systemd still knows it: %+v", r)
	}
	l.quiet()
}

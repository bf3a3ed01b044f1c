//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The life of an installed service, as the person at the keyboard has it: what install
// says to type next is typed.
func TestInstalledUnderSystemd(t *testing.T) {
	t.Parallel()
	s := newSeed(t, "TimeoutStopSec=20", "[Install]", "WantedBy=multi-user.target")
	l := bootLab(t, nil, s.dir)
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

// What a user has installed starts when that user's systemd does. (This user is root: in the
// lab another one's systemd may not have a cgroup.)
func TestInstalledForAUser(t *testing.T) {
	t.Parallel()
	s := newSeed(t)
	l := bootLab(t, nil, s.dir)
	system := *l
	l.ok("mkdir", "-p", "-m", "700", "/run/user/0")
	const session = "XDG_RUNTIME_DIR=/run/user/0"
	l.ok("systemd-run", "--quiet", "--unit=manager", "-p", "Type=notify", "-p", "Delegate=yes",
		"-E", session, "-E", exitAtOnce, "-E", "HOME=/root", "/lib/systemd/systemd", "--user", "--unit=default.target")
	l.prefix, l.scope = append(l.prefix, session), "--user"

	said := l.ok("holdfast", "install", "--user", "/opt/web/web.service")
	if want := "wrote /root/.config/systemd/user/web.service"; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q in it", said, want)
	}
	said, linger, _ := strings.Cut(said, "\n      ")
	if !strings.HasPrefix(linger, "loginctl enable-linger") { // there is no logind in the lab
		t.Errorf("it does not say how it is started at boot, but %q", linger)
	}
	l.next(said)
	const pidFile = "/run/holdfast/web/pid"
	l.guarded("web", pidFile, "web")
	l.printed("up")
	l.systemctl("reload", "web")
	l.printed("reloaded")

	system.systemctl("restart", "manager")
	l.awaitUnit("web", "ActiveState=active")
	l.guarded("web", pidFile, "web")
	l.next(l.ok("holdfast", "uninstall", "--user", "web"))
	l.gone("web", pidFile, "web")
	if left := l.ok("find", "/root/.config/systemd/user", "-name", "web*"); left != "" {
		t.Errorf("left: %s", left)
	}
}

// Only root installs for the host; others are told what they can do.
func TestInstallWithoutRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to be somebody else")
	}
	t.Parallel()
	h := newHost(t)
	file := h.file("web.service", "[Service]\nExecStart=sleep 1000\n", 0o644)
	for _, dir := range []string{h.dir, filepath.Dir(h.dir)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r := h.launch(Spec{Args: []string{"setpriv", "--reuid=65534", "--clear-groups", holdfast, "install", "--init=sysv", file}}).result()
	h.said(r, 1, "permission denied; only root can have a service started for the host, --user does it for you alone")
}

//go:build linux

package e2e

import (
	"strconv"
	"strings"
	"testing"
)

func notifying(lines ...string) []string {
	return append([]string{"[Service]", "Type=notify", "KillMode=mixed", "Restart=on-abnormal", "RestartSec=50ms",
		"ExecReload=/bin/kill -HUP $MAINPID"}, lines...)
}

// As a Type=notify service, the unit is up when the program is.
func TestSystemdIsNotified(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.unit("web.service", notifying("WatchdogSec=10s", "ExecStart=/lab/holdfast run --name web "+steady)...)
	l.systemctl("start", "web")
	l.expect("web", "ActiveState=active")
	guardian, business := l.guarded("web", "/run/holdfast/web/pid", "web")
	l.awaitUnit("web", "StatusText=running, PID "+strconv.Itoa(business))
	if env := l.ok("cat", "/proc/"+strconv.Itoa(business)+"/environ"); strings.Contains(env, "NOTIFY_SOCKET") || strings.Contains(env, "WATCHDOG") {
		t.Errorf("the business has systemd's own variables: %q", env)
	}
	l.systemctl("reload", "web")
	l.awaitUnit("web", "SubState=running")

	l.ok("kill", "-KILL", strconv.Itoa(business))
	await(t, "another one runs", func() bool { pid := l.shown("web", "MainPID"); return pid != "0" && pid != strconv.Itoa(business) })
	l.awaitUnit("web", "StatusText=running, PID "+l.shown("web", "MainPID"))
	l.expect("web", "MainPID="+strconv.Itoa(guardian), "NRestarts=0", "ActiveState=active")

	// One sign of life after the other comes for as long as the loop goes round.
	seen := map[string]bool{}
	await(t, "there were three signs of life", func() bool {
		seen[l.show("web", "WatchdogTimestampMonotonic")] = true
		return len(seen) > 3
	})
	l.expect("web", "NRestarts=0")
	l.ok("kill", "-STOP", strconv.Itoa(guardian))
	l.awaitUnit("web", "NRestarts=1")
	l.awaitUnit("web", "ActiveState=active")
	if journal := l.journal(); !strings.Contains(journal, "Watchdog timeout") {
		t.Error("systemd does not speak of its watchdog")
	}
	l.guarded("web", "/run/holdfast/web/pid", "web")
	l.systemctl("stop", "web")
	l.expect("web", "ActiveState=inactive", "Result=success")
	l.gone("web", "/run/holdfast/web/pid", "web")
}

// A program that does not come up fails systemctl start.
func TestSystemdIsNotNotified(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.unit("web.service", notifying("ExecStart=/lab/holdfast run --name web -- /bin/sh -c 'exit 7'")...)
	if r := l.run("systemctl", "start", "web"); r.code == 0 {
		t.Error("the start succeeded")
	}
	l.expect("web", "ActiveState=failed", "Result=exit-code", "ExecMainStatus=7", "NRestarts=0")
}

//go:build linux

package e2e

import (
	"strconv"
	"strings"
	"testing"
)

// Where systemd executes start as anything but Type=forking with a PIDFile=, it would
// lose the guardian.
func TestSystemdStartIsRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, how := range [][]string{
		{"Type=simple"}, {"Type=exec"}, {"Type=oneshot"}, {"Type=forking"},
		{"Type=notify"}, {"Type=notify", "PIDFile=/run/web.pid"},
	} {
		unit := append([]string{"[Service]", "ExecStart=/lab/holdfast start --name web " + steady}, how...)
		l.unit("web.service", unit...)
		l.run("systemctl", "start", "web") // simple and exec have started by the time it is refused
		l.awaitUnit("web", "ActiveState=failed")
		l.expect("web", "Result=exit-code")
		status := "ExecMainStatus"
		if how[0] == "Type=forking" { // start is not the main process there
			status = "ExecStart"
		}
		if got := l.show("web", status); got != "2" && !strings.Contains(got, "status=2") {
			t.Errorf("%v: %s is %s, want 2", how, status, got)
		}
		journal := l.journal()
		for _, remedy := range []string{"set Type=forking and PIDFile=", "use 'holdfast run' with Type=notify", "--force"} {
			if strings.Count(journal, remedy) != 1 {
				t.Errorf("%v: the journal does not name %q", how, remedy)
			}
		}
		if l.run("test", "-e", "/run/holdfast").code == 0 {
			t.Errorf("%v: something was begun", how)
		}
		l.ok("journalctl", "--rotate", "--vacuum-time=1us")
	}

	l.unit("web.service", "[Service]", "Type=forking", "ExecStart=/lab/holdfast start --force --name web "+steady)
	l.systemctl("start", "web")
	l.expect("web", "ActiveState=active")
	l.systemctl("stop", "web")
	l.expect("web", "Result=success")
}

// A shell that systemd executed is another matter: its start is a person's.
func TestSystemdStartInAShell(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.ok("systemd-run", "--quiet", "--pipe", "--wait", "sh", "-c",
		"/lab/holdfast start --name web "+steady+"; /lab/holdfast stop web")
}

func TestSystemdRunsItInTheForeground(t *testing.T) {
	for _, kind := range []string{"simple", "exec"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.unit("web.service", "[Service]", "Type="+kind, "KillMode=mixed", "Restart=on-abnormal",
				"ExecStart=/lab/holdfast run --name web "+steady, "ExecReload=/bin/kill -HUP $MAINPID")
			l.systemctl("start", "web")
			up := func() bool { return l.run("/lab/holdfast", "is-active", "web").code == 0 }
			await(t, "the program runs", up)
			first, _ := l.guarded("web", "/run/holdfast/web/pid", "web")
			l.systemctl("reload", "web")
			l.ok("kill", "-KILL", strconv.Itoa(first))
			l.awaitUnit("web", "NRestarts=1")
			await(t, "the program runs again", up)
			l.guarded("web", "/run/holdfast/web/pid", "web")

			l.systemctl("stop", "web")
			l.expect("web", "ActiveState=inactive", "Result=success")
			l.gone("web", "/run/holdfast/web/pid", "web")
			l.quiet()
		})
	}
}

// A user's systemd is no PID 1 but a subreaper, which the guardian comes to all the same.
func TestSystemdOfAUser(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.ok("mkdir", "-p", "-m", "700", "/run/user/0")
	l.ok("systemd-run", "--quiet", "--unit=manager", "-p", "Type=notify", "-p", "Delegate=yes",
		"-E", "XDG_RUNTIME_DIR=/run/user/0", "/lib/systemd/systemd", "--user", "--unit=basic.target")
	manager := l.show("manager", "MainPID")
	l.prefix, l.scope = append(l.prefix, "XDG_RUNTIME_DIR=/run/user/0"), "--user"

	l.unit("web.service", "[Service]", "Type=forking", "PIDFile=%t/web.pid", "Restart=on-abnormal",
		"ExecStart=/lab/holdfast start --name web "+steady, "ExecReload=/bin/kill -HUP $MAINPID")
	l.systemctl("start", "web")
	l.systemctl("reload", "web")
	first, _ := l.guarded("web", "/run/user/0/web.pid", "web")
	if parent := l.ok("ps", "-o", "ppid=", "-p", strconv.Itoa(first)); strings.TrimSpace(parent) != manager {
		t.Errorf("the guardian's parent is %s, want the user's systemd, %s", parent, manager)
	}
	l.ok("kill", "-KILL", strconv.Itoa(first))
	l.awaitUnit("web", "NRestarts=1")
	l.awaitUnit("web", "SubState=running")
	l.guarded("web", "/run/user/0/web.pid", "web")
	l.systemctl("stop", "web")
	l.expect("web", "ActiveState=inactive", "Result=success")
	l.gone("web", "/run/user/0/web.pid", "web")
	l.quiet()
}

// The unit's own User= makes the guardian an ordinary user's.
func TestSystemdGuardianWithoutRoot(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.unit("web.service", "[Service]", "Type=forking", "User=nobody", "PIDFile=/run/web/web.pid", "KillMode=mixed",
		"RuntimeDirectory=web", "RuntimeDirectoryPreserve=yes", "LogsDirectory=web",
		"Environment=HOLDFAST_RUNTIME_DIR=%t/web HOLDFAST_LOG_DIR=%L/web",
		"ExecStart=/lab/holdfast start --name web "+steady, "ExecReload=/bin/kill -HUP $MAINPID")
	l.prefix = append(l.prefix, "HOLDFAST_RUNTIME_DIR=/run/web", "HOLDFAST_LOG_DIR=/var/log/web")
	for range 3 {
		l.systemctl("restart", "web")
		l.systemctl("reload", "web")
		guardian, business := l.guarded("web", "/run/web/web.pid", "web")
		if users := strings.Fields(l.ok("ps", "-o", "user=", "-p", strconv.Itoa(guardian)+","+strconv.Itoa(business))); users[0] != "nobody" || users[1] != "nobody" {
			t.Errorf("guardian and business run as %v", users)
		}
	}
	l.systemctl("stop", "web")
	l.gone("web", "/run/web/web.pid", "web")
	l.quiet()
}

// One file is understood by both: systemd runs it as it is, and guarded.
func TestSystemdSharesAServiceFile(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.unit("plain.service", "[Unit]", "Description=A program", "[Service]", "Restart=on-failure",
		"RestartPreventExitStatus=7", "RestartSec=50ms", "Environment=WHO=%n",
		"ExecStart=/bin/sh -c 'echo I am ${WHO}; exec env --ignore-signal=HUP sleep infinity'")
	l.systemctl("start", "plain")
	l.systemctl("stop", "plain")
	l.unit("web.service", forking("/lab/plain.service", "KillMode=mixed")...)
	l.systemctl("start", "web")
	_, business := l.guarded("web", "/run/web.pid", "plain")
	l.ok("kill", "-KILL", strconv.Itoa(business))
	await(t, "it runs again", func() bool { pid := l.shown("plain", "MainPID"); return pid != "0" && pid != strconv.Itoa(business) })
	l.guarded("web", "/run/web.pid", "plain")
	await(t, "it has said who it is, twice", func() bool {
		return strings.Count(l.ok("/lab/holdfast", "logs", "plain"), "I am plain.service") == 2
	})
	l.systemctl("stop", "web")
	l.gone("web", "/run/web.pid", "plain")
	l.quiet()
}

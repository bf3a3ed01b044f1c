//go:build linux

package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// debian skips the test where a unit of the distribution's is not installed.
func (l *lab) debian(unit string) {
	l.t.Helper()
	if l.run("test", "-e", "/usr/lib/systemd/system/"+unit).code != 0 {
		l.t.Skipf("%s is not installed", unit)
	}
}

// named is the PID in a file.
func (l *lab) named(pidFile string) int {
	l.t.Helper()
	return l.number(strings.TrimSpace(l.ok("head", "-n1", pidFile)))
}

// What a distribution has written for systemd is guarded as it stands: nginx goes into the
// background, and tells by its PID file who it is.
func TestDebiansNginx(t *testing.T) {
	t.Parallel()
	installed(t, "nginx")
	l := newLab(t)
	l.debian("nginx.service")
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t)) // the network is everybody's
	l.ok("sed", "-i", "-e", "s/listen 80 default_server/listen "+address+"/", "-e", "/listen \\[::\\]:80/d", "/etc/nginx/sites-available/default")
	serves := func() bool { return l.run("curl", "-fsS", "-o", "/dev/null", "http://"+address+"/").code == 0 }
	mainIs := func(pid int) {
		t.Helper()
		if shown := l.shown("nginx", "MainPID"); shown != strconv.Itoa(pid) || pid != l.named("/run/nginx.pid") {
			t.Errorf("MainPID=%s, want %d; the file says %d", shown, pid, l.named("/run/nginx.pid"))
		}
	}
	l.ok("/lab/holdfast", "start", "nginx", "-p", "Restart=on-failure")
	first := l.named("/run/nginx.pid")
	mainIs(first)
	if !serves() {
		t.Error("it does not serve")
	}
	l.ok("/lab/holdfast", "reload", "nginx")
	mainIs(first)

	// It replaces its binary by a new master process that is the old one's child.
	l.ok("kill", "-USR2", strconv.Itoa(first))
	await(t, "there is a new master", func() bool {
		r := l.run("cat", "/run/nginx.pid", "/run/nginx.pid.oldbin")
		return r.code == 0 && !strings.HasPrefix(r.stdout, strconv.Itoa(first)+"\n")
	})
	second := l.named("/run/nginx.pid")
	l.ok("kill", "-QUIT", strconv.Itoa(first))
	await(t, "the old master is gone", func() bool { return l.run("kill", "-0", strconv.Itoa(first)).code != 0 })
	await(t, "the new one is the business", func() bool { return l.shown("nginx", "MainPID") == strconv.Itoa(second) })
	mainIs(second)
	if n := l.shown("nginx", "NRestarts"); n != "0" || !serves() {
		t.Errorf("after the upgrade: %s restarts, serves: %v", n, serves())
	}

	l.ok("kill", "-KILL", strconv.Itoa(second))
	await(t, "it is restarted", func() bool { return l.shown("nginx", "NRestarts") == "1" && l.shown("nginx", "SubState") == "running" })
	mainIs(l.named("/run/nginx.pid"))
	await(t, "it serves", serves)
	l.ok("/lab/holdfast", "stop", "nginx")
	if l.run("pgrep", "nginx").code == 0 {
		t.Error("after the stop there is an nginx")
	}
	for property, want := range map[string]string{"Result": "success", "ExecMainStatus": "0", "ActiveState": "inactive"} {
		if got := l.shown("nginx", property); got != want {
			t.Errorf("%s=%s, want %s", property, got, want)
		}
	}
}

// PostgreSQL is started by a script that runs pg_ctl, which waits until it is ready.
func TestDebiansPostgres(t *testing.T) {
	t.Parallel()
	installed(t, "pg_createcluster")
	l := newLab(t)
	l.debian("postgresql@.service")
	version := l.ok("sh", "-c", "ls /usr/lib/postgresql | sort -n | tail -n1")
	l.ok("pg_createcluster", "-p", strconv.Itoa(freePort(t)), version, "web", "--", "-N")
	name := "postgresql@" + version + "-web"
	pidFile := "/run/postgresql/" + version + "-web.pid"
	answers := func() bool {
		return l.run("su", "postgres", "-c", "psql --cluster "+version+"/web -c 'select 1'").code == 0
	}
	l.ok("/lab/holdfast", "start", name)
	main := l.named(pidFile)
	if shown := l.shown(name, "MainPID"); shown != strconv.Itoa(main) || !answers() {
		t.Errorf("MainPID=%s, want %d; answers: %v", shown, main, answers())
	}
	l.ok("/lab/holdfast", "reload", name)
	l.ok("/lab/holdfast", "upgrade", name)
	l.ok("kill", "-KILL", l.shown(name, "GuardianPID"))
	await(t, "the guardian is gone", func() bool { return l.shown(name, "GuardianState") == "killed" })
	l.ok("/lab/holdfast", "start", name)
	if shown := l.shown(name, "MainPID"); shown != strconv.Itoa(main) || !answers() {
		t.Errorf("adopted: MainPID=%s, want %d; answers: %v", shown, main, answers())
	}
	l.ok("/lab/holdfast", "stop", name)
	for property, want := range map[string]string{"Result": "success", "ExecMainStatus": "0", "ActiveState": "inactive"} {
		if got := l.shown(name, property); got != want {
			t.Errorf("%s=%s, want %s", property, got, want)
		}
	}
	if l.run("pgrep", "postgres").code == 0 {
		t.Error("after the stop there is a postgres")
	}
}

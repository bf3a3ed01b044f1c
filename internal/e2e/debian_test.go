//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A packaged service is one of Debian's, with the service file of its package as it stands.
type packaged struct {
	name     string // of the service; VERSION is that of the PostgreSQL which is installed
	programs string // that the test runs
	process  string // what its processes are called
	flags    string // that start takes besides
	prepare  string // makes the configuration that it has at first
	fresh    string // is run before whatever will start it
	ask      string // is a request, which is answered with the words before
	before   string
	change   string // of the configuration; after a reload the answer is after
	after    string
	reloads  reloads
	stays    bool // down after a crash: it has no Restart=
}

// reloads is what comes of a request to reload.
type reloads int

const (
	refused reloads = iota // there is no ExecReload=
	heard
	ends // ExecReload= sends a signal that the program does not know
)

var debians = []packaged{
	{
		name: "nginx", programs: "nginx curl", process: "nginx",
		prepare: `rm -f /etc/nginx/sites-enabled/*
			echo 'server { listen 127.0.0.1:80; return 200 one; }' >/etc/nginx/conf.d/web.conf`,
		ask: "curl -sS http://127.0.0.1/", before: "one",
		change: "sed -i s/one/two/ /etc/nginx/conf.d/web.conf", after: "two",
		reloads: heard, stays: true,
	},
	{
		name: "redis-server", programs: "redis-server redis-cli", process: "redis-server", flags: "--allow-unsupported",
		ask: "redis-cli ping", before: "PONG",
	},
	{
		name: "postgresql@VERSION-web", programs: "pg_createcluster psql", process: "postgres",
		prepare: `[ -d /etc/postgresql/VERSION/web ] || pg_createcluster -p 5432 VERSION web -- -N
			pg_conftool VERSION web set fsync off
			pg_conftool VERSION web set work_mem 4MB`,
		ask: "su postgres -c 'psql --cluster VERSION/web -Atc \"show work_mem\"'", before: "4MB",
		change: "pg_conftool VERSION web set work_mem 5MB", after: "5MB",
		reloads: heard, stays: true,
	},
	{
		name: "ssh", programs: "sshd ssh-keyscan", process: "sshd",
		prepare: `ssh-keygen -A
			echo VersionAddendum one >/etc/ssh/sshd_config.d/web.conf`,
		ask: "ssh-keyscan 127.0.0.1 2>&1", before: "one\n127.0.0.1 ssh-",
		change: "sed -i s/one/two/ /etc/ssh/sshd_config.d/web.conf", after: "two\n127.0.0.1 ssh-",
		reloads: heard,
	},
	{
		name: "cron", programs: "cron", process: "cron",
		prepare: "echo '@reboot root echo done >/run/job' >/etc/cron.d/web",
		fresh:   "rm -f /run/job /run/crond.reboot", // by the latter it knows that it is not the first since boot
		ask:     "cat /run/job", before: "done",
	},
	{
		name: "haproxy", programs: "haproxy curl", process: "haproxy", flags: "--allow-unsupported",
		prepare: `cat >/etc/haproxy/haproxy.cfg <<-'END'
			defaults
				mode http
				timeout client 1m
			frontend web
				bind 127.0.0.1:8080
				http-request return status 200 content-type text/plain string one
			END`,
		ask: "curl -sS http://127.0.0.1:8080/", before: "one",
		change: "sed -i s/one/two/ /etc/haproxy/haproxy.cfg", after: "two",
		reloads: heard,
	},
	{
		name: "prometheus-node-exporter", programs: "prometheus-node-exporter curl", process: "prometheus-node",
		ask: "curl -sS http://127.0.0.1:9100/metrics", before: "\nnode_memory_MemTotal_bytes ",
		reloads: ends,
	},
	{
		name: "mosquitto", programs: "mosquitto mosquitto_pub mosquitto_sub", process: "mosquitto",
		prepare: `printf '%s\n' 'listener 1883 127.0.0.1' 'allow_anonymous true' >/etc/mosquitto/conf.d/web.conf`,
		ask:     "{ mosquitto_pub -r -t web -m one && mosquitto_sub -C 1 -t web; } 2>&1", before: "one",
		change: "sed -i s/true/false/ /etc/mosquitto/conf.d/web.conf", after: "not authorised",
		reloads: heard,
	},
}

// What a distribution has written for systemd does the same here. Each service lives through
// the same day under either manager, and the two have the same to say about it.
func TestDebian(t *testing.T) {
	t.Parallel()
	l := newLab(t, "unshare", "--net") // every port is its own, and systemd sets lo up
	l.prefix = append([]string{"nsenter", "--target=1", "--net", "--"}, l.prefix...)
	version, _ := l.words("ls /usr/lib/postgresql | sort -n | tail -n1")
	for _, p := range debians {
		for _, field := range []*string{&p.name, &p.prepare, &p.ask, &p.change} {
			*field = strings.ReplaceAll(*field, "VERSION", version)
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for program := range strings.FieldsSeq(p.programs) {
				installedForRoot(t, program)
			}
			mine := *l
			mine.t = t
			victims := outOfMemory(t)
			theirs := driver{&mine, []string{"systemctl"}, p}.day("")
			ours := driver{&mine, []string{"/lab/holdfast"}, p}.day(p.flags)
			t.Logf("holdfast:\n%s", strings.Join(ours, "\n"))
			mine.settled(p)
			switch {
			case slices.Equal(ours, theirs):
			case outOfMemory(t) != victims: // which is what is said of any SIGKILL then, where PIDs are not the host's
				t.Skip("somebody on this host was killed for want of memory meanwhile")
			default:
				t.Errorf("systemd:\n%s", strings.Join(theirs, "\n"))
			}
		})
	}
}

// outOfMemory is how many processes of this host were killed for want of memory.
func outOfMemory(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		t.Fatal(err)
	}
	_, count, _ := strings.Cut(string(text), "\noom_kill ")
	count, _, _ = strings.Cut(count, "\n")
	return count
}

// installedForRoot skips the test where a program is missing that only root may have in
// its path.
func installedForRoot(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(filepath.Join("/usr/sbin", program)); err != nil {
		installed(t, program)
	}
}

// words is what a line of shell says, and whether it ended well.
func (l *lab) words(script string) (string, bool) {
	r := l.run("sh", "-c", script)
	return strings.TrimSpace(r.stdout), r.code == 0
}

// A driver is systemctl or holdfast, and the service that it has in hand.
type driver struct {
	*lab
	command []string
	packaged
}

// day is a service's life from its configuration to its stop. It returns what the manager
// said of it at each hour.
func (d driver) day(flags string) (said []string) {
	d.t.Helper()
	note := func(hour string) {
		d.t.Helper()
		facts := []string{"ActiveState", "SubState", "Result", "NRestarts"}
		if d.property("ActiveState") == "failed" { // of any other systemd forgets how it ended
			facts = append(facts, "ExecMainCode", "ExecMainStatus")
		}
		for i, fact := range facts {
			facts[i] += "=" + d.property(fact)
		}
		said = append(said, hour+": "+strings.Join(facts, " "))
	}
	d.ok("sh", "-ec", ":;"+d.prepare)
	d.start(flags)
	d.answers(d.before)
	note("started")

	first, answer := d.property("MainPID"), d.before
	switch d.reloads {
	case refused:
		if r := d.try("reload"); r.code == 0 {
			d.t.Errorf("%s reload: there is nothing to do it with\n%s", d.command, r.stdout)
		}
	case heard:
		d.ok("sh", "-ec", d.change)
		d.do("reload")
		answer = d.after
		d.answers(answer)
		if pid := d.property("MainPID"); pid != first {
			d.t.Errorf("%s: the reload has made it PID %s, was %s", d.command, pid, first)
		}
	case ends:
		d.try("reload") // which is done or fails, as that or the end is noticed first
		d.becomes("inactive", "dead")
		note("ended by the reload")
		d.start(flags)
		d.answers(answer)
		first = d.property("MainPID")
	}
	note("reloaded")

	d.ok("sh", "-ec", ":;"+d.fresh)
	d.ok("kill", "-KILL", first)
	if d.stays {
		d.becomes("failed", "failed")
		note("killed")
		d.start(flags)
	} else {
		await(d.t, d.name+" is restarted", func() bool { return d.property("NRestarts") == "1" })
		d.becomes("active", "running")
		note("killed")
	}
	d.answers(answer)
	second := d.property("MainPID")
	if second == first {
		d.t.Errorf("%s: it is still PID %s", d.command, first)
	}

	d.ok("sh", "-ec", ":;"+d.fresh)
	d.do("restart")
	d.answers(answer)
	if pid := d.property("MainPID"); pid == second {
		d.t.Errorf("%s: after the restart it is still PID %s", d.command, pid)
	}
	note("restarted")
	d.do("stop")
	note("stopped")
	if left, found := d.words("pgrep -a -x " + d.process); found {
		d.t.Errorf("%s: after the stop there is\n%s", d.command, left)
	}
	return said
}

func (d driver) start(flags string) {
	d.t.Helper()
	d.ok("sh", "-ec", ":;"+d.fresh)
	d.do("start", strings.Fields(flags)...)
}

// try lets the manager do something with the service; do insists on it.
func (d driver) try(verb string, flags ...string) result {
	d.t.Helper()
	return d.run(slices.Concat(d.command, []string{verb, d.name}, flags)...)
}

func (d driver) do(verb string, flags ...string) {
	d.t.Helper()
	d.ok(slices.Concat(d.command, []string{verb, d.name}, flags)...)
}

func (d driver) property(name string) string {
	d.t.Helper()
	return d.ok(slices.Concat(d.command, []string{"show", "--value", "-p", name, d.name})...)
}

func (d driver) becomes(active, sub string) {
	d.t.Helper()
	await(d.t, d.name+" is "+active, func() bool {
		return d.property("ActiveState") == active && d.property("SubState") == sub
	})
}

// answers waits for the answer to a request: who is up may still be on the way to his port.
func (d driver) answers(want string) {
	d.t.Helper()
	got := ""
	defer func() {
		if d.t.Failed() {
			d.t.Logf("%s: the last answer of %s was %.1000q", d.command, d.name, got)
		}
	}()
	await(d.t, d.name+" answers "+want, func() bool {
		got, _ = d.words(d.ask)
		return strings.Contains(got, want)
	})
}

// settled checks what holdfast says before the start and leaves behind after the stop.
func (l *lab) settled(p packaged) {
	l.t.Helper()
	verify := append([]string{"/lab/holdfast", "verify", p.name}, strings.Fields(p.flags)...)
	l.ok(verify...)
	if p.flags != "" {
		if r := l.run("/lab/holdfast", "start", p.name); r.code != 2 || !strings.Contains(r.stderr, p.flags) {
			l.t.Errorf("start without %s: exit code %d\n%s", p.flags, r.code, r.stderr)
		}
	}
	if left := l.ok("ls", filepath.Dir(l.shown(p.name, "ControlSocket"))); left != "lock\nstate.json" {
		l.t.Errorf("the runtime directory holds %q, want lock and state.json", left)
	}
}

//go:build linux

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A lab is a real systemd, booted for one test: its units, its journal and its PIDs
// are the test's own. The binary under test is /lab/holdfast there.
type lab struct {
	t      *testing.T
	dir    string
	prefix []string // env, and the environment of every command
	scope  string   // which manager systemctl is about
}

const labScript = "../../scripts/systemd-lab"

// whyNoLab is the sentence that says why no lab can run here; "" where one can.
var whyNoLab = sync.OnceValue(func() string {
	if out, err := exec.Command(labScript, "check").CombinedOutput(); err != nil {
		return cmp.Or(string(bytes.TrimSpace(out)), err.Error())
	}
	return ""
})

// newLab boots a lab, as the child of a wrapper such as unshare if one is given.
func newLab(t *testing.T, wrapper ...string) *lab {
	t.Helper()
	l := bootLab(t, wrapper, "")
	l.systemctl("set-environment", exitAtOnce)
	return l
}

const exitAtOnce = "GORACE=atexit_sleep_ms=0" // not a second later

// bootLab boots a lab below the wrapper, with the files below seed, and with another init than systemd where
// one is given.
func bootLab(t *testing.T, wrapper []string, seed string, init ...string) *lab {
	t.Helper()
	if why := whyNoLab(); why != "" {
		t.Skip(why)
	}
	l := &lab{t: t, dir: filepath.Join(t.TempDir(), "lab"), prefix: []string{"env", exitAtOnce}, scope: "--system"}
	start := append(wrapper, labScript, "start", l.dir)
	if seed != "" {
		start = append(append(start, seed), init...)
	}
	if out, err := exec.Command(start[0], start[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("systemd-lab start: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command(labScript, "stop", l.dir).CombinedOutput(); err != nil {
			t.Errorf("systemd-lab stop: %v\n%s", err, out)
		}
	})
	t.Cleanup(l.look)
	binary, err := os.ReadFile(holdfast)
	if err == nil {
		err = os.WriteFile(filepath.Join(l.dir, "share/holdfast"), binary, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// look is the last look at the logs.
func (l *lab) look() {
	logs := l.run("sh", "-c", "tail -n +1 /var/log/holdfast/*/guardian.log").stdout
	if strings.Contains(logs, "DATA RACE") || strings.Contains(logs, "panic:") {
		l.t.Error("a race or a panic is in the guardian's log")
	}
	if l.t.Failed() {
		l.t.Logf("the journal:\n%s\nthe guardian's log:\n%s", l.journal(), logs)
	}
}

// run runs a command in the lab and returns what it did.
func (l *lab) run(command ...string) result {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	c := exec.CommandContext(ctx, labScript, slices.Concat([]string{"exec", l.dir}, l.prefix, command)...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		l.t.Fatalf("%s: %v", strings.Join(command, " "), err)
	}
	return result{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// ok runs a command in the lab and fails the test if that fails.
func (l *lab) ok(command ...string) string {
	l.t.Helper()
	r := l.run(command...)
	if r.code != 0 {
		l.t.Fatalf("%s: exit code %d\n%s%s", strings.Join(command, " "), r.code, r.stdout, r.stderr)
	}
	return strings.TrimSpace(r.stdout)
}

func (l *lab) systemctl(args ...string) string {
	l.t.Helper()
	return l.ok(slices.Concat([]string{"systemctl", l.scope}, args)...)
}

// unit makes a file that systemd reads as a unit.
func (l *lab) unit(file string, lines ...string) {
	l.t.Helper()
	text := strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(filepath.Join(l.dir, "share", file), []byte(text), 0o644); err != nil {
		l.t.Fatal(err)
	}
	l.systemctl("--runtime", "link", "/lab/"+file)
}

// show is what systemd says of a unit; shown, what holdfast says of a service.
func (l *lab) show(unit, property string) string {
	l.t.Helper()
	return l.systemctl("show", "--value", "-p", property, unit)
}

func (l *lab) shown(name, property string) string {
	l.t.Helper()
	return l.ok("/lab/holdfast", "show", "--value", "-p", property, name)
}

// expect compares properties of a unit, each given as Name=value.
func (l *lab) expect(unit string, properties ...string) {
	l.t.Helper()
	for _, property := range properties {
		name, want, _ := strings.Cut(property, "=")
		if got := l.show(unit, name); got != want {
			l.t.Errorf("%s: %s is %q, want %q", unit, name, got, want)
		}
	}
}

// awaitUnit waits until a property of a unit, given as Name=value, holds.
func (l *lab) awaitUnit(unit, property string) {
	l.t.Helper()
	name, want, _ := strings.Cut(property, "=")
	await(l.t, unit+" has "+property, func() bool { return l.show(unit, name) == want })
}

// members are the processes of a unit, in the order of their PIDs.
func (l *lab) members(unit string) (pids []int) {
	l.t.Helper()
	group := l.show(unit, "ControlGroup")
	if group == "" { // systemd drops it some time after it has become empty
		return nil
	}
	for _, line := range strings.Fields(l.run("cat", "/sys/fs/cgroup"+group+"/cgroup.procs").stdout) {
		pids = append(pids, l.number(line))
	}
	slices.Sort(pids)
	return pids
}

func (l *lab) number(s string) int {
	l.t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}

func (l *lab) journal() string {
	return l.run("sh", "-c", "journalctl --sync; journalctl --no-pager -o cat").stdout
}

// guarded checks that systemd, the PID file and holdfast agree on who the guardian is,
// and that nothing is in the unit but it and its business. It returns the two.
func (l *lab) guarded(unit, pidFile, name string) (guardian, business int) {
	l.t.Helper()
	mainPID, filed, shown := l.show(unit, "MainPID"), l.ok("cat", pidFile), l.shown(name, "GuardianPID")
	if mainPID != filed || mainPID != shown {
		l.t.Fatalf("systemd's MainPID is %s, the PID file says %s, GuardianPID is %s", mainPID, filed, shown)
	}
	guardian, business = l.number(mainPID), l.number(l.shown(name, "MainPID"))
	if got, want := l.members(unit), []int{guardian, business}; guardian == 0 || business == 0 || !slices.Equal(got, want) {
		l.t.Fatalf("processes %v are in %s, want guardian and business, %v", got, unit, want)
	}
	return guardian, business
}

// gone checks that nothing is left of a unit that came to rest, and nothing of the
// service in it but its past.
func (l *lab) gone(unit, pidFile, name string) {
	l.t.Helper()
	if left := l.members(unit); left != nil {
		l.t.Errorf("%s: processes %v are left", unit, left)
	}
	if l.run("test", "-e", pidFile).code == 0 {
		l.t.Errorf("%s was left behind", pidFile)
	}
	if state := l.shown(name, "ActiveState"); state != "inactive" {
		l.t.Errorf("holdfast says that %s is %s, want inactive", name, state)
	}
	if left := l.ok("ls", filepath.Dir(l.shown(name, "ControlSocket"))); left != "lock\nstate.json" {
		l.t.Errorf("the runtime directory holds %q, want lock and state.json", left)
	}
}

// complaints are systemd's words for a daemon that makes mistakes.
var complaints = regexp.MustCompile(`(?i).*(PID file|not our child|supervising process|is a zombie|left-over|remains running|timed out).*`)

// quiet checks that systemd had nothing to complain about, and that no zombie stays.
func (l *lab) quiet() { l.t.Helper(); l.quietBut() }

// quietBut is quiet, but for these words.
func (l *lab) quietBut(expected ...string) {
	l.t.Helper()
	found := slices.DeleteFunc(complaints.FindAllString(l.journal(), -1), func(line string) bool {
		return slices.ContainsFunc(expected, func(words string) bool { return strings.Contains(line, words) })
	})
	if found != nil {
		l.t.Errorf("systemd complained:\n%s", strings.Join(found, "\n"))
	}
	await(l.t, "there is no zombie", func() bool { return !strings.Contains(l.ok("ps", "-e", "-o", "stat="), "Z") })
}

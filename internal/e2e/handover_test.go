//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"holdfast/internal/control"
)

// builds are two versions of the binary, "a" and "b".
var builds = sync.OnceValues(func() ([2]string, error) {
	var paths [2]string
	for i, version := range []string{"a", "b"} {
		paths[i] = filepath.Join(filepath.Dir(holdfast), "holdfast-"+version)
		args := []string{"build", "-trimpath", "-ldflags=-X holdfast/internal/cli.version=" + version, "-o", paths[i]}
		cgo := "CGO_ENABLED=0"
		if raceEnabled {
			args, cgo = append(args, "-race"), "CGO_ENABLED=1"
		}
		build := exec.Command("go", append(args, "holdfast")...)
		build.Env = append(os.Environ(), cgo)
		if out, err := build.CombinedOutput(); err != nil {
			return paths, fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	return paths, nil
})

// twoBuilds are the paths of a and b.
func twoBuilds(t *testing.T) (a, b string) {
	t.Helper()
	paths, err := builds()
	if err != nil {
		t.Fatal(err)
	}
	return paths[0], paths[1]
}

// by runs another binary than the one under test.
func (h *host) by(binary string, args ...string) result {
	h.t.Helper()
	return h.launch(Spec{Args: append([]string{binary}, args...)}).result()
}

// startBy starts a service with that binary.
func (h *host) startBy(binary string, args ...string) {
	h.t.Helper()
	if r := h.by(binary, append([]string{"start", "--name", "p"}, args...)...); r.code != 0 {
		h.t.Fatalf("start: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

func TestUpgradeLeavesTheBusinessAlone(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := twoBuilds(t)
	h.startBy(a, "--", "sleep", "1000")
	kill(t, h.pid("p", "MainPID"), unix.SIGKILL)
	h.awaitShow("p", "NRestarts", "1")
	h.awaitShow("p", "SubState", "running")
	guardian, business := h.daemonized("p")
	h.shows("p", "GuardianVersion", "a")
	history := h.ok("history", "p", "1")

	for _, to := range []struct{ path, version string }{{b, "b"}, {b, "b"}, {a, "a"}, {b, "b"}} {
		h.ok("upgrade", "p", "--binary", to.path)
		h.daemonized("p")
		h.shows("p", "GuardianVersion", to.version, "GuardianBinary", to.path, "GuardianPID", strconv.Itoa(guardian),
			"MainPID", strconv.Itoa(business), "NRestarts", "1", "SubState", "running")
	}
	if now := h.ok("history", "p", "1"); now != history {
		t.Errorf("the first run was\n%s\nand is now\n%s", history, now)
	}
	for fd, file := range filesOf(t, guardian) {
		if strings.HasPrefix(file, "/memfd") || strings.HasSuffix(file, "/lock") && fd < 3 {
			t.Errorf("descriptor %d is %s", fd, file)
		}
	}
	files := len(filesOf(t, guardian))
	h.ok("upgrade", "--all")
	await(t, "no descriptor was added", func() bool { return len(filesOf(t, guardian)) <= files })

	kill(t, business, unix.SIGSEGV)
	h.awaitShow("p", "NRestarts", "2")
	h.awaitShow("p", "SubState", "running")
	for _, assignment := range variables(environOf(t, h.pid("p", "MainPID")), "HOLDFAST_HANDOVER") {
		t.Errorf("the next business has %s", assignment)
	}
	pid := h.pid("p", "MainPID")
	for _, set := range []string{"SigBlk", "SigIgn"} {
		if mask := strings.Trim(statusOf(t, pid, set), "0"); mask != "" {
			t.Errorf("the next business has %s %s", set, mask)
		}
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestStopAfterAnUpgradeLeavesNothing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := twoBuilds(t)
	h.startBy(a, "--", "sh", "-c", "(setsid sleep 1001 &); (setsid sleep 1002 &); exec sleep 1003")
	h.ok("upgrade", "p", "--binary", b)
	if n := len(h.below()); n != 4 {
		t.Errorf("%d processes, want guardian, business and two others", n)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// A process of an adopted business that was found below it is remembered by the next
// program, too: when its parent is gone, nothing else tells to whom it belongs.
func TestAnEstateIsHandedOver(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := twoBuilds(t)
	h.startBy(a, "--restart=no", "--", "sh", "-c", "env -i setsid sleep 1001 & echo ready; exec sleep 1002")
	h.ready("p")
	await(t, "it has a child", func() bool { return len(h.below()) == 3 })
	_, business := h.orphan("p")
	h.by(a, "start", "p")
	h.ok("upgrade", "p", "--binary", b)
	kill(t, business, unix.SIGKILL)
	h.ended()
	h.nothingLeft("p")
}

func TestUpgradeBySignal(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := twoBuilds(t)
	path := filepath.Join(h.dir, "installed")
	install := func(build string) {
		text, err := os.ReadFile(build)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+".new", text, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	install(a)
	h.startBy(path, "--", "sleep", "1000")
	guardian, business := h.daemonized("p")
	install(b)
	kill(t, guardian, unix.SIGUSR2)
	h.awaitShow("p", "GuardianVersion", "b")
	h.shows("p", "GuardianBinary", path, "MainPID", strconv.Itoa(business))
	await(t, "its helper is gone", func() bool { return len(h.below()) == 2 })
	h.shows("p", "NOrphansReaped", "0")

	// What is there next is no holdfast.
	if err := os.WriteFile(path+".new", []byte("#!/bin/sh\necho not today >&2; exit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	kill(t, guardian, unix.SIGUSR2)
	await(t, "the refusal is in the log", func() bool {
		return strings.Contains(strings.Join(lines(filepath.Join(h.dir, "log", "p", "guardian.log")), "\n"), "not today")
	})
	h.shows("p", "GuardianVersion", "b", "GuardianPID", strconv.Itoa(guardian), "MainPID", strconv.Itoa(business))
	h.ok("stop", "p")
	h.nothingLeft("p")
	for _, line := range lines(filepath.Join(h.dir, "log", "p", "guardian.log")) {
		if !json.Valid([]byte(line)) {
			t.Errorf("guardian.log has a line for nobody: %s", line)
		}
	}
}

func TestABadProgramIsNoSuccessor(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, _ := twoBuilds(t)
	h.startBy(a, "--", "sleep", "1000")
	guardian, business := h.daemonized("p")
	tests := []struct{ name, path, says string }{
		{"is not there", filepath.Join(h.dir, "nowhere"), "no such file"},
		{"is not executable", h.file("plain", "x", 0o644), "permission denied: it is not executable (mode 0644)"},
		{"is no program", h.file("text", "x", 0o755), "exec format error: neither a program for this machine nor a script with a #! line"},
		{"is a directory", h.dir, "permission denied: it is a directory"},
		{"has no interpreter", h.file("script", "#!/nowhere/sh\n", 0o755), "the script is there, but its interpreter /nowhere/sh is not"},
		{"is no holdfast", "/bin/true", "is no holdfast"},
		{"refuses", h.file("refuses", "#!/bin/sh\necho too old >&2; exit 1\n", 0o755), "refuses: too old"},
		{"knows another format", h.file("older", "#!/bin/sh\nexec "+a+" handover-version 99999\n", 0o755), "not of format 99999"},
		{"dies", h.file("dies", "#!/bin/sh\nkill -SEGV $$\n", 0o755), "refuses: signal: segmentation fault"},
	}
	for _, tt := range tests {
		r := h.run("upgrade", "p", "--binary", tt.path)
		h.said(r, 1, "p keeps its guardian (holdfast a): ", tt.says)
	}
	for _, path := range []string{filepath.Join(h.dir, "nowhere"), filepath.Join(h.dir, "text"), "/"} { // unasked
		_, err := control.Ask(context.Background(), h.runtime("p", "control"), control.Request{Verb: control.Handover, Binary: path})
		if err == nil || !strings.Contains(err.Error(), "exec "+path) {
			t.Errorf("exec of %s: %v", path, err)
		}
	}
	h.shows("p", "GuardianVersion", "a", "GuardianPID", strconv.Itoa(guardian), "MainPID", strconv.Itoa(business), "NRestarts", "0")
	kill(t, business, unix.SIGKILL) // it has gone on in earnest
	h.awaitShow("p", "NRestarts", "1")
	h.awaitShow("p", "SubState", "running")
	kill(t, guardian, unix.SIGTERM)
	h.init.wait(guardian)
	h.nothingLeft("p")
}

// A program that is busy when it has taken over has not ended.
func TestUpgradeWaitsForASlowSuccessor(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := twoBuilds(t)
	h.startBy(a, "--", "sleep", "1000")
	slow := h.file("slow", "#!/bin/sh\n[ $1 = handover-version ] || sleep 4\nexec "+b+` "$@"`+"\n", 0o755)
	if said := h.ok("upgrade", "p", "--binary", slow); !strings.Contains(said, "from holdfast a to holdfast b") {
		t.Errorf("it said %q", said)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestUpgradeDuringBackoffKeepsTheRest(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := twoBuilds(t)
	h.startBy(a, "-p", "RestartSec=1000", "--", "sleep", "1000")
	h.ok("kill", "-s", "KILL", "p")
	h.awaitShow("p", "SubState", "auto-restart")
	due := h.show("p", "NextRestartTimestamp")
	h.ok("upgrade", "p", "--binary", b)
	h.shows("p", "SubState", "auto-restart", "NextRestartTimestamp", due, "Result", "signal", "GuardianVersion", "b")
	h.ok("start", "p") // hurry up
	h.shows("p", "SubState", "running", "NRestarts", "1")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestATimerSetBeforeTheUpgradeRunsOutAfterIt(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := twoBuilds(t)
	h.startBy(a, "-p", "RestartSec=1", "--", "sleep", "1000")
	h.ok("kill", "-s", "KILL", "p")
	h.awaitShow("p", "SubState", "auto-restart")
	for _, path := range []string{b, a, b} {
		h.ok("upgrade", "p", "--binary", path)
	}
	h.awaitShow("p", "SubState", "running")
	h.shows("p", "NRestarts", "1", "GuardianVersion", "b")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestUpgradeDuringAStop(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := twoBuilds(t)
	h.startBy(a, "-p", "TimeoutStopSec=2", "--", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done")
	await(t, "the trap is set", func() bool { return len(lines(filepath.Join(h.dir, "log", "p", "output.log"))) > 0 })
	stop := h.start("stop", "p")
	h.awaitShow("p", "SubState", "stop-sigterm")
	h.ok("upgrade", "p", "--binary", b)
	h.shows("p", "SubState", "stop-sigterm", "GuardianVersion", "b")
	h.said(stop.result(), 0, "did not end within 2 s and was killed")
	h.shows("p", "Result", "timeout")
	h.nothingLeft("p")
}

// Who waits for a restart is told of its outcome by the next program.
func TestUpgradeDuringARestart(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := twoBuilds(t)
	h.startBy(a, "-p", "TimeoutStopSec=2", "--", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done")
	await(t, "the trap is set", func() bool { return len(lines(filepath.Join(h.dir, "log", "p", "output.log"))) > 0 })
	business := h.pid("p", "MainPID")
	restart := h.start("restart", "p")
	h.awaitShow("p", "SubState", "stop-sigterm")
	h.ok("upgrade", "p", "--binary", b)
	h.said(restart.result(), 0, "p is running: PID ")
	if h.pid("p", "MainPID") == business {
		t.Error("it was not restarted")
	}
	h.shows("p", "NRestarts", "0", "GuardianVersion", "b")
	h.ok("kill", "-s", "KILL", "p")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// An exit in the very moment of a handover is seen by one side or the other.
func TestAnExitDuringTheHandoverIsSeen(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := twoBuilds(t)
	h.startBy(a, "--settle=0", "-p", "RestartSec=0", "--", "sleep", "1000")
	for i := range 20 {
		business := h.pid("p", "MainPID")
		upgrade := h.start("upgrade", "p", "--binary", []string{b, a}[i%2])
		kill(t, business, unix.SIGKILL)
		h.said(upgrade.result(), 0)
		await(t, "another one runs", func() bool { p := h.pid("p", "MainPID"); return p != 0 && p != business })
	}
	h.shows("p", "NRestarts", "20")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestUpgradeInTheForeground(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := twoBuilds(t)
	run := h.launch(Spec{Args: []string{a, "run", "--name", "p", "--", "sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); echo $i; done; exec sleep 1000"}})
	h.awaitShow("p", "SubState", "running")
	business := h.show("p", "MainPID")
	for i := range 6 {
		h.ok("upgrade", "p", "--binary", []string{b, a}[i%2])
	}
	h.shows("p", "GuardianPID", strconv.Itoa(run.pid), "MainPID", business, "GuardianVersion", "a")
	await(t, "it has written all", func() bool { return len(lines(run.stdout)) >= 100000 })
	numbered(t, lines(run.stdout), 100000)
	numbered(t, lines(filepath.Join(h.dir, "log", "p", "output.log")), 100000)
	h.ok("stop", "p")
	h.said(run.result(), -1) // as the program did: by SIGTERM
	h.nothingLeft("p")
}

// numbered fails the test unless the lines are the numbers from 1 to n.
func numbered(t *testing.T, lines []string, n int) {
	t.Helper()
	for i, line := range lines {
		if line != strconv.Itoa(i+1) {
			t.Fatalf("line %d is %q", i+1, line)
		}
	}
	if len(lines) != n {
		t.Fatalf("%d lines, want %d", len(lines), n)
	}
}

// The log does not show that the guardian was replaced again and again, by two builds in
// turn, and that a third one refused.
func TestNoLineIsLostOrDoubledByHandovers(t *testing.T) {
	for name, stamps := range map[string]string{"at full speed": "", "with timestamps": "utc"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			a, b := twoBuilds(t)
			refuses := h.file("refuses", "#!/bin/sh\nexit 1\n", 0o755)
			w := h.newWriter(forever)
			settings := append([]string{"LogMaxSize=256K"}, keepAll...)
			if stamps != "" {
				settings = append(settings, "LogTimestamps="+stamps)
			}
			w.start(a, settings...)
			business := h.show("p", "MainPID")
			for i := range handovers {
				h.ok("upgrade", "p", "--binary", []string{b, a}[i%2])
				if i%10 == 0 {
					h.fails(1, nil, "upgrade", "p", "--binary", refuses)
				}
			}
			last := w.enough()
			h.shows("p", "MainPID", business, "NRestarts", "0")
			if err := w.stop(lineCheck{stamps: stamps}).complete(last); err != nil {
				t.Error(err)
			}
		})
	}
}

//go:build linux

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"holdfast/internal/watchdog"
)

// reports is the crash reports of a service, oldest first.
func (h *host) reports(name string) []string {
	h.t.Helper()
	paths, err := filepath.Glob(filepath.Join(h.dir, "log", name, "crash-*"))
	if err != nil {
		h.t.Fatal(err)
	}
	return paths
}

// onlyReport is the one crash report of a service.
func (h *host) onlyReport(name string) watchdog.CrashReport {
	h.t.Helper()
	paths := h.reports(name)
	if len(paths) != 1 {
		h.t.Fatalf("reports: %q, want one", paths)
	}
	report, err := watchdog.LoadCrashReport(paths[0])
	if err != nil {
		h.t.Fatal(err)
	}
	return report
}

// ended waits until nothing of the test runs any more.
func (h *host) ended() {
	h.t.Helper()
	await(h.t, "the guardian has ended", func() bool { return len(h.below()) == 0 })
}

func TestACrashIsReported(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.env = append(h.env, "API_TOKEN=hunter2-in-a-variable")
	h.ok("start", "--name", "p", "--restart=no", "--chdir", h.dir, "--", "sh", "-c",
		`i=0; while [ $i -lt 120 ]; do i=$((i+1)); echo line $i; done; while [ ! -e go ]; do sleep 0.01; done; exit 7`)
	pid := h.pid("p", "MainPID")
	h.file("go", "", 0o600)
	h.ended()
	r := h.onlyReport("p")
	if r.Number != 1 || r.PID != pid || r.Exit == nil || r.Exit.Code != 7 || r.Cause != "exited with 7" || r.Result != watchdog.ExitCode {
		t.Errorf("%+v", r)
	}
	if r.Lasted <= 0 || r.MaxRSS <= 0 || r.Started.IsZero() || r.Ended.IsZero() || !strings.HasPrefix(r.Decision, "not restarting: exited with 7") {
		t.Errorf("%+v", r)
	}
	if n := len(r.Output); n != 100 || r.Output[0] != "line 21" || r.Output[99] != "line 120" {
		t.Errorf("%d lines: %q", n, r.Output)
	}
	if r.Directory != h.dir || len(r.Arguments) != 3 || r.Guardian == 0 || r.Version == "" || r.Host == "" || r.BootID == "" {
		t.Errorf("%+v", r)
	}
	text, err := os.ReadFile(h.reports("p")[0])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"API_TOKEN"`) || strings.Contains(string(text), "hunter2") {
		t.Errorf("the variable's name, and not its value, is wanted in %s", text)
	}
	said := h.ok("history", "p", "1")
	for _, want := range []string{"exited with 7", "Result: exit-code", h.reports("p")[0], "API_TOKEN", "\nline 21\n", "\nline 120\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("history says %q, want %q in it", said, want)
		}
	}
	var again watchdog.CrashReport
	if err := json.Unmarshal([]byte(h.ok("history", "p", "1", "--json")), &again); err != nil || len(again.Output) != 100 {
		t.Errorf("history --json: %v: %+v", err, again)
	}
}

func TestAnEndThatWasAskedForIsNoCrash(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--", "sh", "-c", `trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done`)
	ready := func(times int) {
		t.Helper()
		await(t, "it is ready", func() bool { return strings.Count(h.ok("logs", "p"), "ready\n") == times })
	}
	ready(1)
	h.ok("restart", "p")
	ready(2)
	h.ok("stop", "p")
	h.ok("start", "--name", "q", "--restart=no", "--settle=0", "--", "true")
	h.ended()
	if found := append(h.reports("p"), h.reports("q")...); len(found) > 0 {
		t.Errorf("reports: %q", found)
	}
}

func TestTheCoreIsFound(t *testing.T) {
	t.Parallel()
	pattern, _ := os.ReadFile("/proc/sys/kernel/core_pattern")
	var limit unix.Rlimit
	unix.Getrlimit(unix.RLIMIT_CORE, &limit)
	if len(pattern) < 2 || strings.ContainsRune("|@", rune(pattern[0])) || limit.Max == 0 {
		t.Skipf("no core files here: core_pattern is %q, the hard limit %d", pattern, limit.Max)
	}
	h := newHost(t)
	h.ok("start", "--name", "p", "--restart=no", "--chdir", h.dir, "--", "sh", "-c",
		`ulimit -c unlimited; while [ ! -e go ]; do sleep 0.01; done; kill -SEGV $$`)
	h.file("go", "", 0o600)
	h.ended()
	r := h.onlyReport("p")
	if r.Exit.Signal != unix.SIGSEGV || !r.Exit.Core || r.Result != watchdog.CoreDump {
		t.Fatalf("%+v", r)
	}
	head := make([]byte, 4)
	core, err := os.Open(r.CoreFile)
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	if _, err := core.Read(head); err != nil || string(head) != "\x7fELF" {
		t.Errorf("%s begins with %q: %v", r.CoreFile, head, err)
	}
	if !strings.HasPrefix(r.CoreFile, h.dir) {
		os.Remove(r.CoreFile)
	}
	if said := h.ok("history", "p", "1"); !strings.Contains(said, "Core: "+r.CoreFile) {
		t.Errorf("history says %q", said)
	}
}

func TestOnCrash(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	hook := h.file("hook", "#!/bin/sh\n"+
		`{ env; test -s "$HOLDFAST_CRASH_REPORT" && echo there; cat; } >"$1.new"; mv "$1.new" "$1"; echo hooked; exit 3`+"\n", 0o755)
	out := filepath.Join(h.dir, "out")
	h.ok("start", "--name", "p", "--restart=no", "--chdir", h.dir, "-p", "OnCrash="+hook+" "+out, "--", "sh", "-c",
		`while [ ! -e go ]; do sleep 0.01; done; exit 7`)
	h.file("go", "", 0o600)
	h.ended()
	got := lines(out)
	report := h.reports("p")[0]
	invocation := h.show("p", "InvocationID")
	for _, want := range []string{"SERVICE_RESULT=exit-code", "EXIT_CODE=exited", "EXIT_STATUS=7", "HOLDFAST_CRASH_REPORT=" + report,
		"INVOCATION_ID=" + invocation, "there"} {
		if !strings.Contains(strings.Join(got, "\n")+"\n", want+"\n") {
			t.Errorf("no %s in %q", want, got)
		}
	}
	if last := got[len(got)-1]; !strings.HasPrefix(last, `{"service":"p"`) {
		t.Errorf("its stdin was %q, want the report", last)
	}
	if output := lines(filepath.Join(h.dir, "log", "p", "output.log")); len(output) != 1 || output[0] != "hooked" {
		t.Errorf("output: %q", output)
	}
	if said := h.ok("logs", "--guardian", "p"); !strings.Contains(said, "the OnCrash= command failed: it exited with 3") {
		t.Errorf("the guardian says %s", said)
	}
}

// The command lives through restarts of the service, those with leftovers to be killed
// among them, and is not taken for the business or for a leftover.
func TestOnCrashIsBesideTheService(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	hook := h.file("hook", "#!/bin/sh\necho $$ >hook.new; mv hook.new hook.pid; exec sleep 1000\n", 0o755)
	h.ok("start", "--name", "p", "--restart=always", "--chdir", h.dir, "-p", "RestartSec=0", "-p", "RestartSteps=0", "-p", "OnCrash="+hook, "--",
		"sh", "-c", `sleep 1000 & wait`)
	crash := func() {
		t.Helper()
		pid := h.pid("p", "MainPID")
		kill(t, pid, unix.SIGKILL)
		await(t, "it runs again", func() bool { now := h.pid("p", "MainPID"); return now != 0 && now != pid })
	}
	crash()
	file := filepath.Join(h.dir, "hook.pid")
	await(t, "the command runs", func() bool { return len(lines(file)) == 1 })
	hooked, err := strconv.Atoi(lines(file)[0])
	if err != nil {
		t.Fatal(err)
	}
	crash()
	crash()
	h.ok("restart", "p")
	if !alive(hooked) {
		t.Error("the command was killed with the service's leftovers")
	}
	if got := h.show("p", "NRestarts"); got != "3" && got != "0" {
		t.Errorf("NRestarts=%s", got)
	}
	if n := strings.Count(h.ok("logs", "--guardian", "p"), "that of an earlier crash still runs"); n != 2 {
		t.Errorf("it was skipped %d times, want 2", n)
	}
	h.ok("stop", "p")
	if alive(hooked) {
		t.Error("the command outlived the service")
	}
	h.nothingLeft("p")
}

func TestOnCrashTakesTooLong(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	hook := h.file("hook", "#!/bin/sh\ntrap '' TERM; setsid sleep 1000 & sleep 1000\n", 0o755)
	h.ok("start", "--name", "p", "--restart=no", "--chdir", h.dir, "-p", "TimeoutStopSec=1", "-p", "OnCrash="+hook, "--",
		"sh", "-c", `while [ ! -e go ]; do sleep 0.01; done; exit 7`)
	h.file("go", "", 0o600)
	h.ended()
	if said := h.ok("logs", "--guardian", "p"); !strings.Contains(said, "the OnCrash= command took longer than 1 s, and is killed") {
		t.Errorf("the guardian says %s", said)
	}
	h.nothingLeft("p")
}

// The guardian of a service that has failed waits for the command, but not once it is
// told to stop.
func TestAStopEndsOnCrash(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	hook := h.file("hook", "#!/bin/sh\n>hooked; sleep 1000\n", 0o755)
	h.ok("start", "--name", "p", "--restart=no", "--chdir", h.dir, "-p", "OnCrash="+hook, "--",
		"sh", "-c", `while [ ! -e go ]; do sleep 0.01; done; exit 7`)
	h.file("go", "", 0o600)
	await(t, "the command runs", func() bool { _, err := os.Stat(filepath.Join(h.dir, "hooked")); return err == nil })
	h.run("stop", "p")
	h.ended()
	if said := h.ok("logs", "--guardian", "p"); !strings.Contains(said, "is killed: the service was stopped") {
		t.Errorf("the guardian says %s", said)
	}
	h.nothingLeft("p")
}

// A command that is slow holds nothing up: the service can be started again, and whoever asks
// is answered.
func TestAServiceThatHasEndedWhileOnCrashRuns(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.file("broken", "", 0o600)
	h.fails(1, []string{"exited with 7"}, "start", "--name", "p", "--restart=no", "--settle=10s", "--chdir", h.dir, "-p", "OnCrash=/bin/sleep 1000", "--",
		"sh", "-c", `! test -e broken || exit 7; exec sleep 2000`)
	guardian := h.pid("p", "GuardianPID")
	await(t, "the command runs", func() bool { return len(h.named("sleep")) == 1 })
	hook := h.named("sleep")[0].PID
	h.shows("p", "SubState", "failed", "GuardianState", "present")
	h.fails(1, []string{"the OnCrash= command is running"}, "upgrade", "p")
	h.said(h.run("try-restart", "p"), 0, "p is not running")

	h.fails(1, []string{"exited with 7"}, "start", "p")
	h.fails(1, []string{"exited with 7"}, "restart", "p")
	h.ok("reset-failed", "p")
	h.shows("p", "SubState", "dead", "Result", "success", "GuardianState", "present")
	os.Remove(filepath.Join(h.dir, "broken"))
	h.ok("start", "p")
	if now := h.pid("p", "GuardianPID"); now != guardian || !alive(hook) || h.show("p", "SubState") != "running" {
		t.Errorf("guardian %d, was %d; the command is alive: %v; %s", now, guardian, alive(hook), h.ok("status", "p"))
	}
	kill(t, hook, unix.SIGKILL)
	await(t, "that the command has ended was told", func() bool { return strings.Contains(h.ok("logs", "--guardian", "p"), "the OnCrash= command failed") })
	h.shows("p", "SubState", "running")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestTheNewestReportsAreKept(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--restart=always", "--chdir", h.dir, "--settle=0", "-p", "RestartSec=0", "-p", "RestartSteps=0",
		"-p", "RestartPreventExitStatus=30", "--", "sh", "-c", `echo >>runs; exit $(wc -l <runs)`)
	h.ended()
	paths := h.reports("p")
	if len(paths) != 20 {
		t.Fatalf("%d reports: %q", len(paths), paths)
	}
	for i, path := range paths {
		if r, err := watchdog.LoadCrashReport(path); err != nil || r.Number != 11+i || r.Exit.Code != 11+i {
			t.Errorf("%s: %v: run %d, want %d", path, err, r.Number, 11+i)
		}
	}
	if said := h.ok("history", "p", "11"); !strings.Contains(said, "exited with 11") {
		t.Errorf("history says %q", said)
	}
}

// A guardian that finds the business dead has a crash to report like any other.
func TestACrashThatNobodySawIsReported(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--restart=always", "--chdir", h.dir, "-p", "OnCrash=/bin/sh -c 'echo hook for $$EXIT_STATUS'", "-p", "LogTimestamps=utc",
		"--", "sh", "-c", `sleep 1000 & echo begun; while [ ! -e go ]; do sleep 0.01; done; seq 100000; exit 7`) // its child keeps the pipe
	guardian, business := h.pid("p", "GuardianPID"), h.pid("p", "MainPID")
	kill(t, guardian, unix.SIGKILL)
	await(t, "the guardian is dead", func() bool { return !alive(guardian) })
	h.file("go", "", 0o600)
	await(t, "the business is dead", func() bool { return !alive(business) })
	os.Remove(filepath.Join(h.dir, "go"))
	h.ok("start", "p")
	output := filepath.Join(h.dir, "log", "p", "output.log")
	await(t, "the command ran", func() bool { return strings.Contains(strings.Join(lines(output), "\n"), "hook for 7") })
	r := h.onlyReport("p")
	if r.Number != 1 || r.PID != business || !r.Unseen || r.Exit.Code != 7 || r.Decision == "" {
		t.Errorf("%+v", r)
	}
	if n := len(r.Output); n == 0 || !strings.HasSuffix(r.Output[n-1], " 100000") {
		t.Errorf("of its last words there is on record: %q", r.Output)
	}
	h.ok("stop", "p")
	if said := h.ok("logs", "--guardian", "p"); !strings.Contains(said, r.Decision+" result=exit-code") {
		t.Errorf("the guardian says %s", said)
	}
}

// What a command leaves behind does not outlive the service.
func TestOnCrashLeavesNothing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	hook := h.file("hook", "#!/bin/sh\n(setsid sleep 1000 &)\n", 0o755)
	h.ok("start", "--name", "p", "--restart=no", "--chdir", h.dir, "-p", "OnCrash="+hook, "--",
		"sh", "-c", `while [ ! -e go ]; do sleep 0.01; done; exit 7`)
	h.file("go", "", 0o600)
	h.ended()
	h.nothingLeft("p")
}

func TestAProgramThatCannotBeExecutedIsReported(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	script := h.file("script", "#!/no/such/interpreter\n", 0o755)
	h.fails(1, []string{"/no/such/interpreter", "203/EXEC"}, "start", "--name", "p", "--restart=no", "--", script)
	h.ended()
	if r := h.onlyReport("p"); r.Exit.Code != 203 || r.PID != 0 {
		t.Errorf("%+v", r)
	}
}

//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/internal/proc"
	"holdfast/internal/watchdog"
)

// limited is a name for a service of which the limits can be enforced here, or the test is
// skipped. A control group is not a test's own directory, so the name is its own.
func limited(t *testing.T, r watchdog.ResourceControl) string {
	t.Helper()
	name := fmt.Sprintf("e2e-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))
	for _, not := range proc.CheckControlGroup("holdfast-"+name, r, proc.ControlGroup{}) {
		t.Skip(not)
	}
	return name
}

// controlGroup is what is on record.
func (h *host) controlGroup(name string) (group proc.ControlGroup) {
	h.t.Helper()
	var record watchdog.Record
	text, err := os.ReadFile(h.runtime(name, "state.json"))
	if err == nil {
		err = json.Unmarshal(text, &record)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return record.ControlGroup
}

// in fails the test unless the process is in every one of the directories.
func in(t *testing.T, pid int, group proc.ControlGroup) {
	t.Helper()
	if len(group.Dirs) == 0 {
		t.Error("there is no control group")
	}
	for _, dir := range group.Dirs {
		procs, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		if err != nil || !strings.Contains("\n"+string(procs), fmt.Sprintf("\n%d\n", pid)) {
			t.Errorf("PID %d is not in %s, in which are %q, %v", pid, dir, procs, err)
		}
	}
}

// noGroup fails the test if something is left of it.
func noGroup(t *testing.T, group proc.ControlGroup) {
	t.Helper()
	for _, dir := range group.Dirs {
		if _, err := os.Lstat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", dir, err)
		}
	}
}

func TestMemoryMaxIsEnforced(t *testing.T) {
	t.Parallel()
	name := limited(t, watchdog.ResourceControl{MemoryMax: 1})
	hog, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t)
	h.ok("start", "--name", name, "--no-restart=OOM", "--settle=0", "--env", roleVariable+"=hog", "-p", "MemoryMax=50M", "--", hog)
	await(t, "the guardian has ended", func() bool { return len(h.below()) == 0 })
	h.shows(name, "Result", "oom-kill", "MemoryMax", "52428800", "ControlGroup", "", "StatusTrouble", "",
		"StatusReason", "not restarting: killed by SIGKILL (out of memory), on the no-restart list")
	if first := h.runs(name)[0]; first.Exit == nil || first.Exit.OOM != watchdog.ByOOM {
		t.Errorf("its exit: %+v", first.Exit)
	}
	noGroup(t, h.controlGroup(name))
	h.nothingLeft(name)
}

func TestControlGroupOfAService(t *testing.T) {
	t.Parallel()
	name := limited(t, watchdog.ResourceControl{TasksMax: 1, MemoryMax: 1})
	h := newHost(t)
	before := filepath.Join(h.dir, "before")
	file := h.file(name+".service", "[Service]\nMemoryMax=64M\nTasksMax=20\nRestart=always\n"+
		"ExecStartPre=/bin/sh -c 'cat /proc/self/cgroup >"+before+"'\nExecStart=/bin/sleep 1000\n", 0o644)
	h.ok("start", file)
	business, group := h.pid(name, "MainPID"), h.controlGroup(name)
	in(t, business, group)
	if pre, err := os.ReadFile(before); err != nil || !strings.Contains(string(pre), group.Path+"\n") {
		t.Errorf("ExecStartPre= was in %q, %v; want %s", pre, err, group.Path)
	}
	h.shows(name, "ControlGroup", group.Path, "TasksMax", "20", "MemoryMax", "67108864")

	kill(t, business, 9)
	await(t, "another one runs", func() bool { pid := h.pid(name, "MainPID"); return pid != 0 && pid != business })
	in(t, h.pid(name, "MainPID"), group)

	// The next guardian finds it again.
	_, business = h.orphan(name)
	h.ok("start", file)
	h.shows(name, "MainPID", fmt.Sprint(business), "ControlGroup", group.Path, "StatusTrouble", "")
	kill(t, business, 9)
	await(t, "another one runs", func() bool { pid := h.pid(name, "MainPID"); return pid != 0 && pid != business })
	in(t, h.pid(name, "MainPID"), group)

	h.ok("upgrade", name)
	in(t, h.pid(name, "MainPID"), group)
	h.shows(name, "ControlGroup", group.Path, "StatusTrouble", "")

	h.orphan(name) // and so does a stop
	h.ok("stop", name)
	noGroup(t, group)
	h.nothingLeft(name)
	if left := h.controlGroup(name); !left.IsZero() {
		t.Errorf("on record: %+v", left)
	}
}

// A group that somebody else has made stays as it is, and the service is started without.
func TestForeignControlGroup(t *testing.T) {
	t.Parallel()
	r := watchdog.ResourceControl{TasksMax: 1}
	name := limited(t, r)
	h := newHost(t)
	group, not := proc.MakeControlGroup("holdfast-"+name, r, proc.ControlGroup{})
	if len(not) > 0 {
		t.Fatal(not)
	}
	defer group.Remove()
	file := h.file(name+".service", "[Service]\nExecStart=/bin/sleep 1000\nTasksMax=7\n", 0o644)
	const why = "was made by somebody else; if nobody needs it, remove it with rmdir"
	h.fails(0, []string{file + ":3: TasksMax=7: it is not enforced: ", why, "it can be started"}, "verify", file)
	h.fails(0, []string{file + ":3: TasksMax=7: it is not enforced: ", why, "is running"}, "start", file)
	h.fails(0, []string{"Trouble: TasksMax= is not enforced: ", why}, "status", name)
	h.shows(name, "ControlGroup", "")
	h.ok("stop", name)
	limit, err := os.ReadFile(filepath.Join(group.Dirs[0], "pids.max"))
	if err != nil || string(limit) != "1\n" {
		t.Errorf("its limit is %q, %v", limit, err)
	}
	h.nothingLeft(name)
}

// What a stop leaves alive keeps its group, which the next start finds.
func TestControlGroupIsLeftToWhoIsInIt(t *testing.T) {
	t.Parallel()
	name := limited(t, watchdog.ResourceControl{TasksMax: 1})
	h := newHost(t)
	start := []string{"start", "--name", name, "-p", "TasksMax=20", "-p", "KillMode=process", "--",
		"sh", "-c", `echo $$; sleep 1000 & exec sleep 1000`}
	h.ok(start...)
	group := h.controlGroup(name)
	h.ok("stop", name)
	for _, dir := range group.Dirs {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
	h.ok(start...)
	h.shows(name, "ControlGroup", group.Path, "StatusTrouble", "")
	in(t, h.pid(name, "MainPID"), group)
	h.ok("stop", name)
	for _, p := range h.named("sleep") {
		kill(t, p.PID, 9)
	}
	await(t, "nobody is left", func() bool { return len(h.named("sleep")) == 0 })
	h.ok("start", "--name", name, "-p", "TasksMax=20", "--", "sleep", "1000")
	h.ok("stop", name)
	noGroup(t, group)
	h.nothingLeft(name)
}

// Without any such setting nothing is made.
func TestNoControlGroupWithoutALimit(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--", "sleep", "1000")
	if group := h.controlGroup("p"); !group.IsZero() {
		t.Errorf("%+v was made", group)
	}
	own, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", h.pid("p", "GuardianPID")))
	theirs, theirErr := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", h.pid("p", "MainPID")))
	if err != nil || theirErr != nil || string(own) != string(theirs) {
		t.Errorf("the guardian is in %q, the business in %q; %v, %v", own, theirs, err, theirErr)
	}
	h.ok("stop", "p")
}

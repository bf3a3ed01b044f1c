package proc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// groupFor is a name for a test's control group. The test is skipped where the limits cannot be enforced.
func groupFor(t *testing.T, r Resources) string {
	t.Helper()
	name := fmt.Sprintf("holdfast-test-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))
	for _, not := range CheckControlGroup(name, r, ControlGroup{}) {
		t.Skip(not)
	}
	return name
}

func TestControlGroup(t *testing.T) {
	t.Parallel()
	r := Resources{MemoryMax: 64 << 20, TasksMax: 3}
	name := groupFor(t, r)
	group, not := MakeControlGroup(name, r, ControlGroup{})
	if len(not) > 0 {
		t.Fatal(not)
	}
	spec := shell("cat /proc/self/cgroup")
	spec.Join, spec.Stderr = group.Dirs, os.Stdout
	out, err := forkAndRead(spec)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out, "/"+name+"\n"); n < len(group.Dirs) {
		t.Errorf("in %d of %d groups %s:\n%s", n, len(group.Dirs), group.Path, out)
	}

	// Another service of that name finds it taken, and this one finds it again with what it says now.
	if _, not := MakeControlGroup(name, r, ControlGroup{}); len(not) != 2 || !strings.Contains(not[0].Error(), "was made by somebody else") {
		t.Errorf("a foreign group was taken: %v", not)
	}
	if not := CheckControlGroup(name, r, ControlGroup{}); len(not) != 2 {
		t.Errorf("a foreign group would be taken: %v", not)
	}
	r.MemoryMax, r.TasksMax = 128<<20, 0
	again, not := MakeControlGroup(name, r, group)
	if len(not) > 0 || len(again.Dirs) != 1 || len(again.Former) > 0 {
		t.Errorf("made again: %+v, %v", again, not)
	}
	if limit := limitIn(again.Dirs[0]); limit != "134217728" {
		t.Errorf("the limit is %q", limit)
	}
	if left, err := again.Remove(); err != nil || !left.IsZero() {
		t.Errorf("left: %+v, %v", left, err)
	}
	for _, dir := range group.Dirs {
		if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", dir, err)
		}
	}
}

func limitIn(dir string) string {
	for _, file := range []string{"memory.max", "memory.limit_in_bytes"} {
		if text, err := os.ReadFile(filepath.Join(dir, file)); err == nil {
			return strings.TrimSpace(string(text))
		}
	}
	return ""
}

func TestTasksMax(t *testing.T) {
	t.Parallel()
	r := Resources{TasksMax: 1}
	group, not := MakeControlGroup(groupFor(t, r), r, ControlGroup{})
	if len(not) > 0 {
		t.Fatal(not)
	}
	for _, setup := range []*Setup{nil, {NoNewPrivileges: true}} {
		spec := shell("(exit 0) && echo forked; echo goes on") // without it one process is enough
		spec.Args[0] = "sh"
		spec.Setup, spec.Join = setup, group.Dirs
		if out, err := forkAndRead(spec); err != nil || strings.Contains(out, "forked") {
			t.Errorf("setup %v: %q, %v", setup, out, err)
		}
	}
	if _, err := group.Remove(); err != nil {
		t.Error(err)
	}
}

func TestControlGroupWithProcessesIsKept(t *testing.T) {
	t.Parallel()
	r := Resources{TasksMax: 10}
	group, not := MakeControlGroup(groupFor(t, r), r, ControlGroup{})
	if len(not) > 0 {
		t.Fatal(not)
	}
	spec := shell("exec sleep 1000")
	spec.Join = group.Dirs
	pid, err := forkExec(spec)
	if err != nil {
		t.Fatal(err)
	}
	left, err := group.Remove()
	if !errors.Is(err, unix.EBUSY) || len(left.Former) != len(group.Dirs) {
		t.Errorf("left: %+v, %v", left, err)
	}
	syscall.Kill(pid, syscall.SIGKILL)
	reap(pid)
	if left, err := left.Remove(); err != nil || !left.IsZero() {
		t.Errorf("left: %+v, %v", left, err)
	}
}

// In cgroup v2 a process is born where it belongs.
func TestSpawnIntoControlGroup(t *testing.T) {
	t.Parallel()
	dir := scratchGroup(t)
	defer removeCgroup(t, dir)
	for _, setup := range []*Setup{nil, {NoNewPrivileges: true}} {
		spec := shell("cat /proc/self/cgroup")
		spec.Setup, spec.Join = setup, []string{dir}
		if out, err := forkAndRead(spec); err != nil || !strings.Contains(out, "0::") || !strings.Contains(out, "/"+filepath.Base(dir)+"\n") {
			t.Errorf("setup %v: %q, %v", setup, out, err)
		}
	}
	spec := shell("true")
	spec.Join = []string{dir + "/none"}
	_, err := forkExec(spec)
	checkSpawnError(t, err, StepCgroup, os.ErrNotExist)
}

// scratchGroup is a new group of cgroup v2.
func scratchGroup(t *testing.T) string {
	t.Helper()
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range cgroupMounts(table) {
		if m.v2 {
			dir, err := os.MkdirTemp(m.point, "holdfast-test-")
			if err != nil {
				t.Skip("no control group can be made:", err)
			}
			return dir
		}
	}
	t.Skip("no cgroup2 is mounted")
	return ""
}

// A guardian that shares its group with nobody makes room in it.
func TestControlGroupIsDivided(t *testing.T) {
	t.Parallel()
	dir := scratchGroup(t)
	defer removeGroup(dir) // with what a failed role may leave in it
	controllers, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	names := strings.Fields(string(controllers))
	if err != nil || len(names) == 0 {
		t.Skip("no controller is cgroup v2's here")
	}
	inRole(t, "divide", dir, names[0])
}

func roleDivide(args []string) {
	dir, controller := args[0], args[1]
	check(writeKernelFile(filepath.Join(dir, "cgroup.procs"), "0") == nil, "cannot enter %s", dir)
	sleeper := shell("exec sleep 1000")
	sleeper.Join, sleeper.Stderr = []string{dir}, nil // or a failed role would not end before it
	stranger := must(forkExec(sleeper))
	for deadline := time.Now().Add(patience); sameProgram(stranger) && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond) // on Linux 6.1 it was seen to be still the one that forked
	}
	site := groupSite{controller: controller, dir: dir, v2: true}
	err := site.divide()
	check(err != nil && strings.Contains(err.Error(), fmt.Sprintf("PID %d", stranger)), "beside a stranger: %v", err)
	syscall.Kill(stranger, syscall.SIGKILL)
	reap(stranger)
	site = groupSite{controller: controller, dir: dir, v2: true}
	check(site.divide() == nil && len(site.move) == 1, "alone: %+v", site)
	check(site.make(filepath.Join(dir, "below"), ControlGroup{}) == nil, "cannot make it")
	own := string(must(os.ReadFile("/proc/self/cgroup")))
	check(strings.Contains(own, "/"+filepath.Base(dir)+"/"+leafName+"\n"), "the guardian is in %s", own)
	available := string(must(os.ReadFile(filepath.Join(dir, "below", "cgroup.controllers"))))
	check(strings.Contains(available, controller), "handed down: %s", available)
	next := groupSite{controller: controller, dir: filepath.Join(dir, leafName), v2: true}
	check(next.divide() == nil && next.dir == dir && len(next.move) == 0, "from the leaf: %+v", next)
	check(removeGroup(filepath.Join(dir, "below")) == nil, "cannot remove it")
}

func reap(pid int) {
	for {
		if _, err := syscall.Wait4(pid, nil, 0, nil); err != syscall.EINTR {
			return
		}
	}
}

func TestSiteOfAController(t *testing.T) {
	t.Parallel()
	const hybrid = `31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
`
	const unified = "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	const container = "41 31 0:38 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	tests := []struct{ name, controller, own, mounts, want string }{
		{"v1", "memory", "4:memory:/a\n1:cpu,cpuacct:/b\n0::/c\n", hybrid, "/sys/fs/cgroup/memory/a of /a"},
		{"v1, two controllers in one", "cpu", "4:memory:/a\n1:cpu,cpuacct:/b\n0::/c\n", hybrid, "/sys/fs/cgroup/cpu,cpuacct/b of /b"},
		{"beside v1", "pids", "4:memory:/a\n1:cpu,cpuacct:/b\n0::/c\n", hybrid, "/sys/fs/cgroup/unified/c of /c, v2"},
		{"v1 that is not mounted", "pids", "4:memory:/a\n2:pids:/\n0::/c\n", hybrid, "none"},
		{"v2", "memory", "0::/system.slice/web.service\n", unified, "/sys/fs/cgroup/system.slice/web.service of /system.slice/web.service, v2"},
		{"v2 in a container", "memory", "0::/docker/1/x\n", container, "/sys/fs/cgroup/x of /docker/1/x, v2"},
		{"v2 outside of the mount", "memory", "0::/user.slice\n", container, "none"},
		{"no hierarchy at all", "memory", "0::/\n", "", "none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			site, err := siteOf(tt.controller, []byte(tt.own), cgroupMounts([]byte(tt.mounts)))
			got := site.dir + " of " + site.path
			if site.v2 {
				got += ", v2"
			}
			if err != nil {
				got = "none"
			}
			if got != tt.want {
				t.Errorf("%s, want %s (%v)", got, tt.want, err)
			}
		})
	}
}

func TestPercentages(t *testing.T) {
	t.Parallel()
	if memory, err := MemoryForPercent(); err != nil || memory < 1<<20 {
		t.Error(memory, err)
	}
	if tasks, err := TasksForPercent(); err != nil || tasks < 100 {
		t.Error(tasks, err)
	}
}

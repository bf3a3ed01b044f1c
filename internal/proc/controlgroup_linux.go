package proc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// MakeControlGroup makes the control group of that name, below the one in which this process is, and writes the
// limits into it. before is what was made for the service before: of that it takes what is there, and removes
// what is not needed any more. One that somebody else has made is left alone. What cannot be limited is told, and
// no reason not to start: so does systemd where the kernel lacks a controller.
//
// In cgroup v2 a group with processes of its own cannot be divided, but for the root. So this process, and those
// of the same program beside it, move to a leaf (see [leafName]) of the group that they are in, which is then
// divided. That group has to be theirs alone.
func MakeControlGroup(name string, r Resources, before ControlGroup) (ControlGroup, []Unenforced) {
	var group ControlGroup
	var all []Unenforced
	for _, controller := range r.controllers() {
		site, err := findSite(controller)
		dir := filepath.Join(site.dir, name)
		if err == nil && !slices.Contains(group.Dirs, dir) {
			err = site.make(dir, before)
		} else if err == nil {
			err = site.enable()
		}
		if err != nil {
			all = append(all, r.unenforced(controller, err)...)
			continue
		}
		if !slices.Contains(group.Dirs, dir) {
			group.Dirs = append(group.Dirs, dir)
		}
		if group.Path == "" {
			group.Path = filepath.Join(site.path, name)
		}
		for _, f := range r.files(controller, site.v2) {
			if err := f.write(dir); err != nil && f.directive != "" {
				all = append(all, Unenforced{f.directive, err})
			}
		}
	}
	former := ControlGroup{Former: slices.Concat(before.Dirs, before.Former)}
	former.Former = slices.DeleteFunc(former.Former, func(dir string) bool { return slices.Contains(group.Dirs, dir) })
	former, _ = former.Remove()
	group.Former = former.Former
	return group, all
}

// CheckControlGroup says what MakeControlGroup could not limit, and changes nothing.
func CheckControlGroup(name string, r Resources, before ControlGroup) (all []Unenforced) {
	for _, controller := range r.controllers() {
		site, err := findSite(controller)
		if err == nil {
			err = site.check(filepath.Join(site.dir, name), before)
		}
		if err != nil {
			all = append(all, r.unenforced(controller, err)...)
			continue
		}
		for _, f := range r.files(controller, site.v2) {
			if f.directive != "" && f.file == "" {
				all = append(all, Unenforced{f.directive, errNoFile})
			}
		}
	}
	return all
}

var errNoFile = errors.New("cgroup v1, which has the memory controller here, cannot do it")

func (f groupFile) write(dir string) error {
	if f.file == "" {
		return errNoFile
	}
	return writeKernelFile(filepath.Join(dir, f.file), f.value)
}

// check reports why the group could not be made.
func (s *groupSite) check(dir string, before ControlGroup) error {
	if before.has(dir) {
		return nil
	}
	if _, err := os.Lstat(dir); err == nil {
		return foreign(dir)
	}
	if err := unix.Access(s.dir, unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("no control group can be made in %s: %w", s.dir, err)
	}
	return nil
}

func foreign(dir string) error {
	return fmt.Errorf("%s was made by somebody else; if nobody needs it, remove it with rmdir", dir)
}

func (s *groupSite) make(dir string, before ControlGroup) error {
	if err := s.check(dir, before); err != nil {
		return err
	}
	if err := s.enable(); err != nil {
		return err
	}
	err := os.Mkdir(dir, 0o755)
	switch {
	case errors.Is(err, os.ErrExist) && before.has(dir):
		return nil
	case errors.Is(err, os.ErrExist):
		return foreign(dir)
	case err != nil:
		return fmt.Errorf("no control group can be made: %w", err)
	}
	return nil
}

// removeTime is how long a group may take to become removable after its last process has ended.
const removeTime = time.Second

// Remove removes what has no processes any more. What is left of the group is returned: it belongs to what a stop
// was told to leave alive.
func (g ControlGroup) Remove() (ControlGroup, error) {
	var all error
	gone := func(dir string) bool {
		err := removeGroup(dir)
		all = errors.Join(all, err)
		return err == nil
	}
	left := ControlGroup{Former: slices.DeleteFunc(slices.Concat(g.Dirs, g.Former), gone)}
	return left, all
}

func removeGroup(dir string) error {
	if below, err := os.ReadDir(dir); err == nil { // groups that its processes have made
		for _, entry := range below {
			if entry.IsDir() {
				removeGroup(filepath.Join(dir, entry.Name()))
			}
		}
	}
	for deadline := time.Now().Add(removeTime); ; time.Sleep(5 * time.Millisecond) {
		err := unix.Rmdir(dir)
		switch {
		case err == nil, err == unix.ENOENT:
			return nil
		case err != unix.EBUSY, populated(dir), time.Now().After(deadline):
			return &os.PathError{Op: "rmdir", Path: dir, Err: err}
		}
	}
}

// populated reports whether there are processes in the group itself.
func populated(dir string) bool {
	procs, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	return err == nil && len(procs) > 0
}

// forkInto spawns straight into the one control group of cgroup v2 that the spec has, with no process between.
func forkInto(spec Spec, files []uintptr, sys *syscall.SysProcAttr) (pid int, err error) {
	if len(spec.Join) != 1 {
		return 0, errors.ErrUnsupported
	}
	fd, err := unix.Open(spec.Join[0], unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, &SpawnError{StepCgroup, spec.Join[0], err}
	}
	defer unix.Close(fd)
	var kind unix.Statfs_t
	if err := unix.Fstatfs(fd, &kind); err != nil || kind.Type != unix.CGROUP2_SUPER_MAGIC {
		return 0, errors.ErrUnsupported
	}
	into := *sys
	into.UseCgroupFD, into.CgroupFD = true, fd
	pid, err = syscall.ForkExec(spec.Path, spec.Args, &syscall.ProcAttr{Dir: spec.Dir, Env: spec.Env, Files: files, Sys: &into})
	switch err {
	case nil:
		return pid, nil
	case syscall.ENOSYS: // clone3 with a group: before Linux 5.7, and in older containers
		return 0, errors.ErrUnsupported
	case syscall.ENODEV, syscall.EOPNOTSUPP, syscall.EBUSY:
		return 0, &SpawnError{StepCgroup, spec.Join[0], err}
	}
	return 0, diagnose(spec, err)
}

// MemoryForPercent is the memory of which a percentage is meant: the host's, or what its container may use
// (physical_memory in systemd's src/basic/limits-util.c).
func MemoryForPercent() (uint64, error) {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0, os.NewSyscallError("sysinfo", err)
	}
	memory := uint64(info.Totalram) * uint64(info.Unit)
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for _, m := range memoryMounts(mounts) {
		for _, file := range []string{"memory.max", "memory.limit_in_bytes"} {
			if limit, known := numberIn(filepath.Join(m.point, file)); known {
				memory = min(memory, limit)
			}
		}
	}
	return memory, nil
}

// TasksForPercent is how many tasks there can be (system_tasks_max, ibidem).
func TasksForPercent() (uint64, error) {
	tasks := uint64(1 << 62)
	for _, file := range []string{"/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max", "/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"} {
		if limit, known := numberIn(file); known {
			tasks = min(tasks, limit)
		}
	}
	if tasks == 1<<62 {
		return 0, errors.New("the kernel does not tell how many tasks there can be; write a number")
	}
	return tasks, nil
}

func numberIn(file string) (n uint64, known bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	_, err = fmt.Sscan(strings.TrimSpace(string(text)), &n)
	return n, err == nil
}

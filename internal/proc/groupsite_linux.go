package proc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// leafName is the group of cgroup v2 into which guardians move to make room for others beside it.
const leafName = "holdfast-guardian"

// A groupSite is where a group with a controller can be made: the guardian's own control group, or in cgroup v2
// what is above its leaf.
type groupSite struct {
	controller string
	dir, path  string
	v2         bool
	move       []int // who has to move to the leaf first
}

// findSite finds it for a controller, and changes nothing.
func findSite(controller string) (groupSite, error) {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return groupSite{}, err
	}
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return groupSite{}, err
	}
	mounts := cgroupMounts(mountinfo)
	if err := delegated(own, mounts); err != nil {
		return groupSite{}, err
	}
	site, err := siteOf(controller, own, mounts)
	if err == nil && site.v2 {
		err = site.divide()
	}
	return site, err
}

// siteOf is the control group in which a process is, of the hierarchy that has the controller. A controller is
// cgroup v2's where no hierarchy of cgroup v1 has it.
func siteOf(controller string, own []byte, mounts []cgroupMount) (groupSite, error) {
	v2 := true
	for line := range bytes.Lines(own) {
		if fields := strings.SplitN(string(line), ":", 3); len(fields) == 3 && slices.Contains(strings.Split(fields[1], ","), controller) {
			v2 = false
		}
	}
	for line := range bytes.Lines(own) {
		fields := strings.SplitN(strings.TrimSuffix(string(line), "\n"), ":", 3)
		if len(fields) < 3 || v2 != (fields[1] == "") || !v2 && !slices.Contains(strings.Split(fields[1], ","), controller) {
			continue
		}
		for _, m := range mounts {
			dir, below := within(m.root, fields[2])
			if m.v2 == v2 && below && (v2 || slices.Contains(m.options, controller)) {
				return groupSite{controller: controller, dir: filepath.Join(m.point, dir), path: fields[2], v2: v2}, nil
			}
		}
	}
	return groupSite{}, fmt.Errorf("no control group with the %s controller can be reached here (is cgroup2 mounted?)", controller)
}

// divide finds out what has to be done in cgroup v2 before a group can be made, or why it cannot.
func (s *groupSite) divide() error {
	if filepath.Base(s.dir) == leafName {
		s.dir, s.path = filepath.Dir(s.dir), filepath.Dir(s.path)
	}
	available, err := os.ReadFile(filepath.Join(s.dir, "cgroup.controllers"))
	if err != nil {
		return err
	}
	if !slices.Contains(strings.Fields(string(available)), s.controller) {
		return fmt.Errorf("the control group %s has no %s controller (it has: %s)", s.dir, s.controller,
			strings.TrimSpace(string(available)+" "))
	}
	if _, err := os.Stat(filepath.Join(s.dir, "cgroup.type")); err != nil {
		return nil // the root, which may have processes
	}
	procs, err := os.ReadFile(filepath.Join(s.dir, "cgroup.procs"))
	if err != nil {
		return err
	}
	for word := range strings.FieldsSeq(string(procs)) {
		pid, _ := strconv.Atoi(word)
		if !sameProgram(pid) {
			return fmt.Errorf("other processes, such as PID %d, are in the guardian's control group %s, and cgroup v2 divides no group with processes", pid, s.dir)
		}
		s.move = append(s.move, pid)
	}
	return nil
}

// sameProgram reports whether a process executes what this one does, or is gone.
func sameProgram(pid int) bool {
	own, err := os.Stat("/proc/self/exe")
	if err != nil {
		return false
	}
	other, err := os.Stat("/proc/" + strconv.Itoa(pid) + "/exe")
	return os.IsNotExist(err) && pid != 0 || err == nil && os.SameFile(own, other)
}

// enable gives the groups below the controller.
func (s *groupSite) enable() error {
	if !s.v2 {
		return nil
	}
	leaf := filepath.Join(s.dir, leafName)
	if len(s.move) > 0 {
		if err := os.Mkdir(leaf, 0o755); err != nil && !os.IsExist(err) {
			return fmt.Errorf("the guardian cannot make room in its control group: %w", err)
		}
	}
	for _, pid := range s.move {
		err := writeKernelFile(filepath.Join(leaf, "cgroup.procs"), strconv.Itoa(pid))
		if err != nil && !noSuchProcess(err) {
			return fmt.Errorf("PID %d cannot make room in the guardian's control group: %w", pid, err)
		}
	}
	if err := writeKernelFile(filepath.Join(s.dir, "cgroup.subtree_control"), "+"+s.controller); err != nil {
		return fmt.Errorf("the %s controller cannot be handed down: %w", s.controller, err)
	}
	return nil
}

// delegated reports whether systemd, where it manages the control groups, has left the guardian's to it: Delegate= of
// systemd.resource-control(5). What it has not left, it changes as it likes.
func delegated(own []byte, mounts []cgroupMount) error {
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		return nil // sd_booted(3)
	}
	var unit string
	for line := range bytes.Lines(own) {
		fields := strings.SplitN(strings.TrimSuffix(string(line), "\n"), ":", 3)
		for _, m := range mounts {
			manages := len(fields) == 3 && (m.v2 && fields[1] == "" || slices.Contains(m.options, fields[1]) && fields[1] == "name=systemd")
			if !manages {
				continue
			}
			dir, below := within(m.root, fields[2])
			if !below {
				continue
			}
			if filepath.Base(dir) == leafName {
				dir = filepath.Dir(dir)
			}
			unit = filepath.Join(m.point, dir)
			for _, name := range []string{"trusted.delegate", "user.delegate"} {
				if n, err := unix.Getxattr(unit, name, nil); err == nil && n > 0 {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("the control group %s is systemd's; let systemd start holdfast, by a unit with Delegate=yes", unit)
}

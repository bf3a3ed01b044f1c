package proc

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// What a host gives, for whoever wants to know before it matters.

// Certain reports whether a verdict would be more than "probably".
func (w *OOMWatch) Certain() bool { return w.log.fd >= 0 || w.file.own }

// Cgroup is the directory of the calling process's cgroup, in the hierarchy that accounts
// its memory, and whether that is the unified one (v2).
func Cgroup() (dir string, unified bool, err error) {
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", false, err
	}
	table, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", false, err
	}
	for _, file := range counterFiles(memoryMounts(mountinfo), table) {
		dir := filepath.Dir(file.path)
		if _, err := os.Stat(dir); err == nil && file.own {
			return dir, filepath.Base(file.path) == "memory.events", nil
		}
	}
	return "", false, fmt.Errorf("no hierarchy that accounts memory is mounted")
}

// ExitAfter learns the exit of a process that is reaped by somebody else, as adoption
// does. reap returns when that has happened.
func (id ID) ExitAfter(reap func()) Ended {
	fd, err := unix.PidfdOpen(id.PID, 0)
	reap()
	if err != nil {
		return Ended{ID: id, Unknown: true}
	}
	defer unix.Close(fd)
	return id.reaped(fd)
}

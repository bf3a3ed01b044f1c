package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// lostGuardian finds the guardian whose runtime directory was removed, by the lock that it
// still has open; 0 if there is none. Only a user's own can be looked at, and nobody else
// may be this service's.
func lostGuardian(lock string) (pid int) {
	own, err := os.ReadFile("/proc/self/comm") // which a guardian has, too
	if err != nil {
		return 0
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(lock)); err == nil {
		lock = filepath.Join(dir, filepath.Base(lock))
	}
	all, _ := os.ReadDir("/proc")
	for _, process := range all {
		pid, err := strconv.Atoi(process.Name())
		if err != nil {
			continue
		}
		proc := filepath.Join("/proc", process.Name())
		if name, err := os.ReadFile(filepath.Join(proc, "comm")); err != nil || !bytes.Equal(name, own) {
			continue
		}
		files, _ := os.ReadDir(filepath.Join(proc, "fd"))
		for _, file := range files {
			if open, _ := os.Readlink(filepath.Join(proc, "fd", file.Name())); open == lock+" (deleted)" {
				return pid
			}
		}
	}
	return 0
}

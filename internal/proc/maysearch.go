package proc

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// maySearch reports whether a process with this credential may enter the directory, by the permission
// bits of all that lead to it. It only explains a refusal that has already happened.
func maySearch(dir string, as *syscall.Credential) bool {
	if as == nil {
		return unix.Access(dir, unix.X_OK) == nil
	}
	if as.Uid == 0 {
		return true
	}
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return false
		}
		stat := info.Sys().(*syscall.Stat_t)
		execute := os.FileMode(0o001)
		switch {
		case stat.Uid == as.Uid:
			execute = 0o100
		case stat.Gid == as.Gid || slices.Contains(as.Groups, stat.Gid):
			execute = 0o010
		}
		if info.Mode()&execute == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

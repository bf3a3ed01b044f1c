//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// newCgroup makes a control group below the controller's root, which goes when everybody
// in it has gone.
func newCgroup(t *testing.T, controller string) (dir string) {
	t.Helper()
	root := filepath.Join("/sys/fs/cgroup", controller) // v1
	if _, err := os.Stat(filepath.Join(root, "cgroup.procs")); err != nil {
		root = "/sys/fs/cgroup"                                                                // v2
		os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+"+controller), 0) // where that fails, so do the limits
	}
	dir = filepath.Join(root, fmt.Sprintf("holdfast-e2e-%d-%s", os.Getpid(), filepath.Base(t.Name())))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skipf("no cgroup can be made here: %v", err)
	}
	t.Cleanup(func() {
		for err := unix.Rmdir(dir); err != nil; err = unix.Rmdir(dir) {
			if err != unix.EBUSY || t.Failed() {
				t.Errorf("rmdir %s: %v", dir, err)
				return
			}
			pause()
		}
	})
	return dir
}

package state

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// readOnly mounts an empty read-only file system on the runtime directory.
func readOnly(t *testing.T, dir Dir) error {
	mount(t, dir.Runtime, unix.MS_RDONLY, "mode=700")
	return nil
}

// mount puts a tmpfs at path until the test ends.
func mount(t *testing.T, path string, flags uintptr, options string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", path, "tmpfs", flags, options); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			t.Errorf("umount %s: %v", path, err)
		}
	})
}

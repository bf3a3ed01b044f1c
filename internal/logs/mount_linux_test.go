package logs

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// mount puts a tmpfs at path until the test ends.
func mount(t *testing.T, path, options string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", path, "tmpfs", 0, options); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			t.Errorf("umount %s: %v", path, err)
		}
	})
}

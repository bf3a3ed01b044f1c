package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Create makes the service's directories where they are missing: the runtime
// directory with mode 0700, the log directory with mode 0750. It refuses one
// that is not a directory, belongs to somebody else or cannot be written. Of
// the two only the log directory may be a symbolic link, to a larger disk.
func (d Dir) Create() error {
	if err := d.CreateRuntime(); err != nil {
		return err
	}
	return d.CreateLog()
}

// CreateRuntime is the part of [Dir.Create] that no guardian does without that others are
// to find.
func (d Dir) CreateRuntime() error {
	if err := create(d.Runtime, 0o700, os.Lstat); err != nil {
		return fmt.Errorf("runtime directory: %w; set %s to a directory of your own", err, runtimeVariable)
	}
	if err := os.Chmod(d.Runtime, 0o700); err != nil { // one that was there may be open to others
		return fmt.Errorf("runtime directory: %w", err)
	}
	return nil
}

// CreateLog is the other part.
func (d Dir) CreateLog() error {
	if d.Log == "" {
		_, err := logRoot(os.Geteuid(), os.Getenv)
		return fmt.Errorf("log directory: %w", err)
	}
	if err := create(d.Log, 0o750, os.Stat); err != nil {
		return fmt.Errorf("log directory: %w; set %s to a directory of your own", err, logVariable)
	}
	return nil
}

// Discard removes a runtime directory that nobody will look at any more, for it was made
// for one PID namespace only. Its process 1 calls it at its end.
func (d Dir) Discard() {
	if root := memoryRoot(os.Geteuid()); filepath.Dir(d.Runtime) == root {
		os.RemoveAll(d.Runtime)
		os.Remove(root) // if there is no other
	}
}

// Own reports why the caller does not act on what the runtime directory says: it is
// somebody else's, who may have written there what he likes.
func (d Dir) Own() error { return checkOwn(d.Runtime, os.Geteuid(), os.Lstat) }

func create(path string, mode fs.FileMode, stat func(string) (fs.FileInfo, error)) error {
	uid := os.Geteuid()
	parents := fs.FileMode(0o755)
	if uid != 0 {
		parents = 0o700 // XDG Base Directory Specification
	}
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, parents); err != nil {
		return err
	}
	// Where all may write, anybody could have made it since Locate looked.
	if parent == sharedRoot(sharedTemp, uid) || parent == memoryRoot(uid) {
		if err := checkOwn(parent, uid, os.Lstat); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := checkOwn(path, uid, stat); err != nil {
		return err
	}
	// Root may write anywhere but on a read-only file system, so ask the kernel.
	if err := unix.Access(path, unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("%s: not writable: %w", path, err)
	}
	return nil
}

// checkOwn says what keeps path from being a directory of uid's. Given
// [os.Lstat], a symbolic link does too.
func checkOwn(path string, uid int, stat func(string) (fs.FileInfo, error)) error {
	info, err := stat(path)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s: is a symbolic link", path)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s: is not a directory", path)
	}
	if owner := int(info.Sys().(*syscall.Stat_t).Uid); owner != uid {
		return fmt.Errorf("%s: belongs to uid %d, not to you (uid %d)", path, owner, uid)
	}
	return nil
}

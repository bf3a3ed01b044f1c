// Package pidfile tells other programs which process is the guardian.
//
// A reader sees the old content or the whole new one, never a part of either,
// and the content is the number and a line end: systemd reads the first line,
// people type kill $(cat file). No symbolic link at the path is ever followed.
//
// A number can outlive its process and be reused, so [Verify] asks the kernel
// too; who may be the guardian is decided by the service's lock, not by this
// file.
package pidfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// What may be wrong with a PID file, for errors.Is. A file that is not there is
// [fs.ErrNotExist].
var (
	ErrEmpty      = errors.New("is empty")
	ErrGarbage    = errors.New("holds no process ID")
	ErrNotRegular = errors.New("is not a regular file")
	ErrNotOurs    = errors.New("names another process")
)

// Write makes the file at path say pid, with mode 0644 whatever the umask. On
// failure the old content stands and nothing is left beside it.
//
// A symbolic link at path is replaced, not followed; a device, FIFO, socket or
// directory there is refused with [ErrNotRegular]. A pid below 1 is refused,
// because kill(2) takes it for a group or for everything.
func Write(path string, pid int) error {
	if pid < 1 || pid > maxPID {
		return fmt.Errorf("PID file %s: cannot write process ID %d: out of range", path, pid)
	}
	// A rename would happily put the file in the place of /dev/null.
	if info, err := os.Lstat(path); err == nil && info.Mode().Type()&^fs.ModeSymlink != 0 {
		return fmt.Errorf("PID file %s: %w but a %s", path, ErrNotRegular, kind(info.Mode()))
	}
	temporary, err := writeBeside(path, strconv.Itoa(pid)+"\n")
	if err == nil {
		if err = os.Rename(temporary, path); err != nil {
			os.Remove(temporary)
		}
	}
	if err != nil {
		return fmt.Errorf("PID file %s: cannot write: %w", path, cause(err))
	}
	return nil
}

// writeBeside writes content to a new file in path's directory and returns its
// name once the content is on the disk. The directory itself is not synced: a
// number that a power cut loses had no process any more.
func writeBeside(path, content string) (string, error) {
	// CreateTemp opens with O_EXCL, which never follows a symbolic link.
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	defer file.Close()
	err = file.Chmod(0o644)
	if err == nil {
		_, err = file.WriteString(content)
	}
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}

// Read returns the process ID that the file at path names.
//
// The first line counts, as for systemd; blanks round the number are allowed
// and a missing line end is no error. Besides [fs.ErrNotExist] and what open(2)
// says, it returns [ErrEmpty], [ErrGarbage] with the offending text, and
// [ErrNotRegular] for a symbolic link, FIFO, device or directory, none of which
// it opens. It never blocks and reads no more than a line's worth.
func Read(path string) (int, error) {
	content, _, err := load(path)
	if err != nil {
		return 0, err
	}
	pid, err := parse(content)
	if err != nil {
		return 0, fmt.Errorf("PID file %s: %w", path, err)
	}
	return pid, nil
}

// load returns the beginning of the regular file at path, and the facts about
// the very file that was read.
func load(path string) ([]byte, fs.FileInfo, error) {
	// Look before opening: to open is to act for some devices (a watchdog starts,
	// a tape rewinds). The flags cover a path that changes in between.
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%w but a %s", ErrNotRegular, kind(info.Mode()))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("PID file %s: %w", path, cause(err))
	}
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("PID file %s: %w", path, cause(err))
	}
	defer file.Close()
	info, err = file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%w but a %s", ErrNotRegular, kind(info.Mode()))
	}
	var content []byte
	if err == nil {
		content, err = io.ReadAll(io.LimitReader(file, maxLine+1))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("PID file %s: %w", path, cause(err))
	}
	return content, info, nil
}

// Remove deletes the file at path while it still names pid. A missing file is
// no error. Content that is not ours is left alone and reported: another number
// as [ErrNotOurs], anything else as [Read] does.
//
// Nothing can make the look and the removal one step; hold the service's lock
// round both.
func Remove(path string, pid int) error {
	found, err := Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case found != pid:
		return fmt.Errorf("PID file %s: %w: %d, not %d", path, ErrNotOurs, found, pid)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("PID file %s: cannot remove: %w", path, cause(err))
	}
	return nil
}

// cause strips what the os package says about the operation and the path: the
// path stands in front already, and the temporary name means nothing to a reader.
func cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

func kind(mode fs.FileMode) string {
	switch mode.Type() {
	case fs.ModeSymlink:
		return "symbolic link"
	case fs.ModeDir:
		return "directory"
	case fs.ModeNamedPipe:
		return "FIFO"
	case fs.ModeSocket:
		return "socket"
	}
	return "device"
}

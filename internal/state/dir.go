// Package state is where a service lives on disk: its runtime and log
// directories, its lock and its last state.
//
// Everything is found from the service's name and the caller alone, so whoever
// asks about a service looks where its guardian wrote, and nothing is registered
// anywhere else.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Dir is where one service lives. Both paths are absolute, or "" where there is no such
// directory; then the paths of what would be in it are "", too.
type Dir struct {
	Name    string // the service's name, without ".service"
	Runtime string // lock, PID file, sockets, FIFO, last state; mode 0700, gone after a reboot
	Log     string // the business's output and the guardian's own log
}

// in is the path of a file in one of the directories.
func in(dir, file string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, file)
}

// LockFile is held by the guardian for as long as it lives; see [TryLock].
func (d Dir) LockFile() string { return in(d.Runtime, "lock") }

// PIDFile is the PID file's place unless the service names another.
func (d Dir) PIDFile() string { return in(d.Runtime, "pid") }

// Control is the socket on which the guardian answers.
func (d Dir) Control() string { return in(d.Runtime, "control") }

// Notify is the socket on which the business says how it is, unless that needs a place that
// other users reach.
func (d Dir) Notify() string { return in(d.Runtime, "notify") }

// FIFO is the business's stdout and stderr.
func (d Dir) FIFO() string { return in(d.Runtime, "log") }

// StderrFIFO is the business's stderr, where that has a log of its own.
func (d Dir) StderrFIFO() string { return in(d.Runtime, "log-stderr") }

// Stage is where output waits between the FIFO and the log.
func (d Dir) Stage() string { return in(d.Runtime, "log.stage") }

// StderrStage is that of stderr.
func (d Dir) StderrStage() string { return in(d.Runtime, "log-stderr.stage") }

// Witness keeps the exit of a business that ends while no guardian is alive.
func (d Dir) Witness() string { return in(d.Runtime, "witness") }

// StateFile is the last state, which stays after the service ended; see [Load].
func (d Dir) StateFile() string { return in(d.Runtime, "state.json") }

// Output is the file that collects what the business prints; rotated ones and an index
// stand beside it.
func (d Dir) Output() string { return in(d.Log, "output.log") }

// StderrOutput is that of stderr, where it has a log of its own.
func (d Dir) StderrOutput() string { return in(d.Log, "stderr.log") }

// GuardianLog is the guardian's own log.
func (d Dir) GuardianLog() string { return in(d.Log, "guardian.log") }

// Locate returns the directories of the service called name, for the calling
// user and environment. It creates nothing; see [Dir.Create].
//
// Root's services are below /run/holdfast (/var/run/holdfast outside Linux) and
// /var/log/holdfast, other users' below $XDG_RUNTIME_DIR/holdfast and
// $XDG_STATE_HOME/holdfast (default ~/.local/state/holdfast).
// HOLDFAST_RUNTIME_DIR and HOLDFAST_LOG_DIR override; NAME is appended to them
// too, and a relative one is taken from the current directory. In a container whose
// root is read-only they are below /tmp or /dev/shm. There is no log directory where
// HOME is not set.
func Locate(name string) (Dir, error) {
	if err := checkName(name); err != nil {
		return Dir{}, fmt.Errorf("service name %q: %w", name, err)
	}
	uid := os.Geteuid()
	runtime, err := runtimeRoot(uid, os.Getenv)
	if err != nil {
		return Dir{}, fmt.Errorf("runtime directory: %w", err)
	}
	logs, _ := logRoot(uid, os.Getenv) // its error is for who needs it; see Dir.CreateLog
	return Dir{name, filepath.Join(runtime, name), in(logs, name)}, nil
}

// List returns the names of the services that have a last state below the
// runtime directory, sorted. None is not an error, unless there are some that the caller may
// not see: another user's.
func List() ([]string, error) {
	root, err := runtimeRoot(os.Geteuid(), os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("runtime directory: %w", err)
	}
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("runtime directory: %w", err)
	}
	var names []string
	var hidden error
	for _, entry := range entries {
		dir := Dir{Name: entry.Name(), Runtime: filepath.Join(root, entry.Name())}
		if !entry.IsDir() || checkName(dir.Name) != nil {
			continue
		}
		switch _, err := os.Lstat(dir.StateFile()); {
		case err == nil:
			names = append(names, dir.Name)
		case errors.Is(err, fs.ErrPermission):
			hidden = err
		}
	}
	if len(names) == 0 && hidden != nil {
		return nil, fmt.Errorf("%s: what is there cannot be read, for it is another user's: %w", root, hidden)
	}
	return names, nil
}

// checkName accepts systemd's unit names (systemd.unit(5)), but for a leading
// dot, which hides a directory or leaves it, and a leading dash, which reads as
// an option.
func checkName(name string) error {
	const special = `:-_.\@`
	switch {
	case name == "":
		return errors.New("is empty")
	case len(name) > 255:
		return errors.New("is longer than 255 bytes")
	case name[0] == '.' || name[0] == '-':
		return fmt.Errorf("begins with %q", name[0])
	}
	for _, r := range name {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		if !letter && !strings.ContainsRune(special, r) {
			return fmt.Errorf("contains %q; use letters, digits and %s", r, special)
		}
	}
	return nil
}

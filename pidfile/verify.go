package pidfile

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// State is what a PID file turned out to be.
type State int

const (
	Missing  State = iota // there is no file
	Empty                 // it says nothing
	Garbage               // it says something, but no process ID
	Stale                 // no process has the number
	Zombie                // the process has ended and waits to be reaped: dead
	Recycled              // the number belongs to something that started after the file was written
	Alive                 // the number belongs to a process that may have been meant
)

func (s State) String() string {
	switch s {
	case Missing:
		return "missing"
	case Empty:
		return "empty"
	case Garbage:
		return "garbage"
	case Stale:
		return "stale"
	case Zombie:
		return "zombie"
	case Recycled:
		return "recycled"
	case Alive:
		return "alive"
	}
	return fmt.Sprintf("State(%d)", int(s))
}

// Finding is what [Verify] learnt about a PID file.
type Finding struct {
	Path  string
	State State

	// PID is the number in the file; 0 when Missing, Empty or Garbage.
	PID int

	// Command is the short name (comm) of what has the number now: Zombie,
	// Recycled, Alive. It is empty where the system does not tell.
	Command string

	// Err says what is wrong with the content: Empty, Garbage.
	Err error
}

// String is the finding as one clause for a log or an error.
func (f Finding) String() string {
	owner := fmt.Sprintf("process %d", f.PID)
	if f.Command != "" {
		owner += " (" + f.Command + ")"
	}
	switch f.State {
	case Missing:
		return fmt.Sprintf("PID file %s does not exist", f.Path)
	case Empty, Garbage:
		return f.Err.Error()
	case Stale:
		return fmt.Sprintf("PID file %s is stale: no process %d", f.Path, f.PID)
	case Zombie:
		return fmt.Sprintf("PID file %s is stale: %s has ended and waits to be reaped", f.Path, owner)
	case Recycled:
		return fmt.Sprintf("PID file %s is stale: its number was reused by %s", f.Path, owner)
	}
	return fmt.Sprintf("PID file %s names %s, which is alive", f.Path, owner)
}

// process is what the system says about the owner of a number. A zero started
// means that it does not tell.
type process struct {
	command string
	started time.Time
	zombie  bool
	thread  bool // the number is that of a thread inside another process
}

// margin covers the ticks in which start times are counted and the coarse clock
// of the file system.
const margin = 2 * time.Second

// Verify tells what the PID file at path is worth. An error means that this
// cannot be known: the file cannot be read, or is not a regular file.
//
// Alive says that a process has the number, not that it is the guardian: the
// holder of the service's lock decides that. Recycled compares the process's
// start with the file's modification time, both as wall-clock time and with 2 s
// to spare. So a clock that was set forward by more after the file was written
// makes its process look recycled, and one that was set back can hide a reuse.
func Verify(path string) (Finding, error) {
	found := Finding{Path: path}
	content, info, err := load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil
	}
	if err != nil {
		return found, err
	}
	if found.PID, err = parse(content); err != nil {
		found.State = Garbage
		if errors.Is(err, ErrEmpty) {
			found.State = Empty
		}
		found.Err = fmt.Errorf("PID file %s: %w", path, err)
		return found, nil
	}
	owner, exists, err := inspect(found.PID)
	if err != nil {
		return found, fmt.Errorf("PID file %s: process %d: %w", path, found.PID, err)
	}
	found.Command = owner.command
	found.State = judge(owner, exists, info.ModTime())
	return found, nil
}

// judge decides what a number is worth that was written at the given time.
func judge(owner process, exists bool, written time.Time) State {
	switch {
	case !exists:
		return Stale
	case owner.thread: // only a whole process can have been meant
		return Recycled
	case !owner.started.IsZero() && owner.started.After(written.Add(margin)):
		return Recycled
	case owner.zombie:
		return Zombie
	}
	return Alive
}

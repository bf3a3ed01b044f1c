package proc

import (
	"golang.org/x/sys/unix"
)

// What a host gives, for whoever wants to know before it matters.

// Certain reports whether a verdict would be more than "probably".
func (w *OOMWatch) Certain() bool { return w.log.fd >= 0 || w.file.own }

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

// Package proc is the guardian's dealings with processes: it spawns the business, reaps everything,
// knows the tree and signals only who it means.
//
// A PID is only a number that the kernel hands out again. What is remembered is an ID, the PID with
// the time its process started, and it is checked at the moment of use.
package proc

import "errors"

// ErrGone says that a process has ended: there is none with its PID, or it is a zombie, or the PID
// belongs to another process by now.
var ErrGone = errors.New("the process is gone")

// ID names one process for good, where a PID alone may be recycled. It is valid until the next boot,
// see [BootID].
type ID struct {
	PID int

	// Start is when the process started: on Linux in clock ticks since boot (field 22 of
	// /proc/PID/stat), elsewhere in milliseconds since 1970. 0 means that it is not known;
	// such an ID matches no process.
	Start uint64
}

// Alive reports whether the process still runs. A zombie does not, nor does a recycled PID.
func (id ID) Alive() bool {
	now, err := Identify(id.PID)
	return err == nil && now == id
}

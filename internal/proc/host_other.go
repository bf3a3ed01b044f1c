//go:build !linux

package proc

import "errors"

// Certain is false: nobody can tell here.
func (w *OOMWatch) Certain() bool { return false }

// Cgroup fails: only Linux has them.
func Cgroup() (dir string, unified bool, err error) { return "", false, errors.ErrUnsupported }

// ExitAfter cannot be told here of a process that somebody else has reaped.
func (id ID) ExitAfter(reap func()) Ended {
	reap()
	return Ended{ID: id, Unknown: true}
}

//go:build !linux

package proc

// Certain is false: nobody can tell here.
func (w *OOMWatch) Certain() bool { return false }

// ExitAfter cannot be told here of a process that somebody else has reaped.
func (id ID) ExitAfter(reap func()) Ended {
	reap()
	return Ended{ID: id, Unknown: true}
}

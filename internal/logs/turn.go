package logs

import "time"

// A turn is a mutex that is had in the order in which it was asked for, however busy its
// holders are, and that can be asked for for a while only.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// Lock waits for the turn.
func (t turn) Lock() { t <- struct{}{} }

// Unlock ends it.
func (t turn) Unlock() { <-t }

// lockSoon is Lock for the guardian's loop, which does not wait for a disk that hangs. It
// reports whether it is the caller's turn.
func (t turn) lockSoon() bool {
	patience := time.NewTimer(drainPatience)
	defer patience.Stop()
	select {
	case t <- struct{}{}:
		return true
	case <-patience.C:
		return false
	}
}

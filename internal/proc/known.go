package proc

import (
	"errors"
	"os"
)

// Know has the end of a descendant that was not spawned here told as if it had been: by its whole ID, and once
// however it comes. If its parent is not this process, that one reaps it, and told is called, in a goroutine of
// its own. It fails only with [ErrGone], for a process that was reaped already.
func (r *Reaper) Know(id ID, told func(Ended)) error {
	r.mu.Lock()
	if _, known := r.spawned[id.PID]; !known {
		r.spawned[id.PID] = id
	}
	r.mu.Unlock()
	parent, err := Parent(id)
	if err == nil && parent != os.Getpid() || err != nil && !errors.Is(err, ErrGone) {
		err = id.watch(func(ended Ended) {
			if r.forget(id) {
				told(ended)
			}
		})
	}
	if errors.Is(err, ErrGone) {
		r.forget(id)
	}
	return err
}

// forget reports whether the process was known.
func (r *Reaper) forget(id ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spawned[id.PID] != id {
		return false
	}
	delete(r.spawned, id.PID)
	return true
}

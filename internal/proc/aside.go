package proc

import (
	"os"
	"syscall"
)

// SpawnAside starts a process that is no part of what is guarded: [Reaper.Collect] does not return it, and
// is alone beside it and what is below it; [Reaper.SignalAll] spares them. Its end comes by the channel. What it
// leaves behind when it ends is an orphan like any other.
func (r *Reaper) SpawnAside(spec Spec) (ID, <-chan Ended, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, err := r.spawn(spec)
	if err != nil {
		return ID{}, nil, err
	}
	ended := make(chan Ended, 1)
	r.asides[id.PID] = ended
	return id, ended, nil
}

// KillAside ends a process that was spawned aside, what is below it, and its process group. For one that was
// reaped it does nothing.
func (r *Reaper) KillAside(id ID) {
	r.mu.Lock() // until then nobody reaps it, so its PID and its group are its own
	defer r.mu.Unlock()
	if r.asides[id.PID] != nil {
		syscall.Kill(id.PID, syscall.SIGSTOP) // or a script would go on to its next command
		SignalAll(id.PID, syscall.SIGKILL)
		syscall.Kill(-id.PID, syscall.SIGKILL)
		syscall.Kill(id.PID, syscall.SIGKILL) // it may have left the group
	}
}

// SignalAll is [SignalAll] for whatever is below this process, but not for what was spawned aside.
func (r *Reaper) SignalAll(sigs ...syscall.Signal) (n int, err error) {
	s := sweep{sigs: sigs, spared: r.withoutAsides}
	err = s.below(os.Getpid())
	return len(s.reached), err
}

// withoutAsides leaves the asides and what is below them out of the processes, which are listed parents
// before children.
func (r *Reaper) withoutAsides(found []Process) []Process {
	r.mu.Lock() // after the list was made: one that is just being spawned is known by now
	defer r.mu.Unlock()
	if len(r.asides) == 0 {
		return found
	}
	aside := map[int]bool{}
	var others []Process
	for _, p := range found {
		if r.asides[p.PID] != nil || aside[p.PPID] {
			aside[p.PID] = true
			continue
		}
		others = append(others, p)
	}
	return others
}

// onlyAsides reports whether no child is left but those aside. A child stays in the process table until it is
// reaped, so none is missed.
func (r *Reaper) onlyAsides() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.asides) == 0 {
		return false
	}
	all, err := processTable()
	if err != nil {
		return false
	}
	for _, p := range all {
		if p.PPID == os.Getpid() && r.asides[p.PID] == nil {
			return false
		}
	}
	return true
}

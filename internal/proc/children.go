package proc

// Children is what a reaper knows of its children. After an exec, which leaves the
// children where they are, the next program's reaper takes it up.
type Children struct {
	Spawned  []ID
	Aside    []int
	Orphans  int
	OOMScore int // the process's own, before any protection
}

// Children is for the program that comes next.
func (r *Reaper) Children() Children {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := Children{Orphans: r.orphans, OOMScore: r.oomGiven}
	for _, id := range r.spawned {
		c.Spawned = append(c.Spawned, id)
	}
	for pid := range r.asides {
		c.Aside = append(c.Aside, pid)
	}
	return c
}

// ResumeReaper is NewReaper for a process that had a reaper before its exec.
func ResumeReaper(c Children) (*Reaper, error) {
	r, err := NewReaper()
	if err != nil {
		return nil, err
	}
	r.orphans, r.oomGiven = c.Orphans, c.OOMScore
	for _, id := range c.Spawned {
		r.spawned[id.PID] = id
	}
	for _, pid := range c.Aside { // nobody waits for these any more
		r.asides[pid] = make(chan Ended, 1)
	}
	return r, nil
}

// Spawned reports whether the process was spawned here and not reaped yet.
func (r *Reaper) Spawned(id ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return id.PID != 0 && r.spawned[id.PID] == id
}

package proc

import (
	"cmp"
	"fmt"
	"slices"
)

// Process is one entry of the process table.
type Process struct {
	ID
	PPID, PGID, Session int

	// State is the kernel's letter: R running, S sleeping, D waiting for a disk, T stopped, Z zombie.
	State byte

	Comm string // the command's name, without its arguments; Linux keeps 15 bytes

	threads int
}

// Dead reports whether nothing of the process runs any more. A zombie whose other threads go on, after
// only its main thread ended, is alive.
func (p Process) Dead() bool {
	return p.State == 'X' || p.State == 'Z' && p.threads <= 1
}

// Descendants lists the processes below this one, zombies included, parents before children. Outside Linux
// whoever was orphaned is lost to it: he is below process 1, not below his old grandparent.
func Descendants(of int) ([]Process, error) {
	all, err := processTable()
	if err != nil {
		return nil, fmt.Errorf("process table: %w", err)
	}
	return below(of, all), nil
}

// below picks the descendants of root, parents before children. It sorts all.
func below(root int, all []Process) []Process {
	slices.SortFunc(all, func(a, b Process) int {
		return cmp.Or(cmp.Compare(a.PPID, b.PPID), cmp.Compare(a.PID, b.PID))
	})
	var found []Process
	for parent, next := root, 0; ; next++ {
		i, _ := slices.BinarySearchFunc(all, parent, func(p Process, ppid int) int { return cmp.Compare(p.PPID, ppid) })
		for ; i < len(all) && all[i].PPID == parent; i++ {
			if all[i].PID != root { // PIDs were read one after the other: a recycled one could close a circle
				found = append(found, all[i])
			}
		}
		if next == len(found) {
			return found
		}
		parent = found[next].PID
	}
}

// Parent is the process's parent now; a zombie has one, too.
func Parent(id ID) (pid int, err error) {
	p, err := entry(id.PID)
	if err == nil && p.ID != id {
		err = ErrGone
	}
	if err != nil {
		return 0, fmt.Errorf("process %d: %w", id.PID, err)
	}
	return p.PPID, nil
}

// IsBelow reports whether the process, alive or a zombie, is a descendant of root.
func IsBelow(pid, root int) bool {
	const deepest = 1000 // a PID that is recycled meanwhile could close a circle
	for range deepest {
		p, err := entry(pid)
		if err != nil || p.PPID <= 0 {
			return false
		}
		if p.PPID == root {
			return true
		}
		pid = p.PPID
	}
	return false
}

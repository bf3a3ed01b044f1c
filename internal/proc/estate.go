package proc

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"syscall"
)

// InvocationVariable is in the environment of every business, and by inheritance of whatever it starts. Its
// value is the run's own.
const InvocationVariable = "HOLDFAST_INVOCATION_ID"

// Estate is what a guardian that died has left running. It is not below this process, so the reaper hears
// nothing of it, and nothing proves that it is gone but a look that finds nobody. Whoever is below this process
// is never part of it.
//
// A process belongs to it that carries one of the marks in its environment, or was found to belong before, or
// is below one that does, or is in the business's process group. Out of reach is only what has cleared its
// environment, left the group and lost its parent, all before the first look.
//
// It belongs to one goroutine.
type Estate struct {
	marks    []string // values of InvocationVariable
	business ID       // zero where none was found
	known    map[ID]bool
	watched  map[ID]bool
}

// NewEstate is the estate of those runs. The business, zero if there is none, must be known to be of these: it
// is believed.
func NewEstate(marks []string, business ID) *Estate {
	e := &Estate{marks: marks, business: business, known: map[ID]bool{}, watched: map[ID]bool{}}
	if business != (ID{}) {
		e.known[business] = true
	}
	return e
}

// Known are the members found last, for another program's estate to [Estate.Remember]: what they belong by may be gone
// by then.
func (e *Estate) Known() []ID { return slices.Collect(maps.Keys(e.known)) }

// Remember has processes count as members that were found to be.
func (e *Estate) Remember(known []ID) {
	for _, id := range known {
		e.known[id] = true
	}
}

// Members looks for the processes that are alive now, and remembers them.
func (e *Estate) Members() ([]Process, error) {
	all, err := processTable()
	if err != nil {
		return nil, fmt.Errorf("process table: %w", err)
	}
	ours := map[int]bool{os.Getpid(): true}
	for _, p := range below(os.Getpid(), all) {
		ours[p.PID] = true
	}
	all = slices.DeleteFunc(all, func(p Process) bool { return p.Dead() || ours[p.PID] })
	var read environ
	return e.pick(all, func(id ID) bool { return slices.Contains(e.marks, read.mark(id)) }), nil
}

// pick finds the members among all who are alive.
func (e *Estate) pick(all []Process, marked func(ID) bool) []Process {
	var members []Process
	pids, group := map[int]bool{}, false
	for news := true; news; {
		news = false
		all = slices.DeleteFunc(all, func(p Process) bool {
			// The group's number means our group only while somebody of ours is in it.
			mine := e.known[p.ID] || pids[p.PPID] || group && p.PGID == e.business.PID || marked != nil && marked(p.ID)
			if mine {
				members = append(members, p)
				pids[p.PID], news = true, true
				group = group || e.business.PID != 0 && p.PGID == e.business.PID
			}
			return mine
		})
		marked = nil // once is enough
	}
	clear(e.known)
	for _, p := range members {
		e.known[p.ID] = true
	}
	return members
}

// Signal sends the signals, in order, once to every member, and looks again until nobody new is found, as
// [SignalAll] does. It returns how many were reached, and the first failure.
func (e *Estate) Signal(sigs ...syscall.Signal) (n int, err error) {
	s := sweep{sigs: sigs}
	for range maxWalks {
		members, err := e.Members()
		if err != nil {
			return len(s.reached), err
		}
		if !s.signalNew(members) {
			break
		}
	}
	return len(s.reached), s.failed
}

// Watch has told called, in a goroutine of its own, when the member ends. To watch it twice changes nothing. It
// fails only with [ErrGone], for one that was reaped already.
func (e *Estate) Watch(id ID, told func(Ended)) error {
	if e.watched[id] {
		return nil
	}
	err := id.watch(told)
	e.watched[id] = err == nil
	return err
}

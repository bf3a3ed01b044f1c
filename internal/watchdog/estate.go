package watchdog

import (
	"cmp"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"holdfast/internal/proc"
)

// An Estate is what a guardian that did not end in order has left of its service.
type Estate struct {
	// Business is the living one, zero if there is none.
	Business Process
	// Unrecorded says that its guardian died before it could put that run on record.
	Unrecorded bool
	// Control is the living control process, UnrecordedStart says that there was one whose
	// start the guardian could not put on record.
	Control         Process
	UnrecordedStart bool
	// Members is how many processes are alive, the business included.
	Members int

	processes *proc.Estate
}

// Estate looks for what the record's guardian has left. It is for a guardian that is
// known to be dead, as by its lock.
func (r *Record) Estate() (Estate, error) {
	var e Estate
	if !r.orphaned() {
		return e, nil
	}
	if run := r.LastRun(); run != nil && run.owns(proc.ID(r.Business)) {
		e.Business = r.Business
	}
	if id := proc.ID(r.Control); id.PID != 0 && slices.Contains([]string{r.InvocationID, controlMark(r.InvocationID)}, proc.Mark(id)) {
		e.Control = r.Control
	}
	e.processes = proc.NewEstate(r.marks(), proc.ID(e.Business))
	members, err := e.processes.Members()
	if err != nil {
		return e, err
	}
	e.Members = len(members)
	forking := r.Service.Type == Forking
	e.UnrecordedStart = slices.ContainsFunc(members, func(p proc.Process) bool {
		mark := proc.Mark(p.ID)
		return mark == controlMark(r.NextInvocationID) || forking && mark == r.NextInvocationID
	})
	if e.Business.PID == 0 && !forking {
		e.Business, e.Unrecorded = unrecorded(members, r.nextMark())
		e.processes = proc.NewEstate(r.marks(), proc.ID(e.Business)) // to know its group, too
	}
	return e, nil
}

// orphaned reports whether the guardian ended without tidying up, in this boot.
func (r *Record) orphaned() bool {
	return r.Guardian.PID != 0 && r.BootID == proc.BootID()
}

// marks are the invocation IDs that a process of the service can carry.
func (r *Record) marks() []string {
	marks := []string{r.NextInvocationID, r.InvocationID}
	for _, run := range r.Runs {
		marks = append(marks, run.InvocationID)
	}
	for _, mark := range slices.Clone(marks) {
		marks = append(marks, controlMark(mark), hookMark(mark))
	}
	return slices.DeleteFunc(marks, func(mark string) bool { return mark == "" })
}

// nextMark is that of the business whose start was not put on record yet: of the present
// life of the service, if that has not come to its business, else of the next.
func (r *Record) nextMark() string {
	if r.State == Condition || r.State == StartPre {
		return r.InvocationID
	}
	return r.NextInvocationID
}

// owns reports whether the process is the run's business: it must carry the run's mark.
// One that has overwritten its environment must lead its group in the session where it
// was started; it cannot have left that one, for setsid(2) is not for a group's leader.
// A record with somebody else's PID passes neither test.
func (run *Run) owns(id proc.ID) bool {
	if id.PID == 0 {
		return false
	}
	switch proc.Mark(id) {
	case run.InvocationID:
		return id.Alive()
	case "":
		session, err := unix.Getsid(id.PID)
		group, groupErr := syscall.Getpgid(id.PID)
		return err == nil && groupErr == nil && session == run.Session && group == cmp.Or(run.Group, id.PID) && id.Alive()
	}
	return false
}

// unrecorded finds the business among the processes with a mark: a group's leader that
// leads no session and was not started by another of them. found is true also if only
// what it has started is left.
func unrecorded(members []proc.Process, mark string) (business Process, found bool) {
	marked := slices.DeleteFunc(slices.Clone(members), func(p proc.Process) bool { return proc.Mark(p.ID) != mark })
	leaders := slices.DeleteFunc(slices.Clone(marked), func(p proc.Process) bool {
		child := slices.ContainsFunc(marked, func(q proc.Process) bool { return q.PID == p.PPID })
		return child || p.PGID != p.PID || p.Session == p.PID
	})
	if len(leaders) > 0 {
		business = Process(slices.MinFunc(leaders, func(p, q proc.Process) int {
			return cmp.Or(cmp.Compare(p.Start, q.Start), cmp.Compare(p.PID, q.PID))
		}).ID)
	}
	return business, len(marked) > 0
}

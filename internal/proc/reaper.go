package proc

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// Reaper is the only one in the process that starts children and waits for them. Nothing else may
// wait: neither os/exec nor os.Process, whose waiting and ours would take each other's results.
type Reaper struct {
	adoptErr error

	// mu makes fork and registration one step, and likewise wait and deregistration: in between, a PID
	// that was just reaped could already belong to the next child.
	mu       sync.Mutex
	spawned  map[int]ID
	asides   map[int]chan<- Ended
	orphans  int
	oomGiven int // this process's own oom_score_adj before any protection
	oomErr   error
}

// NewReaper makes this process the one that every orphan among its descendants comes back to.
// There should be one per process. It fails where processes cannot be looked up at all, unless this is
// process 1.
func NewReaper() (*Reaper, error) {
	if _, err := Identify(os.Getpid()); err != nil {
		return nil, fmt.Errorf("processes cannot be told apart (is /proc mounted?): %w", err)
	}
	given, err := ownOOMScore()
	return &Reaper{adoptErr: adoptOrphans(), spawned: map[int]ID{}, asides: map[int]chan<- Ended{}, oomGiven: given, oomErr: err}, nil
}

// Subreaper says why orphans do not come back to this process: nil means that they do.
func (r *Reaper) Subreaper() error { return r.adoptErr }

// Orphans counts the reaped processes that were not spawned here.
func (r *Reaper) Orphans() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.orphans
}

// Spawn starts a process, leader of a process group of its own, and returns once its program runs. Its failure
// is a [*SpawnError].
func (r *Reaper) Spawn(spec Spec) (ID, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.spawn(spec)
}

func (r *Reaper) spawn(spec Spec) (ID, error) {
	restore := r.lendOOMScore(spec.OOMScoreAdj)
	pid, err := forkExec(spec)
	restore()
	if err != nil {
		return ID{}, err
	}
	id := startOf(pid) // answers even if it has ended already, for nobody has reaped it
	r.spawned[pid] = id
	return id, nil
}

// Ended is a process that has ended: one that was reaped here, or one of an [Estate].
type Ended struct {
	ID      ID   // of an orphan only the PID
	Spawned bool // by Spawn; otherwise it is an orphan that came back to us, or of an estate
	Status  syscall.WaitStatus
	Unknown bool // nobody can tell the status; of an estate only

	// What it used, together with the children it waited for itself. MaxRSS is in bytes and never less
	// than the guardian's own peak before the spawn, for the kernel counts from the fork on. Of one in an
	// estate, at most its own times are known.
	MaxRSS               int64
	UserTime, SystemTime time.Duration

	aside bool
}

// Collect reaps whatever has ended, and does not wait for anything. It is to be called after each SIGCHLD.
//
// Alone means that no child is left. With every orphan coming back to this process (see [Reaper.Subreaper])
// it proves that everything which was ever spawned, and all that was forked by it, is gone, but for what was
// spawned aside.
func (r *Reaper) Collect() (ended []Ended, alone bool) {
	for {
		one, err := r.collectOne()
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return ended, err == syscall.ECHILD
		case one.ID.PID == 0:
			return ended, r.onlyAsides()
		case one.aside:
		default:
			ended = append(ended, one)
		}
	}
}

func (r *Reaper) collectOne() (Ended, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var status syscall.WaitStatus
	var usage syscall.Rusage
	pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, &usage)
	if err != nil || pid == 0 {
		return Ended{}, err
	}
	id, spawned := r.spawned[pid]
	if spawned {
		delete(r.spawned, pid)
	} else {
		id.PID = pid
		r.orphans++
	}
	one := Ended{
		ID: id, Spawned: spawned, Status: status,
		MaxRSS:     int64(usage.Maxrss) * maxRSSUnit(),
		UserTime:   time.Duration(usage.Utime.Nano()),
		SystemTime: time.Duration(usage.Stime.Nano()),
	}
	if told := r.asides[pid]; told != nil {
		delete(r.asides, pid)
		one.aside = true
		told <- one
	}
	return one, nil
}

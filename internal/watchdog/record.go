package watchdog

import (
	"slices"
	"time"

	"holdfast/internal/proc"
)

// A Record is all that is known about a service at one moment. The guardian keeps it
// on disk, where it outlives the guardian, and hands it to whoever asks.
type Record struct {
	// Service is what is run and how.
	Service Service `json:"service"`
	// Loaded is when that was read; a service file may have changed since.
	Loaded time.Time `json:"loaded,omitzero"`
	// State and Result carry systemd's words.
	State  State  `json:"state"`
	Result Result `json:"result"`
	// Reason explains the last decision in a sentence; "" when there was none to make.
	Reason string `json:"reason,omitempty"`
	// Trouble is what keeps the guardian from doing all of its work, such as a full
	// disk; "" when all is well.
	Trouble string `json:"trouble,omitempty"`

	// Unlogged says that the business writes to the guardian's own stdout and stderr, and
	// nothing of that is kept in files.
	Unlogged bool `json:"unlogged,omitempty"`

	// Output is the last lines of a start that failed before there was a business.
	Output []string `json:"output,omitempty"`

	// Guardian and Business are the live processes, as far as the guardian knew.
	Guardian Process `json:"guardian,omitzero"`
	Business Process `json:"business,omitzero"`
	// Control is the command that is run beside the business, such as ExecReload=.
	Control Process `json:"control,omitzero"`
	// ControlGroup is what was made to limit them, and Unenforced says which limits are
	// not enforced, and why.
	ControlGroup proc.ControlGroup `json:"control_group,omitzero"`
	Unenforced   []string          `json:"unenforced,omitempty"`
	// Program is what runs in the guardian.
	Program Program `json:"program,omitzero"`
	// BootID tells whether the processes can still be there after a reboot.
	BootID string `json:"boot_id,omitempty"`
	// Told is what the business has said of itself.
	Told Told `json:"told,omitzero"`
	// NotifySocket is where it says so, its NOTIFY_SOCKET; "" where it may not.
	NotifySocket string `json:"notify_socket,omitempty"`
	// InvocationID is that of the present or last run, the business's INVOCATION_ID.
	InvocationID string `json:"invocation_id,omitempty"`
	// NextInvocationID will be that of the next run. By it a business is found whose
	// guardian died before it could put the run on record.
	NextInvocationID string `json:"next_invocation_id,omitempty"`

	// Restarts is systemd's NRestarts: automatic restarts since the last requested start.
	Restarts int `json:"restarts"`
	// Orphans counts the orphaned descendants that the guardian reaped.
	Orphans int `json:"orphans,omitempty"`
	// NextStart is when an automatic restart is due.
	NextStart time.Time `json:"next_start,omitzero"`
	// Window is how far the start limit is used up.
	Window Window `json:"start_window,omitzero"`
	// Progress is what another guardian needs besides, to go on in this one's place.
	Progress Progress `json:"progress,omitzero"`

	// When the states changed last, in systemd's four senses and in general.
	StateChanged  time.Time `json:"state_changed,omitzero"`
	ActiveEnter   time.Time `json:"active_enter,omitzero"`
	ActiveExit    time.Time `json:"active_exit,omitzero"`
	InactiveEnter time.Time `json:"inactive_enter,omitzero"`
	InactiveExit  time.Time `json:"inactive_exit,omitzero"`

	// Runs are the last ones, oldest first; the present one has no Ended.
	Runs []Run `json:"runs,omitempty"`
}

// A Process is a PID with what makes it unmistakable within one boot.
type Process struct {
	PID int `json:"pid"`
	// Start is the kernel's start time of the process, in its own units.
	Start uint64 `json:"start"`
}

// A Program is a build of holdfast.
type Program struct {
	Version string `json:"version"`
	// Path is where it was when the guardian began.
	Path string `json:"path"`
	// Handover is the format in which it hands its state over.
	Handover int `json:"handover"`
}

// A Window is a start limit's window, on the clock that runs since boot.
type Window struct {
	Begin time.Duration `json:"begin"`
	Count int           `json:"count"`
}

// A Run is one life of the business.
type Run struct {
	// Number counts the runs of this service from 1.
	Number int `json:"number"`
	PID    int `json:"pid,omitempty"`
	// InvocationID is in the environment of whatever the run started.
	InvocationID string `json:"invocation_id,omitempty"`
	// Session is the session that the business was started in and cannot leave. Group is its
	// process group, if it does not lead that.
	Session int `json:"session,omitempty"`
	Group   int `json:"group,omitempty"`
	// Seal is the number under which a witness keeps its exit; 0 where there is none.
	Seal uint64 `json:"seal,omitempty"`
	// Adopted is when another guardian took it over; zero for one whose own guardian lived.
	Adopted time.Time `json:"adopted,omitzero"`
	// Unseen says that it ended while no guardian was alive; Ended is when that was found.
	Unseen bool `json:"unseen,omitempty"`
	// Started and Ended are wall-clock times; Lasted was measured by a clock that
	// does not jump.
	Started time.Time     `json:"started"`
	Ended   time.Time     `json:"ended,omitzero"`
	Lasted  time.Duration `json:"lasted_ns,omitempty"`
	// Exit is how it ended; nil while it runs.
	Exit *Exit `json:"exit,omitempty"`
	// Result is what the end made of the service.
	Result Result `json:"result,omitempty"`
	// Asked says that a stop or a restart had been asked for before it ended.
	Asked bool `json:"asked,omitempty"`
	// Decision is what followed, and why.
	Decision string `json:"decision,omitempty"`
	// Report is the name of its crash report in the log directory; "" where there is none. The
	// file may not be there yet, or not any more, or have had no room on the disk.
	Report string `json:"report,omitempty"`
	// Reported says that its crash was seen to.
	Reported bool `json:"reported,omitempty"`
	// MaxRSS, in bytes, and the CPU times are those of the business and of the
	// children it waited for (getrusage(2)).
	MaxRSS     int64         `json:"max_rss,omitempty"`
	UserTime   time.Duration `json:"user_ns,omitempty"`
	SystemTime time.Duration `json:"system_ns,omitempty"`
	// Output is the last lines it printed.
	Output []string `json:"output,omitempty"`
}

// How much of the past a record keeps.
const (
	keptRuns  = 20
	keptLines = 10
)

// LastRun is the present or last run, nil before the first.
func (r *Record) LastRun() *Run {
	if len(r.Runs) == 0 {
		return nil
	}
	return &r.Runs[len(r.Runs)-1]
}

// Adopted reports whether the business was taken over from a guardian that died.
func (r *Record) Adopted() bool {
	run := r.LastRun()
	return run != nil && r.Business.PID != 0 && !run.Adopted.IsZero()
}

// LastExit is how the last finished run ended, nil where none did.
func (r *Record) LastExit() *Exit {
	for _, run := range slices.Backward(r.Runs) {
		if run.Exit != nil {
			return run.Exit
		}
	}
	return nil
}

// beginRun puts a run on record; 0 is the PID of one that could not be spawned.
func (r *Record) beginRun(pid int, now time.Time) *Run {
	r.Runs = append(r.Runs, Run{Number: r.nextNumber(), PID: pid, InvocationID: r.InvocationID, Started: now})
	if extra := len(r.Runs) - keptRuns; extra > 0 {
		r.Runs = slices.Delete(r.Runs, 0, extra)
	}
	return r.LastRun()
}

// nextNumber is that of the run that comes next.
func (r *Record) nextNumber() int {
	if last := r.LastRun(); last != nil {
		return last.Number + 1
	}
	return 1
}

// Since is when the service came to be active, or into any other state; zero where nobody
// knows. A reload does not make it younger.
func (r *Record) Since() time.Time {
	if active := r.State.Active(); active == "active" || active == "reloading" {
		return r.ActiveEnter
	}
	return r.StateChanged
}

// enter notes a change of state as systemd does: between inactive and active lie
// activating and deactivating, and each edge has its own time.
func (r *Record) enter(state State, now time.Time) {
	was, is := r.State.Active(), state.Active()
	r.State, r.StateChanged, r.NextStart = state, now, time.Time{}
	idle := func(active string) bool { return active == "inactive" || active == "failed" }
	up := func(active string) bool { return active == "active" || active == "reloading" }
	switch {
	case idle(was) && !idle(is):
		r.InactiveExit = now
	case !idle(was) && idle(is):
		r.InactiveEnter = now
	}
	switch {
	case !up(was) && up(is):
		r.ActiveEnter = now
	case up(was) && !up(is):
		r.ActiveExit = now
	}
}

package cli

import (
	"time"

	"holdfast/internal/watchdog"
)

// facts is what status --json prints of a service. The names are stable: fields may be
// added, but none is renamed or dropped. Times are RFC 3339; what is not known or does
// not apply is left out.
type facts struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// LoadState is "loaded", or "not-found" for a service that is not known.
	LoadState string `json:"load_state"`
	// Source is the service file's path; left out for a bare command line.
	Source  string   `json:"source,omitempty"`
	Command []string `json:"command,omitempty"`

	// ActiveState, SubState and Result carry systemd's words.
	ActiveState string    `json:"active_state"`
	SubState    string    `json:"sub_state"`
	Result      string    `json:"result,omitempty"`
	Since       time.Time `json:"since,omitzero"`
	// Reason is the last decision in a sentence; Trouble what keeps the guardian from its work.
	Reason  string `json:"reason,omitempty"`
	Trouble string `json:"trouble,omitempty"`
	// StatusText and StatusErrno are what the program says of itself by sd_notify(3).
	StatusText  string `json:"status_text,omitempty"`
	StatusErrno int    `json:"status_errno,omitempty"`

	// Guardian is "present", "absent", "silent" (alive, but it does not answer),
	// "unreachable" (alive, but its socket was removed) or "killed"; GuardianPID is that of a
	// living one.
	Guardian    string `json:"guardian"`
	GuardianPID int    `json:"guardian_pid,omitempty"`
	// MainPID is the business.
	MainPID int `json:"main_pid,omitempty"`
	// ControlPID is a command that is run beside it, such as ExecReload=.
	ControlPID   int       `json:"control_pid,omitempty"`
	InvocationID string    `json:"invocation_id,omitempty"`
	Restarts     int       `json:"restarts"`
	Orphans      int       `json:"orphans_reaped,omitempty"`
	NextStart    time.Time `json:"next_start,omitzero"`
	// LastExit is that of the last run that ended.
	LastExit *exitFacts `json:"last_exit,omitempty"`

	// What the processes use that are there now, the guardian included.
	Tasks       int      `json:"tasks,omitempty"`
	MemoryBytes int64    `json:"memory_bytes,omitempty"`
	CPUNanos    int64    `json:"cpu_ns,omitempty"`
	Processes   []member `json:"processes,omitempty"`

	PIDFile       string `json:"pid_file,omitempty"`
	LogFile       string `json:"log_file,omitempty"`
	ControlSocket string `json:"control_socket,omitempty"`
	// Log is the last lines of output.
	Log []string `json:"log,omitempty"`
}

// exitFacts is how a run ended.
type exitFacts struct {
	Run int `json:"run"`
	PID int `json:"pid,omitempty"`
	// Cause is "exited", "killed" or "dumped"; Status the exit code or the signal's number.
	Cause  string `json:"cause"`
	Status int    `json:"status"`
	// OOM is "certain" or "probable" when the kernel's out-of-memory killer did it.
	OOM  watchdog.OOM `json:"oom,omitempty"`
	Text string       `json:"text"`
	// Decision is what followed.
	Decision    string    `json:"decision,omitempty"`
	Started     time.Time `json:"started"`
	Ended       time.Time `json:"ended,omitzero"`
	LastedNanos int64     `json:"lasted_ns"`
}

func factsOf(v view, t tree, tail []string) facts {
	r := &v.record
	f := facts{
		Name: v.dir.Name, Description: r.Service.Description, LoadState: "loaded",
		Source: r.Service.Source, Command: r.Service.Exec.Args,
		ActiveState: r.State.Active(), SubState: string(r.State), Result: string(r.Result),
		Since: r.Since(), Reason: r.Reason, Trouble: r.Trouble,
		StatusText: r.Told.Status, StatusErrno: int(r.Told.Errno),
		Guardian: v.guardian.String(), MainPID: mainPID(v), ControlPID: r.Control.PID, InvocationID: r.InvocationID,
		Restarts: r.Restarts, Orphans: r.Orphans, NextStart: r.NextStart,
		Tasks: t.threads, MemoryBytes: t.rss, CPUNanos: int64(t.cpu), Processes: t.members,
		PIDFile: r.Service.PIDFile, LogFile: v.logFile(), ControlSocket: v.dir.Control(), Log: tail,
	}
	if v.guardian != killed {
		f.GuardianPID = r.Guardian.PID
	}
	if run := v.lastFinished(); run != nil {
		f.LastExit = &exitFacts{
			Run: run.Number, PID: run.PID, Cause: run.Exit.Cause(), Status: run.Exit.Status(),
			OOM: run.Exit.OOM, Text: run.Exit.String(), Decision: run.Decision,
			Started: run.Started, Ended: run.Ended, LastedNanos: int64(run.Lasted),
		}
	}
	return f
}

// unknownFacts answers for a service about which nothing is known, as systemctl does.
func unknownFacts(name string) facts {
	return facts{Name: name, LoadState: "not-found", ActiveState: "inactive", SubState: "dead", Guardian: absent.String()}
}

func (p presence) String() string {
	switch p {
	case present:
		return "present"
	case silent:
		return "silent"
	case unreachable:
		return "unreachable"
	case killed:
		return "killed"
	}
	return "absent"
}

// Package watchdog keeps one program running: it starts the business, watches and
// reaps it, and starts it again by systemd's rules.
//
// The whole behaviour is Machine.Step, a pure function of what happened so far; the
// Guardian is the one loop around it and the only part that touches the system.
package watchdog

import (
	"math"
	"os"
	"path"
	"syscall"
	"time"

	"holdfast/internal/logs"
)

// Infinity is the length of a time that never ends ("infinity" in a service file).
const Infinity time.Duration = math.MaxInt64

// A Service says what is to be run and how. It is complete and checked: whoever makes
// one (a service file, a command line) has resolved every default. The fields carry
// the names of systemd.service(5), systemd.exec(5) and systemd.kill(5).
type Service struct {
	// Name is the service's name without ".service"; it names its directories.
	Name string
	// Description is one line for people; Name where there is none.
	Description string
	// Source is the service file's path, "" for a bare command line.
	Source string
	// DropIns are the paths of the files that have changed it, in the order of reading.
	DropIns []string
	// Type says when the business counts as started.
	Type Type
	// Exec is the command line of the business, ExecStart=. Without a Path there is none,
	// which Type=oneshot allows.
	Exec Command
	// ExecMore are the further ones of Type=oneshot, run one after another.
	ExecMore []Command
	// Conditions must hold, or a start is skipped.
	Conditions []Precondition `json:",omitempty"`
	// These are run beside the business, each list in its order, as systemd.service(5) says.
	ExecCondition, ExecStartPre, ExecStartPost, ExecReload, ExecStop, ExecStopPost []Command
	// RemainAfterExit counts the service as active after the business has ended well.
	RemainAfterExit bool
	// Environment is NAME=value, all that is known of the environment before a start.
	Environment []string
	// EnvironmentFiles are read at each start. What they say comes after Environment.
	EnvironmentFiles []EnvironmentFile `json:",omitempty"`
	// UnsetEnvironment is taken out of the environment last of all: a NAME, or a NAME=value
	// where it has that value.
	UnsetEnvironment []string `json:",omitempty"`
	// ExecSearchPath is the directories of programs that are called by a bare name; none
	// means systemd's.
	ExecSearchPath []string `json:",omitempty"`
	// WorkingDirectory is an absolute path.
	WorkingDirectory string
	// WorkingDirectoryOptional starts the business in / where the directory is missing.
	WorkingDirectoryOptional bool
	// UMask is the business's file mode creation mask.
	UMask os.FileMode
	// User and Group are names or numbers; "" keeps the guardian's own. They are
	// looked up at every start, as systemd does.
	User, Group string
	// SetLoginEnvironment says whether HOME, LOGNAME and SHELL are in the environment; nil
	// means that they are with a User.
	SetLoginEnvironment *bool `json:",omitempty"`
	// SupplementaryGroups are names or numbers of more groups.
	SupplementaryGroups []string
	// OOMScoreAdjust is the business's oom_score_adj, -1000 to 1000; nil means what
	// the guardian was given when it started.
	OOMScoreAdjust *int
	// IgnoreSIGPIPE starts the business with SIGPIPE ignored.
	IgnoreSIGPIPE bool
	// Setup is the rest of what the business's process is before it is the business.
	Setup Setup `json:",omitzero"`
	// Resources are limits for all of its processes together.
	Resources ResourceControl `json:",omitzero"`
	// Standard is what the standard streams are.
	Standard Standard `json:",omitzero"`
	// Directories are made before each start.
	Directories Directories `json:",omitzero"`
	// Home is the directory below which the service lives, in run/NAME and log/NAME; an
	// absolute path. "" is where the user's services live by default.
	Home string `json:",omitempty"`
	// PIDFile is where the guardian's PID is written; an absolute path.
	PIDFile string
	// BusinessPIDFile is where the business writes its own, see [Type.WritesPIDFile]; "" if
	// nowhere.
	BusinessPIDFile string `json:",omitempty"`
	// GuessMainPID takes the only child that a Type=forking without a PID file has left for
	// its business.
	GuessMainPID bool `json:",omitempty"`

	// Policy decides what follows the end of a run.
	Policy Policy
	// Backoff is the wait before an automatic restart.
	Backoff Backoff
	// StartLimit bounds how many starts an interval may see.
	StartLimit StartLimit

	// SettleSec is how long a start that somebody waits for is watched for an early
	// death before it counts as started; 0 leaves that to Type alone.
	SettleSec time.Duration
	// RuntimeMaxSec is how long the business may run until it is stopped, by Result=timeout;
	// nil means for ever. RuntimeRandomizedExtraSec adds a random part of itself to that.
	RuntimeMaxSec             *time.Duration `json:",omitempty"`
	RuntimeRandomizedExtraSec time.Duration  `json:",omitempty"`
	// ExitType says whose end is that of the service.
	ExitType ExitType `json:",omitempty"`
	// OOMPolicy says what follows when the kernel's out-of-memory killer has ended the business.
	OOMPolicy OOMPolicy `json:",omitempty"`
	// RestartMode is normal, direct (the same here) or debug.
	RestartMode RestartMode `json:",omitempty"`
	// TimeoutStartSec is how long a start may take until it is given up; Infinity
	// means that it may take for ever.
	TimeoutStartSec time.Duration
	// RetryFailedStart applies Policy to a first start that failed, as systemd does.
	// Without it, a service that never came up is given up at once.
	RetryFailedStart bool

	// KillMode says which processes a stop signals.
	KillMode KillMode
	// KillSignal asks for a stop; SIGTERM unless said otherwise.
	KillSignal syscall.Signal
	// RestartKillSignal takes KillSignal's place when the stop belongs to a requested
	// restart; 0 means KillSignal.
	RestartKillSignal syscall.Signal
	// FinalKillSignal ends what did not heed KillSignal in time; SIGKILL by default.
	FinalKillSignal syscall.Signal
	// SendSIGHUP follows KillSignal by a SIGHUP, for shells.
	SendSIGHUP bool
	// SendSIGKILL allows FinalKillSignal at all.
	SendSIGKILL bool
	// TimeoutStopSec is how long each phase of a stop waits; Infinity means for ever.
	TimeoutStopSec time.Duration
	// NotifyAccess says who may notify the guardian.
	NotifyAccess NotifyAccess
	// WatchdogSec is how long the business may not be heard of (WATCHDOG=1) once it is
	// started; 0 or Infinity means for ever.
	WatchdogSec time.Duration
	// WatchdogSignal ends a business with a core, where that is asked for: SIGABRT.
	WatchdogSignal syscall.Signal
	// TimeoutAbortSec is how long such an end may take; nil means TimeoutStopSec.
	TimeoutAbortSec *time.Duration
	// TimeoutStartFailureMode and TimeoutStopFailureMode say how what takes too long is ended.
	TimeoutStartFailureMode, TimeoutStopFailureMode FailureMode
	// ReloadSignal asks the business to read its configuration again; SIGHUP by default.
	ReloadSignal syscall.Signal

	// Log is how the business's output is kept.
	Log LogSettings

	// StartLimitAction, FailureAction and SuccessAction say what follows when the service rests
	// for good, with what exit status of the guardian; see [Record.EndStatus].
	StartLimitAction        EndAction `json:",omitempty"`
	FailureAction           EndAction `json:",omitempty"`
	SuccessAction           EndAction `json:",omitempty"`
	FailureActionExitStatus *int      `json:",omitempty"`
	SuccessActionExitStatus *int      `json:",omitempty"`

	// OnCrash is run beside everything else after a run that did not end as asked; none
	// without a Path.
	OnCrash Command
}

// An EnvironmentFile is one or more files of variables (EnvironmentFile=).
type EnvironmentFile struct {
	// Path is absolute, a pattern of glob(7).
	Path string
	// Optional says that it may be missing, or wrong (the prefix "-").
	Optional bool `json:",omitempty"`
}

// A Command is a program with its arguments.
type Command struct {
	// Path is absolute, or a bare name that is looked up at each start.
	Path string
	// Args includes the name under which the program is started, argv[0].
	Args []string
	// IgnoreFailure counts every exit as a success (the prefix "-").
	IgnoreFailure bool
	// Expand says that variables are put into Args at each run, by systemd's rules: those of
	// the service, and $MAINPID and its like.
	Expand bool `json:",omitempty"`
	// Privileges says what of the service's identity the command does not take on.
	Privileges Privileges `json:",omitempty"`
}

// Privileges are a prefix of a command line that asks for more of them, as in
// systemd.service(5), "Command lines".
type Privileges string

// The prefixes.
const (
	FullPrivileges Privileges = "+" // nothing that takes privileges away
	OwnUser        Privileges = "!" // neither User= nor Group=, but all else
)

// Type says when a business counts as started, as Type= of systemd.service(5).
type Type string

// The types of service that can be guarded.
const (
	Simple  Type = "simple"  // once it was forked
	Exec    Type = "exec"    // once its program was executed
	Oneshot Type = "oneshot" // once it has ended: its work is the start
	Forking Type = "forking" // once the process that was started has ended well: another is the business
	Idle    Type = "idle"    // as simple: there are no jobs whose end it would await
	Notify  Type = "notify"  // once it says so itself, sd_notify(3)
	// NotifyReload is Notify for a business that also says when it has reloaded.
	NotifyReload Type = "notify-reload"
)

// isPrompt reports a type whose business counts as started once it is spawned.
func (t Type) isPrompt() bool { return t == Simple || t == Exec || t == Idle }

// WritesPIDFile reports that PIDFile= names the file of the business, which is made for a
// service manager and has one, and not where the guardian's PID is written.
func (t Type) WritesPIDFile() bool { return t == Forking || t.notifies() }

// notifies reports a type whose business says itself when it is started.
func (t Type) notifies() bool { return t == Notify || t == NotifyReload }

// ExitType says whose end is that of the service, as in systemd.service(5).
type ExitType string

// The values of ExitType=; "" is main.
const (
	ExitMain   ExitType = "main"   // the business's
	ExitCgroup ExitType = "cgroup" // that of the last process below the guardian
)

// OOMPolicy is as in systemd.service(5), but for the business alone: that the kernel has
// ended another process of the service is not noticed.
type OOMPolicy string

// The values of OOMPolicy=; "" is stop.
const (
	OOMContinue OOMPolicy = "continue" // as after any other SIGKILL
	OOMStop     OOMPolicy = "stop"     // the service is stopped in order
	OOMKillAll  OOMPolicy = "kill"     // whatever is left is killed
)

// RestartMode is how an automatic restart is done, as in systemd.service(5).
type RestartMode string

// The values of RestartMode=; "" is normal.
const (
	RestartNormal RestartMode = "normal"
	RestartDirect RestartMode = "direct" // for units that depend on this one, of which there are none
	RestartDebug  RestartMode = "debug"  // by DEBUG_INVOCATION=1 in the environment
)

// FailureMode says how what takes too long is ended, as in systemd.service(5).
type FailureMode string

// The values of TimeoutStartFailureMode= and TimeoutStopFailureMode=.
const (
	FailTerminate FailureMode = "terminate" // by KillSignal, then FinalKillSignal
	FailAbort     FailureMode = "abort"     // by WatchdogSignal, then FinalKillSignal
	FailKill      FailureMode = "kill"      // by FinalKillSignal at once
)

// KillMode says which processes a stop signals, as in systemd.kill(5).
type KillMode string

// The values of KillMode=.
const (
	KillControlGroup KillMode = "control-group" // everything below the guardian
	KillMixed        KillMode = "mixed"         // KillSignal to the business, the final signal to everything
	KillProcess      KillMode = "process"       // only the business
	KillNone         KillMode = "none"          // nothing
)

// FileDefaults is a service as systemd sees an empty service file of that name.
func FileDefaults(name string) Service {
	s := defaults(name)
	s.Environment = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	s.WorkingDirectory = "/"
	s.UMask = 0o022
	s.IgnoreSIGPIPE = true
	s.Type = Simple
	s.Policy.Restart = RestartNo
	s.Backoff = Backoff{RestartSec: 100 * time.Millisecond, RestartMaxDelaySec: Infinity}
	s.StartLimit = StartLimit{Interval: 10 * time.Second, Burst: 5}
	s.RetryFailedStart = true
	return s
}

// CommandDefaults is a service for a bare command line, with a watchdog's habits: it
// keeps the caller's surroundings, restarts after every exit, slows down, and never
// gives up once the program has come up.
func CommandDefaults(name string, command Command, env []string, dir string, umask os.FileMode) Service {
	s := defaults(name)
	s.Description = path.Base(command.Path)
	s.Exec = command
	s.Environment = env
	s.WorkingDirectory = dir
	s.UMask = umask
	s.Type = Exec
	s.Policy.Restart = RestartAlways
	s.Backoff = Backoff{
		RestartSec: 100 * time.Millisecond, RestartSteps: 8, RestartMaxDelaySec: 30 * time.Second,
		RestartResetSec: 30 * time.Second,
	}
	s.SettleSec = 100 * time.Millisecond
	return s
}

func defaults(name string) Service {
	return Service{
		Name:            name,
		Description:     name,
		TimeoutStartSec: 90 * time.Second,
		TimeoutStopSec:  90 * time.Second,
		KillMode:        KillControlGroup,
		KillSignal:      syscall.SIGTERM,
		FinalKillSignal: syscall.SIGKILL,
		SendSIGKILL:     true,
		ReloadSignal:    syscall.SIGHUP,
		Log:             logs.Default(),
		GuessMainPID:    true,
		WatchdogSignal:  syscall.SIGABRT,
		NotifyAccess:    NotifyNone,

		TimeoutStartFailureMode: FailTerminate,
		TimeoutStopFailureMode:  FailTerminate,
	}
}

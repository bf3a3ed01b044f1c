package proc

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// Spec is what to spawn. Nothing in it is looked up or completed.
type Spec struct {
	Path string   // absolute
	Args []string // argv[0] included
	Env  []string // as it is; nil is an empty environment
	Dir  string   // the working directory; "" is the guardian's

	// Stdin, Stdout, Stderr become the descriptors 0, 1 and 2; nil is /dev/null. They are put into
	// blocking mode, as any program expects. Every other descriptor must be close-on-exec already.
	Stdin, Stdout, Stderr *os.File

	// Redirect takes the place of Stdin, Stdout and Stderr where it is not nil.
	Redirect [3]*Redirection

	Credential *syscall.Credential // user and groups; nil: the guardian's

	// OOMScoreAdj is from -1000 (never a victim of the OOM killer) to 1000 (the first one); nil is
	// what the guardian itself was given, before [Reaper.ProtectFromOOM]. Where it cannot be set, the
	// process starts without, see [Reaper.OOMScoreErr].
	OOMScoreAdj *int

	// Setup is what the process does to itself before it executes its program; nil is nothing, and the quick
	// way.
	Setup *Setup

	// Join are the directories of the control groups in which it is from the beginning.
	Join []string
}

// Step is the part of a spawn that failed. Its number is the exit status by which systemd tells of it.
type Step int

const (
	StepFork            Step = 0   // no process, memory or descriptor to be had: systemd's Result=resources, no status
	StepChdir           Step = 200 // CHDIR: Dir cannot be entered
	StepNice            Step = 201 // NICE
	StepExec            Step = 203 // EXEC: Path cannot be executed
	StepLimits          Step = 205 // LIMITS
	StepStdin           Step = 208 // STDIN: what is to be read cannot be opened
	StepStdout          Step = 209 // STDOUT: what is to be written cannot be opened
	StepChroot          Step = 210 // CHROOT
	StepIOPriority      Step = 211 // IOPRIO
	StepTimerSlack      Step = 212 // TIMERSLACK
	StepSecureBits      Step = 213 // SECUREBITS
	StepScheduler       Step = 214 // SETSCHEDULER
	StepAffinity        Step = 215 // CPUAFFINITY
	StepGroup           Step = 216 // GROUP: the group or the supplementary groups cannot be taken
	StepUser            Step = 217 // USER: the user cannot be taken
	StepCapabilities    Step = 218 // CAPABILITIES
	StepCgroup          Step = 219 // CGROUP
	StepStderr          Step = 222 // STDERR: as STDOUT
	StepNoNewPrivileges Step = 227 // NO_NEW_PRIVILEGES
)

func (s Step) String() string {
	switch s {
	case StepFork:
		return "fork"
	case StepChdir:
		return "chdir"
	case StepExec:
		return "exec"
	case StepStdin, StepStdout, StepStderr:
		return "open"
	case StepGroup:
		return "setgid"
	case StepUser:
		return "setuid"
	case StepChroot:
		return "chroot"
	case StepCgroup:
		return "control group"
	case StepIOPriority:
		return "I/O priority"
	case StepCapabilities:
		return "capabilities"
	}
	return "cannot set" // the name is the whole setting
}

// SpawnError says why nothing was spawned; no process is left of the attempt.
type SpawnError struct {
	Step Step
	Name string // whom it failed for: the directory, the file, the user or group ID; "" for a fork
	Err  error  // wraps the errno
}

func (e *SpawnError) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("%s: %v", e.Step, e.Err)
	}
	return fmt.Sprintf("%s %s: %v", e.Step, e.Name, e.Err)
}

func (e *SpawnError) Unwrap() error { return e.Err }

// forkExec starts the process in a process group of its own. Signals are at their defaults there and none
// is blocked, but one that this process ignores stays ignored.
func forkExec(spec Spec) (pid int, err error) {
	files, opened, err := openStreams(&spec)
	defer closeAll(opened)
	if err != nil {
		return 0, err
	}
	defer unblockSignals()()
	sys := &syscall.SysProcAttr{Setpgid: true, Credential: spec.Credential}
	if spec.Setup == nil && len(spec.Join) > 0 {
		if pid, err = forkInto(spec, files, sys); !errors.Is(err, errors.ErrUnsupported) {
			return pid, err
		}
		spec.Setup = &Setup{}
	}
	if spec.Setup != nil {
		return forkShim(spec, files, sys)
	}
	pid, err = syscall.ForkExec(spec.Path, spec.Args, &syscall.ProcAttr{Dir: spec.Dir, Env: spec.Env, Files: files, Sys: sys})
	if err != nil {
		return 0, diagnose(spec, err)
	}
	return pid, nil
}

// diagnose finds out which step failed: the system tells only the errno, whichever call in the new process
// it came from. The order is that of the calls: groups, user, directory, program.
func diagnose(spec Spec, err error) *SpawnError {
	var errno syscall.Errno
	errors.As(err, &errno)
	switch errno {
	case syscall.EAGAIN, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE, syscall.ENOSYS:
		return &SpawnError{StepFork, "", err}
	}
	if c := spec.Credential; c != nil && (errno == syscall.EPERM || errno == syscall.EINVAL) {
		if c.Gid == ^uint32(0) || c.Uid != ^uint32(0) && (!c.NoSetGroups || int(c.Gid) != os.Getegid()) {
			return &SpawnError{StepGroup, fmt.Sprint(c.Gid), err}
		}
		return &SpawnError{StepUser, fmt.Sprint(c.Uid), err}
	}
	if spec.Dir != "" {
		switch info, statErr := os.Stat(spec.Dir); {
		case statErr != nil && errors.Is(statErr, errno), statErr == nil && !info.IsDir() && errno == syscall.ENOTDIR:
			return &SpawnError{StepChdir, spec.Dir, err}
		case errno == syscall.EACCES && !maySearch(spec.Dir, spec.Credential):
			return &SpawnError{StepChdir, spec.Dir, err}
		}
	}
	return &SpawnError{StepExec, spec.Path, ExplainExec(spec, err)}
}

// ExplainExec adds to the error of an exec what its errno leaves open.
func ExplainExec(spec Spec, err error) error {
	var errno syscall.Errno
	errors.As(err, &errno)
	info, statErr := os.Stat(spec.Path)
	switch {
	case errno == syscall.ENOENT && statErr == nil:
		if interpreter := scriptInterpreter(spec.Path); interpreter != "" {
			return fmt.Errorf("%w: the script is there, but its interpreter %s is not", err, interpreter)
		}
		return fmt.Errorf("%w: the file is there, but not the dynamic loader that it was built for", err)
	case errno == syscall.EACCES && statErr == nil && info.IsDir():
		return fmt.Errorf("%w: it is a directory", err)
	case errno == syscall.EACCES && statErr == nil && info.Mode()&0o111 == 0:
		return fmt.Errorf("%w: it is not executable (mode %04o)", err, info.Mode().Perm())
	case errno == syscall.ENOEXEC:
		return fmt.Errorf("%w: neither a program for this machine nor a script with a #! line", err)
	case errno == syscall.E2BIG:
		return fmt.Errorf("%w: %d arguments and %d variables are more than the system passes on", err, len(spec.Args), len(spec.Env))
	}
	return err
}

// scriptInterpreter is the program that a #! line names, "" for any other file.
func scriptInterpreter(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	head := make([]byte, 256) // the kernel reads no more either
	n, _ := f.Read(head)
	line, isScript := strings.CutPrefix(string(head[:n]), "#!")
	if !isScript {
		return ""
	}
	line, _, _ = strings.Cut(line, "\n")
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return ""
	}
	if strings.HasSuffix(line, "\r") {
		return fmt.Sprintf("%q (the line ends in a carriage return)", strings.TrimLeft(line, " \t"))
	}
	return fields[0]
}

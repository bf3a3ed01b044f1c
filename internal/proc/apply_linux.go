package proc

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ownBinary is this program, even if another file is at its path by now.
func ownBinary() (string, error) { return "/proc/self/exe", nil }

// apply does all that comes before the exec, each part to the calling thread or to the whole process, whichever
// the kernel has it for.
func (o *shimOrder) apply() *SpawnError {
	s := &o.Setup
	for _, step := range []func() *SpawnError{
		o.join,
		s.setNice, s.setScheduling, s.setAffinity, s.setIOPriority, s.setTimerSlack,
		s.setLimits,
		o.setGroups, s.setRoot, s.dropCapabilities, o.setUser,
		o.enterDir, s.setSecureBits, s.setNoNewPrivileges,
	} {
		if failed := step(); failed != nil {
			return failed
		}
	}
	return nil
}

// join moves the process into control groups.
func (o *shimOrder) join() *SpawnError {
	for _, dir := range o.Join {
		if err := writeKernelFile(filepath.Join(dir, "cgroup.procs"), "0"); err != nil {
			return &SpawnError{StepCgroup, dir, err}
		}
	}
	return nil
}

// setNice takes the nearest that may be taken, as systemd's setpriority_closest does.
func (s *Setup) setNice() *SpawnError {
	if s.Nice == nil {
		return nil
	}
	err := unix.Setpriority(unix.PRIO_PROCESS, 0, *s.Nice)
	if err != unix.EACCES && err != unix.EPERM {
		return failedStep(StepNice, fmt.Sprintf("Nice=%d", *s.Nice), err)
	}
	given, getErr := unix.Getpriority(unix.PRIO_PROCESS, 0) // counts from 40 down to 1
	var limit unix.Rlimit
	if getErr == nil {
		getErr = unix.Getrlimit(unix.RLIMIT_NICE, &limit)
	}
	now, lowest := 20-given, 20-int(min(limit.Cur, 40))
	switch {
	case getErr != nil || *s.Nice > now:
		return failedStep(StepNice, fmt.Sprintf("Nice=%d", *s.Nice), err)
	case now <= lowest:
		return nil
	}
	return failedStep(StepNice, fmt.Sprintf("Nice=%d", *s.Nice), unix.Setpriority(unix.PRIO_PROCESS, 0, lowest))
}

func (s *Setup) setScheduling() *SpawnError {
	if s.Scheduling == nil {
		return nil
	}
	policy := map[string]int{"batch": unix.SCHED_BATCH, "idle": unix.SCHED_IDLE, "fifo": unix.SCHED_FIFO, "rr": unix.SCHED_RR}[s.Scheduling.Policy]
	if s.Scheduling.ResetOnFork {
		policy |= 0x40000000 // SCHED_RESET_ON_FORK
	}
	priority := int32(s.Scheduling.Priority)
	_, _, errno := unix.RawSyscall(unix.SYS_SCHED_SETSCHEDULER, 0, uintptr(policy), uintptr(unsafe.Pointer(&priority)))
	return failedErrno(StepScheduler, fmt.Sprintf("CPUSchedulingPolicy=%s, CPUSchedulingPriority=%d", s.Scheduling.Policy, priority), errno)
}

func (s *Setup) setAffinity() *SpawnError {
	if len(s.CPUAffinity) == 0 {
		return nil
	}
	var set unix.CPUSet
	for _, cpu := range s.CPUAffinity {
		set.Set(cpu)
	}
	return failedStep(StepAffinity, "CPUAffinity="+CPURanges(s.CPUAffinity), unix.SchedSetaffinity(0, &set))
}

func (s *Setup) setIOPriority() *SpawnError {
	if s.IOPriority == nil {
		return nil
	}
	const whoProcess, classShift = 1, 13
	_, _, errno := unix.RawSyscall(unix.SYS_IOPRIO_SET, whoProcess, 0, uintptr(s.IOPriority.Class<<classShift|s.IOPriority.Level))
	return failedErrno(StepIOPriority, fmt.Sprintf("class %d, level %d", s.IOPriority.Class, s.IOPriority.Level), errno)
}

func (s *Setup) setTimerSlack() *SpawnError {
	if s.TimerSlack == nil {
		return nil
	}
	return prctl(StepTimerSlack, fmt.Sprintf("TimerSlackNSec=%d", *s.TimerSlack), unix.PR_SET_TIMERSLACK, uintptr(*s.TimerSlack), 0)
}

// setLimits sets each as near to what was asked for as may be: systemd's setrlimit_closest. One that would only
// have to be raised is no reason not to start.
func (s *Setup) setLimits() *SpawnError {
	for _, limit := range s.Limits {
		number, known := limitNumber(limit.Name)
		err := error(unix.EINVAL)
		if known {
			err = setLimit(number, unix.Rlimit{Cur: limit.Soft, Max: limit.Hard})
		}
		if failed := failedStep(StepLimits, "Limit"+limit.Name+"="+limit.String(), err); failed != nil {
			return failed
		}
	}
	return nil
}

func setLimit(number int, want unix.Rlimit) error {
	err := unix.Setrlimit(number, &want)
	var now unix.Rlimit
	if err != unix.EPERM || unix.Getrlimit(number, &now) != nil || now.Max == NoLimit {
		return err
	}
	return unix.Setrlimit(number, &unix.Rlimit{Cur: min(want.Cur, now.Max), Max: min(want.Max, now.Max)})
}

// limitNumber is the kernel's number of a limit. They are the same on every machine but MIPS, which x/sys knows.
func limitNumber(name string) (number int, known bool) {
	number, known = map[string]int{
		"CPU": unix.RLIMIT_CPU, "FSIZE": unix.RLIMIT_FSIZE, "DATA": unix.RLIMIT_DATA, "STACK": unix.RLIMIT_STACK,
		"CORE": unix.RLIMIT_CORE, "RSS": unix.RLIMIT_RSS, "NOFILE": unix.RLIMIT_NOFILE, "AS": unix.RLIMIT_AS,
		"NPROC": unix.RLIMIT_NPROC, "MEMLOCK": unix.RLIMIT_MEMLOCK, "LOCKS": unix.RLIMIT_LOCKS,
		"SIGPENDING": unix.RLIMIT_SIGPENDING, "MSGQUEUE": unix.RLIMIT_MSGQUEUE, "NICE": unix.RLIMIT_NICE,
		"RTPRIO": unix.RLIMIT_RTPRIO, "RTTIME": unix.RLIMIT_RTTIME,
	}[name]
	return number, known
}

// The calls for the user and the groups are made for this thread alone, which is the one that stays: Go's own
// would bring every thread along.
func (o *shimOrder) setGroups() *SpawnError {
	c := o.Credential
	if c == nil {
		return nil
	}
	if !c.NoSetGroups {
		var first unsafe.Pointer
		if len(c.Groups) > 0 {
			first = unsafe.Pointer(&c.Groups[0])
		}
		if _, _, errno := unix.RawSyscall(sysSetgroups, uintptr(len(c.Groups)), uintptr(first), 0); errno != 0 {
			return failedErrno(StepGroup, fmt.Sprint(c.Gid), errno)
		}
	}
	gid := uintptr(c.Gid)
	_, _, errno := unix.RawSyscall(sysSetresgid, gid, gid, gid)
	return failedErrno(StepGroup, fmt.Sprint(c.Gid), errno)
}

func (s *Setup) setRoot() *SpawnError {
	if s.RootDirectory == "" {
		return nil
	}
	err := unix.Chroot(s.RootDirectory)
	if err == nil {
		err = unix.Chdir("/")
	}
	return failedStep(StepChroot, s.RootDirectory, err)
}

// setUser keeps the capabilities where some of them are still needed: an exec clears that itself.
func (o *shimOrder) setUser() *SpawnError {
	s, c := &o.Setup, o.Credential
	if c != nil {
		if c.Uid != 0 && (s.AmbientCapabilities != 0 || s.SecureBits != 0) {
			if failed := prctl(StepCapabilities, "keep", unix.PR_SET_KEEPCAPS, 1, 0); failed != nil {
				return failed
			}
		}
		uid := uintptr(c.Uid)
		if _, _, errno := unix.RawSyscall(sysSetresuid, uid, uid, uid); errno != 0 {
			return failedErrno(StepUser, fmt.Sprint(c.Uid), errno)
		}
	}
	return s.raiseCapabilities()
}

// enterDir is done as the user: nobody else may be let in, as on NFS.
func (o *shimOrder) enterDir() *SpawnError {
	dir := o.Dir
	if dir == "" {
		return nil
	}
	return failedStep(StepChdir, dir, unix.Chdir(dir))
}

func (s *Setup) setSecureBits() *SpawnError {
	now, err := unix.PrctlRetInt(unix.PR_GET_SECUREBITS, 0, 0, 0, 0)
	if s.SecureBits == 0 || err == nil && now == s.SecureBits {
		return nil
	}
	return prctl(StepSecureBits, fmt.Sprintf("SecureBits=%#x", s.SecureBits), unix.PR_SET_SECUREBITS, uintptr(s.SecureBits), 0)
}

func (s *Setup) setNoNewPrivileges() *SpawnError {
	if !s.NoNewPrivileges {
		return nil
	}
	return prctl(StepNoNewPrivileges, "NoNewPrivileges=yes", unix.PR_SET_NO_NEW_PRIVS, 1, 0)
}

func prctl(step Step, name string, option int, a, b uintptr) *SpawnError {
	return failedStep(step, name, unix.Prctl(option, a, b, 0, 0))
}

func failedStep(step Step, name string, err error) *SpawnError {
	if err == nil {
		return nil
	}
	return &SpawnError{step, name, err}
}

func failedErrno(step Step, name string, errno syscall.Errno) *SpawnError {
	if errno == 0 {
		return nil
	}
	return &SpawnError{step, name, errno}
}

func writeKernelFile(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.WriteString(text)
	return err
}

package pidfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// inspect reads what proc(5) says about the owner of a number, and whether there
// is one.
func inspect(pid int) (process, bool, error) {
	// Ask kill(2) too: a /proc mounted with hidepid= shows nothing of others.
	if unix.Kill(pid, 0) == unix.ESRCH {
		return process{}, false, nil
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ESRCH), errors.Is(err, fs.ErrPermission):
		return process{}, unix.Kill(pid, 0) != unix.ESRCH, nil
	case err != nil:
		return process{}, false, err
	}
	owner, ticks, err := parseStat(stat)
	if err != nil {
		return process{}, false, err
	}
	if owner.started, err = sinceBoot(ticks); err != nil {
		return process{}, false, err
	}
	owner.thread = isThread(pid)
	return owner, true, nil
}

// parseStat takes /proc/PID/stat apart: the command stands in brackets and may
// hold any byte, brackets included; the other fields are counted from behind it.
func parseStat(stat []byte) (process, uint64, error) {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return process{}, 0, fmt.Errorf("cannot understand its stat file: %q", stat)
	}
	const state, threads, start = 0, 17, 19 // proc_pid_stat(5) counts the first of these as 3
	fields := bytes.Fields(stat[end+1:])
	if len(fields) <= start {
		return process{}, 0, fmt.Errorf("cannot understand its stat file: %q", stat)
	}
	ticks, err := strconv.ParseUint(string(fields[start]), 10, 64)
	if err != nil {
		return process{}, 0, fmt.Errorf("cannot understand its start time: %w", err)
	}
	// A process whose first thread has ended shows Z while the others go on.
	zombie := string(fields[state]) == "Z" && string(fields[threads]) == "1"
	return process{command: string(stat[open+1 : end]), zombie: zombie}, ticks, nil
}

// sinceBoot turns a start time, in ticks of 10 ms since boot, into wall-clock time.
func sinceBoot(ticks uint64) (time.Time, error) {
	var uptime unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &uptime); err != nil {
		return time.Time{}, os.NewSyscallError("clock_gettime", err)
	}
	// USER_HZ is 100 on every system that Go runs on.
	age := time.Duration(uptime.Nano()) - time.Duration(ticks)*10*time.Millisecond
	return time.Now().Add(-age), nil
}

// isThread reports whether the number is that of a thread which is not its
// process's first: /proc and kill(2) answer for it as for a process.
func isThread(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return false
	}
	_, rest, _ := bytes.Cut(status, []byte("\nTgid:"))
	group, _, found := bytes.Cut(rest, []byte("\n"))
	return found && string(bytes.TrimSpace(group)) != strconv.Itoa(pid)
}

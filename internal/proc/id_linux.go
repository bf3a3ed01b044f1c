package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Identify finds the process that has this PID now. It fails with [ErrGone] when there is none, or a zombie.
func Identify(pid int) (ID, error) {
	s, err := readStat(pid, make([]byte, statSize))
	if err == nil && s.Dead() {
		err = ErrGone
	}
	if errors.Is(err, ErrGone) && withoutTable() {
		return identifyUnseen(pid)
	}
	if err != nil {
		return ID{}, fmt.Errorf("process %d: %w", pid, err)
	}
	return s.ID, nil
}

// Signal sends the signals in order, if the process is still the one that was meant, else it fails with
// [ErrGone]. A process that is gone after the first of them is no failure.
func (id ID) Signal(sigs ...syscall.Signal) error {
	// The descriptor pins whoever has the PID now; the check then tells whether that is our process.
	fd, err := unix.PidfdOpen(id.PID, 0)
	if err == nil {
		defer unix.Close(fd)
	}
	if err == unix.ESRCH || !id.Alive() {
		return fmt.Errorf("process %d: %w", id.PID, ErrGone)
	}
	send := func(sig syscall.Signal) error { return unix.PidfdSendSignal(fd, sig, nil, 0) }
	if err != nil {
		// Before Linux 5.3, under an old seccomp filter (EPERM), or out of descriptors. Between the
		// check and the signal lies no more than this line.
		send = func(sig syscall.Signal) error { return syscall.Kill(id.PID, sig) }
	}
	return id.sendAll(send, sigs)
}

// BootID names this boot of the machine: an ID from another one means nothing. It is "" where unknown.
func BootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(id))
}

// noSuchProcess reports whether a read below /proc/PID failed because the process is gone: before
// the open, or between open and read.
func noSuchProcess(err error) bool {
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ESRCH)
}

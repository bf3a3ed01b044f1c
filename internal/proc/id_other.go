//go:build !linux

package proc

import (
	"fmt"
	"slices"
	"syscall"

	"github.com/shirou/gopsutil/v3/process"
)

// Identify finds the process that has this PID now. It fails with [ErrGone] when there is none, or a zombie.
func Identify(pid int) (ID, error) {
	if err := syscall.Kill(pid, 0); err == syscall.ESRCH || pid <= 0 {
		return ID{}, fmt.Errorf("process %d: %w", pid, ErrGone)
	}
	p := process.Process{Pid: int32(pid)}
	if status, err := p.Status(); err == nil && slices.Contains(status, process.Zombie) {
		return ID{}, fmt.Errorf("process %d: %w", pid, ErrGone)
	}
	created, err := p.CreateTime()
	if err != nil {
		return ID{}, fmt.Errorf("process %d: creation time: %w", pid, err)
	}
	return ID{PID: pid, Start: uint64(created)}, nil
}

// Signal sends the signals in order, if the process is still the one that was meant, else it fails with
// [ErrGone]. What is lost without a pidfd: the PID could be recycled between the check and the signal.
func (id ID) Signal(sigs ...syscall.Signal) error {
	if !id.Alive() {
		return fmt.Errorf("process %d: %w", id.PID, ErrGone)
	}
	return id.sendAll(func(sig syscall.Signal) error { return syscall.Kill(id.PID, sig) }, sigs)
}

// BootID would name this boot of the machine. It is not known here: an ID from before a reboot could be taken
// for a process of today, but for its creation time.
func BootID() string { return "" }

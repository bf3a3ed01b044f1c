package proc

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Without /proc nobody can be seen. Process 1 of a PID namespace can do without: whoever has a PID there is
// below it, and the PID is free for another only after process 1 has reaped the last one that had nobody else.
// What is lost is the tree: who is whose parent, what they are called and what they use.

// unseenStart stands for the start time that cannot be read.
const unseenStart = 1

var errUnseen = errors.New("/proc is not mounted")

// withoutTable reports that this is a process 1 without a /proc.
func withoutTable() bool {
	return os.Getpid() == 1 && syscall.Access("/proc/1/stat", 0) == syscall.ENOENT
}

// identifyUnseen takes a zombie for alive, for it cannot tell.
func identifyUnseen(pid int) (ID, error) {
	if err := syscall.Kill(pid, 0); err != nil {
		return ID{}, fmt.Errorf("process %d: %w", pid, ErrGone)
	}
	return ID{PID: pid, Start: unseenStart}, nil
}

// Unseen says why no process can be seen, nil where they can.
func Unseen() error {
	if withoutTable() {
		return errUnseen
	}
	return nil
}

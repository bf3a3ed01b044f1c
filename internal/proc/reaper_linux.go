package proc

import (
	"os"

	"golang.org/x/sys/unix"
)

// adoptOrphans makes this process the parent of any descendant whose own parent dies, so that a
// business that forks cannot leave the tree. prctl(2), Linux 3.4.
func adoptOrphans() error {
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
}

// startOf completes the ID of a child that was not reaped yet.
func startOf(pid int) ID {
	p, err := readStat(pid, make([]byte, statSize))
	if err != nil && withoutTable() {
		return ID{PID: pid, Start: unseenStart}
	}
	if err != nil {
		return ID{PID: pid}
	}
	return p.ID
}

// maxRSSUnit is what ru_maxrss counts, in bytes.
func maxRSSUnit() int64 { return 1024 }

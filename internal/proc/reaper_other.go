//go:build !linux

package proc

import (
	"errors"
	"runtime"
)

// adoptOrphans cannot be done here: orphans go to process 1, and a stop reaches
// only the descendants that are still below the guardian.
func adoptOrphans() error { return errors.ErrUnsupported }

// startOf completes the ID of a child that was not reaped yet.
func startOf(pid int) ID {
	id, err := Identify(pid)
	if err != nil {
		return ID{PID: pid}
	}
	return id
}

// maxRSSUnit is what ru_maxrss counts, in bytes: KiB, but single bytes on Apple's systems.
func maxRSSUnit() int64 {
	if runtime.GOOS == "darwin" {
		return 1
	}
	return 1024
}

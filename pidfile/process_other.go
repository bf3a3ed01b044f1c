//go:build !linux

package pidfile

import (
	"slices"
	"time"

	gopsutil "github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// inspect asks the system about the owner of a number. What it does not tell
// stays empty: then a zombie or a reused number counts as alive.
func inspect(pid int) (process, bool, error) {
	if unix.Kill(pid, 0) == unix.ESRCH {
		return process{}, false, nil
	}
	var owner process
	// Not NewProcess, which fails for a process that ends meanwhile.
	facts := &gopsutil.Process{Pid: int32(pid)}
	if name, err := facts.Name(); err == nil {
		owner.command = name
	}
	if milliseconds, err := facts.CreateTime(); err == nil {
		owner.started = time.UnixMilli(milliseconds)
	}
	if status, err := facts.Status(); err == nil {
		owner.zombie = slices.Contains(status, gopsutil.Zombie)
	}
	return owner, true, nil
}

package watchdog

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// reloadTime is when a reload begins, which tells the guardian that it is the one that it
// has asked for: sd_notify(3), MONOTONIC_USEC.
func reloadTime() []string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return nil
	}
	return []string{fmt.Sprintf("MONOTONIC_USEC=%d", time.Duration(now.Nano()).Microseconds())}
}

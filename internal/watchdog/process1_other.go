//go:build !linux

package watchdog

import "os"

// forwardedByProcess1 is none: only Linux has PID namespaces, and so a guardian as process 1.
func forwardedByProcess1() []os.Signal { return nil }

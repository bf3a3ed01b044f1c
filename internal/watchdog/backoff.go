package watchdog

import (
	"math"
	"time"
)

// Backoff is the growing wait between the end of a run and an automatic restart.
type Backoff struct {
	// RestartSec is the first wait, and the only one without the next two; 0 means at once.
	RestartSec time.Duration
	// RestartSteps is in how many steps the wait grows to RestartMaxDelaySec; 0 means it doesn't.
	RestartSteps int
	// RestartMaxDelaySec is the longest wait; Infinity means that the wait doesn't grow.
	RestartMaxDelaySec time.Duration
	// RestartResetSec: a run that lasted that long sets the growth back to its start;
	// 0 means never, as in systemd.
	RestartResetSec time.Duration
}

// grows reports whether the wait depends on the number of restarts.
func (b Backoff) grows() bool {
	return b.RestartSteps > 0 && b.RestartSec > 0 && b.RestartMaxDelaySec != Infinity &&
		b.RestartSec < b.RestartMaxDelaySec
}

// delay is the wait before the n-th restart in a row, counted from 1: the formula of
// service_restart_usec_next in systemd's src/core/service.c.
func (b Backoff) delay(n int) time.Duration {
	switch {
	case n <= 1 || !b.grows():
		return b.RestartSec
	case n > b.RestartSteps:
		return b.RestartMaxDelaySec
	}
	first, longest := float64(b.RestartSec), float64(b.RestartMaxDelaySec)
	wait := first * math.Pow(longest/first, float64(n-1)/float64(b.RestartSteps))
	if wait >= longest { // by rounding; beyond 292 years it would be no Duration
		return b.RestartMaxDelaySec
	}
	return time.Duration(wait)
}

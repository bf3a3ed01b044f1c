package watchdog

import "time"

// StartLimit bounds the starts, requested and automatic, that an interval may see.
type StartLimit struct {
	// Interval is the length of the window; 0 means no limit, Infinity one for ever.
	Interval time.Duration
	// Burst is how many starts a window allows; 0 means no limit.
	Burst int
}

// startWindow is the window that is being charged. It is opened by a start and does
// not slide (systemd's src/basic/ratelimit.c).
type startWindow struct {
	begin time.Time
	count int
}

// charge counts one start and reports whether it is allowed. Refused ones count too.
func (w *startWindow) charge(limit StartLimit, now time.Time) bool {
	if limit.Interval <= 0 || limit.Burst <= 0 {
		return true
	}
	if w.begin.IsZero() || limit.Interval != Infinity && now.Sub(w.begin) > limit.Interval {
		*w = startWindow{begin: now, count: 1}
		return true
	}
	w.count++
	return w.count <= limit.Burst
}

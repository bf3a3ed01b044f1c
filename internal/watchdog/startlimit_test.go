package watchdog

import (
	"strings"
	"testing"
	"time"
	"unsafe"
)

func TestStartLimit(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name  string
		limit StartLimit
		at    []time.Duration // of the starts
		want  string          // for each: y allowed, n refused
	}{
		{"burst starts are allowed", StartLimit{10 * s, 3}, []time.Duration{0, 1 * s, 2 * s, 3 * s}, "yyyn"},
		{"the window is opened by the first start", StartLimit{10 * s, 2}, []time.Duration{5 * s, 6 * s, 15 * s, 16 * s}, "yyny"},
		{"its last moment belongs to it", StartLimit{10 * s, 1}, []time.Duration{0, 10 * s, 10*s + 1}, "yny"},
		{"it does not slide", StartLimit{10 * s, 2}, []time.Duration{0, 9 * s, 11 * s, 12 * s, 13 * s}, "yyyyn"},
		{"refused starts count, but do not prolong it", StartLimit{10 * s, 1}, []time.Duration{0, 9 * s, 10 * s, 11 * s}, "ynny"},
		{"what comes slowly enough is never refused", StartLimit{10 * s, 5}, []time.Duration{0, 2 * s, 4 * s, 6 * s, 8 * s, 10*s + 1, 12 * s}, "yyyyyyy"},
		{"an interval of 0 means no limit", StartLimit{0, 1}, []time.Duration{0, 0, 0}, "yyy"},
		{"so does a burst of 0", StartLimit{10 * s, 0}, []time.Duration{0, 0, 0}, "yyy"},
		{"an infinite one never ends", StartLimit{Infinity, 2}, []time.Duration{0, s, 100 * 365 * 24 * time.Hour}, "yyn"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			begin := time.Now()
			var window startWindow
			var got strings.Builder
			for _, at := range tt.at {
				got.WriteByte("ny"[btoi(window.charge(tt.limit, begin.Add(at)))])
			}
			if got.String() != tt.want {
				t.Errorf("got %s, want %s", got.String(), tt.want)
			}
		})
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// The clock on the wall may be set at any moment; the window must not notice. Times
// from time.Now carry the monotonic clock, and only that counts in time.Time.Sub.
func TestStartLimitIgnoresTheWallClock(t *testing.T) {
	limit := StartLimit{10 * time.Second, 2}
	for _, jump := range []time.Duration{24 * time.Hour, -24 * time.Hour} {
		now := time.Now()
		var window startWindow
		window.charge(limit, now)
		window.charge(limit, now.Add(time.Second))
		if window.charge(limit, setWall(t, now.Add(2*time.Second), jump)) {
			t.Errorf("a jump by %v has ended the window", jump)
		}
		if !window.charge(limit, setWall(t, now.Add(11*time.Second), jump)) {
			t.Errorf("a jump by %v has prolonged the window", jump)
		}
	}
}

// setWall is t as time.Now would have given it after the wall clock was set forward
// by jump. No function makes such a time, so the test writes into it: the seconds of
// the wall clock stand above 30 bits of nanoseconds in its first word.
func setWall(t *testing.T, now time.Time, jump time.Duration) time.Time {
	t.Helper()
	jumped := now
	wall := (*uint64)(unsafe.Pointer(&jumped))
	*wall = uint64(int64(*wall) + int64(jump/time.Second)<<30)
	if jumped.Sub(now) != 0 || jumped.Round(0).Sub(now.Round(0)) != jump {
		t.Fatal("time.Time is made differently now: adapt this test")
	}
	return jumped
}

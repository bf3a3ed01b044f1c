package watchdog

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestBackoffDelay(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name    string
		backoff Backoff
		want    []time.Duration // before the 1st, 2nd, ... restart
	}{
		{"the manual's example: 10 s, 4 steps, 160 s", Backoff{RestartSec: 10 * s, RestartSteps: 4, RestartMaxDelaySec: 160 * s},
			[]time.Duration{10 * s, 20 * s, 40 * s, 80 * s, 160 * s, 160 * s, 160 * s}},
		{"one step", Backoff{RestartSec: 1 * s, RestartSteps: 1, RestartMaxDelaySec: 60 * s},
			[]time.Duration{1 * s, 60 * s, 60 * s}},
		{"no steps: no growth", Backoff{RestartSec: 5 * s, RestartMaxDelaySec: 60 * s},
			[]time.Duration{5 * s, 5 * s, 5 * s}},
		{"no longest wait: no growth", Backoff{RestartSec: 5 * s, RestartSteps: 3, RestartMaxDelaySec: Infinity},
			[]time.Duration{5 * s, 5 * s, 5 * s}},
		{"at once stays at once", Backoff{RestartSteps: 3, RestartMaxDelaySec: 60 * s},
			[]time.Duration{0, 0, 0, 0, 0}},
		{"a longest wait that is no longer than the first", Backoff{RestartSec: 5 * s, RestartSteps: 3, RestartMaxDelaySec: 5 * s},
			[]time.Duration{5 * s, 5 * s, 5 * s, 5 * s, 5 * s}},
		{"or shorter", Backoff{RestartSec: 5 * s, RestartSteps: 3, RestartMaxDelaySec: s},
			[]time.Duration{5 * s, 5 * s, 5 * s, 5 * s, 5 * s}},
		{"never", Backoff{RestartSec: Infinity, RestartSteps: 3, RestartMaxDelaySec: Infinity},
			[]time.Duration{Infinity, Infinity}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []time.Duration
			for n := range tt.want {
				got = append(got, tt.backoff.delay(n+1).Round(time.Millisecond))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// Between the first and the longest wait, never shrinking, whatever the numbers.
func TestBackoffBounds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	extremes := []int{1, 2, 3, math.MaxInt - 1, math.MaxInt}
	for range 2000 {
		b := Backoff{
			RestartSec:         time.Duration(1 + random.Int64N(int64(24*time.Hour))),
			RestartSteps:       1 + random.IntN(1<<random.IntN(bits.UintSize-2)),
			RestartMaxDelaySec: Infinity - time.Duration(random.Int64N(1<<random.IntN(63))),
		}
		near := []int{b.RestartSteps - 1, b.RestartSteps, b.RestartSteps + 1}
		restarts := append(slices.Concat(extremes, near), random.IntN(b.RestartSteps)+1)
		slices.Sort(restarts)
		last := time.Duration(0)
		for _, n := range restarts {
			wait := b.delay(n)
			if wait < b.RestartSec || wait > max(b.RestartSec, b.RestartMaxDelaySec) || wait < last {
				t.Fatalf("%+v: wait %d before restart %d, and %d before an earlier one", b, wait, n, last)
			}
			last = wait
		}
	}
}

package watchdog

import (
	"testing"
	"time"
)

// Only where the program's next run is a matter of microseconds may the record of its
// last exit reach the disk together with that.
func TestRestartsNow(t *testing.T) {
	now := time.Now()
	tests := []struct {
		name    string
		state   State
		due     time.Time
		pid     int
		outcome Outcome
		want    bool
	}{
		{"no wait", AutoRestart, now, 7, "", true},
		{"a wait", AutoRestart, now.Add(time.Hour), 7, "", false},
		{"a program that cannot be executed", AutoRestart, now, 0, "", false},
		{"somebody is about to be told", AutoRestart, now, 7, StartFailed, false},
		{"it runs", Running, time.Time{}, 7, "", false},
		{"the end", Failed, time.Time{}, 7, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &Guardian{outcome: tt.outcome, record: Record{State: tt.state, NextStart: tt.due, Runs: []Run{{PID: tt.pid}}}}
			if got := g.restartsNow(); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if (&Guardian{record: Record{State: Dead}}).restartsNow() {
		t.Error("before the first run")
	}
}

package watchdog

import (
	"strings"
	"testing"
	"time"
)

func TestNewsForTheManager(t *testing.T) {
	type moment struct {
		state  State
		what   string // "ending", "asked" for a reload
		status string
		want   string
	}
	tests := []struct {
		name    string
		moments []moment
	}{
		{"a service that comes up", []moment{
			{Start, "", "start", "STATUS=start"},
			{Start, "", "start", ""},
			{Running, "", "running", "READY=1 STATUS=running"},
			{Running, "", "running", ""},
		}},
		{"a restart is no news but in the status", []moment{
			{Running, "", "running", "READY=1 STATUS=running"},
			{AutoRestart, "", "waiting", "STATUS=waiting"},
			{Start, "", "waiting", ""},
			{Running, "", "running", "STATUS=running"},
		}},
		{"a reload that is over at once", []moment{
			{Running, "", "", "READY=1"},
			{Running, "asked", "", "RELOADING=1 MONOTONIC_USEC=5000000 READY=1"},
			{Running, "", "", ""},
		}},
		{"a reload before it is ready", []moment{
			{Start, "asked", "", ""},
			{Running, "", "", "READY=1"},
		}},
		{"the end", []moment{
			{Running, "", "", "READY=1"},
			{StopSigterm, "ending", "", "STOPPING=1"},
			{Dead, "ending", "", ""},
		}},
		{"a stop that comes with a reload", []moment{
			{Running, "", "", "READY=1"},
			{StopSigterm, "ending asked", "", "STOPPING=1"},
		}},
		{"a start that failed", []moment{
			{Failed, "ending", "why", "STOPPING=1 STATUS=why"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a announcer
			for i, m := range tt.moments {
				a.reloaded = strings.Contains(m.what, "asked")
				got := strings.Join(a.news(m.state, strings.Contains(m.what, "ending"), m.status, 5*time.Second), " ")
				if got != m.want {
					t.Errorf("moment %d: %q, want %q", i, got, m.want)
				}
			}
		})
	}
}

func TestBeatWanted(t *testing.T) {
	tests := []struct {
		usec, pid string
		want      time.Duration
	}{
		{"", "", 0},
		{"20000000", "", 10 * time.Second},
		{"20000000", "42", 10 * time.Second},
		{"20000000", "43", 0}, // meant for whoever has started us
		{"0", "42", 0},
		{"-5", "42", 0},
		{"18446744073709551615", "42", 0},
		{"soon", "42", 0},
	}
	for _, tt := range tests {
		getenv := func(name string) string {
			return map[string]string{"WATCHDOG_USEC": tt.usec, "WATCHDOG_PID": tt.pid}[name]
		}
		if got := beatWanted(getenv, 42); got != tt.want {
			t.Errorf("WATCHDOG_USEC=%s WATCHDOG_PID=%s: %v, want %v", tt.usec, tt.pid, got, tt.want)
		}
	}
}

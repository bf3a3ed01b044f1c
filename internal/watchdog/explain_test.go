package watchdog

import (
	"math"
	"syscall"
	"testing"
	"time"
)

func TestExplanations(t *testing.T) {
	seven := &Exit{Code: 7}
	oom := &Exit{Signal: syscall.SIGKILL, OOM: ByOOM}
	onFailure := Verdict{true, "Restart=on-failure"}
	plain := Backoff{RestartSec: time.Second, RestartMaxDelaySec: Infinity}
	growing := Backoff{RestartSec: time.Second, RestartSteps: 8, RestartMaxDelaySec: 311 * time.Second}

	tests := []struct{ name, got, want string }{
		{"a restart with backoff",
			explainRestart("exited with 7", onFailure, growing, growing.delay(3), 3, 2),
			"restarting in 4.2 s: exited with 7, Restart=on-failure; restart 3, backoff step 2 of 8"},
		{"and at the end of the steps",
			explainRestart("exited with 7", onFailure, growing, growing.delay(100), 100, 99),
			"restarting in 5 min 11 s: exited with 7, Restart=on-failure; restart 100, backoff step 8 of 8"},
		{"a restart without",
			explainRestart("exited with 7", onFailure, plain, time.Second, 3, 2),
			"restarting in 1 s: exited with 7, Restart=on-failure; restart 3"},
		{"a restart at once",
			explainRestart("exited with 7", Verdict{true, "on the force-restart list"}, Backoff{}, 0, 1, 0),
			"restarting at once: exited with 7, on the force-restart list; restart 1"},
		{"the end, by the no-restart list",
			explainEnd("killed by SIGKILL (out of memory)", Verdict{false, "on the no-restart list"}),
			"not restarting: killed by SIGKILL (out of memory), on the no-restart list"},
		{"the end, by the policy",
			explainEnd("exited with 0", Verdict{false, "Restart=on-failure"}),
			"not restarting: exited with 0, Restart=on-failure"},
		{"the start limit",
			explainLimit(StartLimit{10 * time.Second, 5}, seven),
			"not starting: start limit of 5 starts within 10 s is reached; the last run exited with 7"},
		{"the start limit after a kill",
			explainLimit(StartLimit{time.Hour, 5}, oom),
			"not starting: start limit of 5 starts within 1 h is reached; the last run was killed by SIGKILL (out of memory)"},
		{"the start limit after a program that is missing",
			explainLimit(StartLimit{time.Hour, 5}, &Exit{Code: 203, Err: "no such file or directory"}),
			"not starting: start limit of 5 starts within 1 h is reached; the last run was not executed: no such file or directory (status=203/EXEC)"},
		{"the start limit before any run",
			explainLimit(StartLimit{Infinity, 5}, nil),
			"not starting: start limit of 5 starts ever is reached"},
		{"an early death",
			explainEarlyEnd(&Exit{Code: 2}, 100*time.Millisecond),
			"not restarting: exited with 2 within the first 100 ms, before it counted as started"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got  %s\nwant %s", tt.got, tt.want)
			}
		})
	}
}

func TestSpan(t *testing.T) {
	tests := []struct {
		span time.Duration
		want string
	}{
		{0, "0 µs"},
		{250 * time.Microsecond, "250 µs"},
		{100 * time.Millisecond, "100 ms"},
		{time.Second, "1 s"},
		{4199 * time.Millisecond, "4.2 s"},
		{time.Minute, "1 min"},
		{150 * time.Second, "2 min 30 s"},
		{time.Hour, "1 h"},
		{3*time.Hour + 5*time.Minute + 7*time.Second, "3 h 5 min"},
		{24 * time.Hour, "1 d"},
		{50 * time.Hour, "2 d 2 h"},
		{math.MaxInt64 - 1, "106751 d 23 h"},
		{Infinity, "for ever"},
	}
	for _, tt := range tests {
		if got := Span(tt.span); got != tt.want {
			t.Errorf("Span(%d) = %q, want %q", tt.span, got, tt.want)
		}
	}
}

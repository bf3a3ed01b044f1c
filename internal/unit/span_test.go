package unit

import (
	"testing"
	"time"

	"holdfast/internal/watchdog"
)

const (
	day   = 24 * time.Hour
	month = 2629800 * time.Second
	year  = 31557600 * time.Second
)

// Checked against systemd-analyze timespan.
func TestParseSpan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"0": 0, "5": 5 * time.Second, "+5": 5 * time.Second, " 5 ": 5 * time.Second, "90": 90 * time.Second,
		"1.5": 1500 * time.Millisecond, ".5": 500 * time.Millisecond, "0.0000001": 0,
		"1.5ms": 1500 * time.Microsecond, "1500us": 1500 * time.Microsecond, "5usec": 5 * time.Microsecond,
		"5µs": 5 * time.Microsecond, "5μs": 5 * time.Microsecond, "7msec": 7 * time.Millisecond,
		"1s": time.Second, "2sec": 2 * time.Second, "1second": time.Second, "2seconds": 2 * time.Second,
		"1m": time.Minute, "1min": time.Minute, "1minute": time.Minute, "2minutes": 2 * time.Minute, "1 min": time.Minute,
		"1h": time.Hour, "1hr": time.Hour, "1hour": time.Hour, "2hours": 2 * time.Hour,
		"1d": day, "2days": 2 * day, "1w": 7 * day, "2weeks": 14 * day,
		"1M": month, "3month": 3 * month, "2months": 2 * month, "1y": year, "2years": 2 * year,
		"1min 30s": 90 * time.Second, "1min30s": 90 * time.Second, "1h30": time.Hour + 30*time.Second,
		"5 6": 11 * time.Second, "12.34 .56": 12900 * time.Millisecond, "12.34s.56": 12900 * time.Millisecond,
		"2 d 3": 2*day + 3*time.Second, "3600.5": time.Hour + 500*time.Millisecond,
		"infinity": watchdog.Infinity, " infinity\t": watchdog.Infinity, "300y": watchdog.Infinity,
	} {
		if got, err := ParseSpan(text); got != want || err != nil {
			t.Errorf("ParseSpan(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"": errNotSpan, " ": errNotSpan, "fast": errNotSpan, "s": errNotSpan, "5sfoo": errNotSpan, "5 foo": errNotSpan, "1e3": errNotSpan,
		"0x10": errNotSpan, "3.": errNotSpan, "3.s": errNotSpan, ".": errNotSpan, "5.+1": errNotSpan, "+ 5": errNotSpan, "++5": errNotSpan,
		"12.34.56": errNotSpan, "infinityx": errNotSpan, "5 infinity": errNotSpan, "5S": errNotSpan, "１": errNotSpan,
		"-0": errNegative, "- 5": errNegative, "5 -1s": errNegative,
		"1000000y": errLongSpan, "18446744073709551615": errLongSpan, "99999999999999999999": errLongSpan, "584541y 584541y": errLongSpan,
	} {
		if got, err := ParseSpan(text); err != want {
			t.Errorf("ParseSpan(%q) = %v, %v, want the error %v", text, got, err, want)
		}
	}
}

func TestFormatSpan(t *testing.T) {
	t.Parallel()
	for span, want := range map[time.Duration]string{
		0: "0", 999: "0", -time.Second: "0", time.Microsecond: "1us", 1500 * time.Microsecond: "1.500ms",
		100 * time.Millisecond: "100ms", 1500 * time.Millisecond: "1.500000s", 5 * time.Second: "5s",
		59900 * time.Millisecond: "59.900000s", 61001 * time.Millisecond: "1min 1.001000s",
		90 * time.Second: "1min 30s", time.Hour + 500*time.Millisecond: "1h 500ms", 25 * time.Hour: "1d 1h",
		14 * day: "2w", 3 * month: "3month", year: "1y", watchdog.Infinity: "infinity",
	} {
		if got := FormatSpan(span); got != want {
			t.Errorf("FormatSpan(%d) = %q, want %q", span, got, want)
		}
	}
}

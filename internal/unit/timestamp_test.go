package unit

import (
	"errors"
	"testing"
	"time"
)

// berlin is a time zone with a summer time.
func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err) // a host without the time zone database
	}
	return zone
}

func TestParseTimestamp(t *testing.T) {
	zone := berlin(t)
	now := time.Date(2026, 11, 21, 6, 25, 12, 345678000, zone) // a Saturday
	at := func(day, hour, minute, second, micro int) time.Time {
		return time.Date(2026, 11, day, hour, minute, second, micro*1000, zone)
	}
	tests := map[string]time.Time{
		"2026-11-20 05:06:07":           at(20, 5, 6, 7, 0),
		"2026-11-20 05:06:07.25":        at(20, 5, 6, 7, 250000),
		"2026-11-20 05:06":              at(20, 5, 6, 0, 0),
		"2026-11-20":                    at(20, 0, 0, 0, 0),
		"05:06:07":                      at(21, 5, 6, 7, 0),
		"05:06:07.000001":               at(21, 5, 6, 7, 1),
		"05:06":                         at(21, 5, 6, 0, 0),
		" 23:59 ":                       at(21, 23, 59, 0, 0),
		"now":                           now,
		"today":                         at(21, 0, 0, 0, 0),
		"yesterday":                     at(20, 0, 0, 0, 0),
		"tomorrow":                      at(22, 0, 0, 0, 0),
		"-10min":                        at(21, 6, 15, 12, 345678),
		"10min ago":                     at(21, 6, 15, 12, 345678),
		"1h 10min ago":                  at(21, 5, 15, 12, 345678),
		"-5":                            at(21, 6, 25, 7, 345678),
		"+2s":                           at(21, 6, 25, 14, 345678),
		"2s left":                       at(21, 6, 25, 14, 345678),
		"@1763706312":                   time.Unix(1763706312, 0),
		"@1763706312.5":                 time.Unix(1763706312, 5e8),
		"Fri 2026-11-20 05:06:07":       at(20, 5, 6, 7, 0),
		"friday 2026-11-20":             at(20, 0, 0, 0, 0),
		"Fri 2026-11-20 05:06:07 CET":   at(20, 5, 6, 7, 0),
		"2026-07-20 05:06:07 CEST":      time.Date(2026, 7, 20, 5, 6, 7, 0, zone),
		"2026-11-20 05:06:07 UTC":       time.Date(2026, 11, 20, 5, 6, 7, 0, time.UTC),
		"05:06 UTC":                     time.Date(2026, 11, 21, 5, 6, 0, 0, time.UTC),
		"2026-11-20 06:06 Europe/Sofia": at(20, 5, 6, 0, 0),
		"2026-11-20T05:06:07Z":          at(20, 6, 6, 7, 0),
		"2026-11-20T05:06:07.25+02:00":  at(20, 4, 6, 7, 250000),
		"2026-11-20T05:06:07":           at(20, 5, 6, 7, 0),
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			if got, err := ParseTimestamp(text, now); err != nil || !got.Equal(want) {
				t.Errorf("%v, %v; want %v", got, err, want)
			}
		})
	}
	for _, text := range []string{
		"", "foo", "10min", "10 apples ago", "-", "+", " ago", "ago", "--5min", "25:00", "12:60", "2026-02-30", "2026-13-01",
		"2026-11-20 05", "20-11-20", "Thu 2026-11-20", "Fri", "05:06 ../etc/passwd", "05:06 Nowhere/Else", "05:06 Local", "@", "@-1", "@x", "@1.x", "-infinity", "yesterday 05:06",
	} {
		t.Run(text, func(t *testing.T) {
			if got, err := ParseTimestamp(text, now); err == nil {
				t.Errorf("%v, want an error", got)
			} else if !errors.Is(err, errNotTime) {
				t.Errorf("error %q, want %q", err, errNotTime)
			}
		})
	}
}

// What is taken is a time near enough to print, and one that was printed is taken again.
func FuzzParseTimestamp(f *testing.F) {
	for _, text := range []string{"2026-11-20 05:06:07.25", "Fri 2026-11-20 05:06 CET", "yesterday", "1h 10min ago", "-5", "@1763706312.5", "2026-11-20T05:06:07+02:00"} {
		f.Add(text)
	}
	now := time.Date(2026, 11, 21, 6, 25, 12, 345678000, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseTimestamp(text, now)
		if err != nil {
			return
		}
		const layout = "Mon 2006-01-02 15:04:05.999999999 MST"
		got = got.UTC()
		if year := got.Year(); year < 0 || year > 9999 {
			return
		}
		if again, err := ParseTimestamp(got.Format(layout), now); err != nil || !again.Equal(got) {
			t.Errorf("%q is %v, which is read as %v, %v", text, got, again, err)
		}
	})
}

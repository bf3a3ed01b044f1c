package unit

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"holdfast/internal/watchdog"
)

var errNotTime = errors.New(`not a time; write "2026-11-21 06:25:12", 06:25, today, yesterday, now, -10min, "10min ago" or an RFC 3339 time`)

// timeLayouts are the ways to write a day and a time of day. A fraction of a second may
// follow the seconds. systemd takes RFC 3339's from version 254 on.
var timeLayouts = [...]string{
	"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "15:04:05", "15:04",
	"2006-01-02T15:04:05", "2006-01-02T15:04",
}

// ParseTimestamp reads a time as systemd.time(7) has it: a day, a time of today or both,
// after a weekday or without, in the time zone of now or in the one that follows; "now",
// "today", "yesterday" and "tomorrow", which are midnights; "-5min", "+5min", "5min ago"
// and "5min left", counted from now; "@" and the seconds since 1970; and RFC 3339.
func ParseTimestamp(text string, now time.Time) (time.Time, error) {
	text = strings.Trim(text, whitespace)
	year, month, day := now.Date()
	midnight := func(days int) time.Time {
		return time.Date(year, month, day+days, 0, 0, 0, 0, now.Location())
	}
	switch text {
	case "now":
		return now, nil
	case "today":
		return midnight(0), nil
	case "yesterday":
		return midnight(-1), nil
	case "tomorrow":
		return midnight(+1), nil
	}
	if t, found := cutRelative(text, now); found {
		return t, nil
	}
	if seconds, found := strings.CutPrefix(text, "@"); found {
		return parseEpoch(seconds)
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	weekday, rest := cutWeekday(text)
	t, err := parseWall(rest, now)
	if err != nil || weekday != "" && t.Weekday().String()[:3] != weekday {
		return time.Time{}, errNotTime
	}
	return t, nil
}

// cutRelative reads a distance from now.
func cutRelative(text string, now time.Time) (time.Time, bool) {
	forward := time.Duration(1)
	span, found := strings.CutPrefix(text, "+")
	if !found {
		span, found = strings.CutSuffix(text, " left")
	}
	if !found {
		forward = -1
		span, found = strings.CutPrefix(text, "-")
	}
	if !found {
		span, found = strings.CutSuffix(text, " ago")
	}
	length, err := ParseSpan(span)
	if !found || err != nil || length == watchdog.Infinity {
		return time.Time{}, false
	}
	return now.Add(forward * length), true
}

func parseEpoch(text string) (time.Time, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	seconds, err := strconv.ParseUint(whole, 10, 40)
	if err != nil {
		return time.Time{}, errNotTime
	}
	if fraction == "" {
		return time.Unix(int64(seconds), 0), nil
	}
	nano, err := strconv.ParseUint((fraction + "000000000")[:9], 10, 32)
	if err != nil {
		return time.Time{}, errNotTime
	}
	return time.Unix(int64(seconds), int64(nano)), nil
}

// cutWeekday takes a day of the week in front off the text.
func cutWeekday(text string) (weekday, rest string) {
	word, rest, _ := strings.Cut(text, " ")
	for day := time.Sunday; day <= time.Saturday; day++ {
		if name := day.String(); strings.EqualFold(word, name) || strings.EqualFold(word, name[:3]) {
			return name[:3], strings.TrimLeft(rest, whitespace)
		}
	}
	return "", text
}

// parseWall reads what a clock on the wall shows. A time of day is one of today.
func parseWall(text string, now time.Time) (time.Time, error) {
	wall, place := text, now.Location()
	if at := strings.LastIndexByte(text, ' '); at >= 0 && !strings.ContainsAny(text[at:], ":-") {
		zone, err := findZone(text[at+1:], now)
		if err != nil {
			return time.Time{}, err
		}
		wall, place = text[:at], zone
	}
	for _, layout := range &timeLayouts {
		t, err := time.ParseInLocation(layout, wall, place)
		if err != nil {
			continue
		}
		if !strings.HasPrefix(layout, "2006") {
			year, month, day := now.In(place).Date()
			t = time.Date(year, month, day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), place)
		}
		return t, nil
	}
	return time.Time{}, errNotTime
}

// findZone knows the names of the time zone database, and what the time zone of now is
// called in summer and in winter, which is what dates are printed with.
func findZone(name string, now time.Time) (*time.Location, error) {
	if name == "UTC" {
		return time.UTC, nil
	}
	for month := range 12 {
		if known, _ := now.AddDate(0, month, 0).Zone(); known == name {
			return now.Location(), nil
		}
	}
	if name == "" || name == "Local" {
		return nil, errNotTime
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, errNotTime
	}
	return zone, nil
}

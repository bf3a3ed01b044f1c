package unit

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"holdfast/internal/watchdog"
)

// spanUnits are systemd's units of time in microseconds. The first that fits a text is
// taken, so a longer name stands before its beginning.
var spanUnits = [...]struct {
	name  string
	micro uint64
}{
	{"seconds", 1e6}, {"second", 1e6}, {"sec", 1e6}, {"s", 1e6},
	{"minutes", 60e6}, {"minute", 60e6}, {"min", 60e6},
	{"months", 2629800e6}, {"month", 2629800e6}, {"M", 2629800e6},
	{"msec", 1e3}, {"ms", 1e3}, {"m", 60e6},
	{"hours", 3600e6}, {"hour", 3600e6}, {"hr", 3600e6}, {"h", 3600e6},
	{"days", 86400e6}, {"day", 86400e6}, {"d", 86400e6},
	{"weeks", 604800e6}, {"week", 604800e6}, {"w", 604800e6},
	{"years", 31557600e6}, {"year", 31557600e6}, {"y", 31557600e6},
	{"usec", 1}, {"us", 1}, {"μs", 1}, {"µs", 1}, // the Greek letter and the micro sign
}

var (
	errNotSpan  = errors.New("not a time span; write 5, 500ms or 1min 30s")
	errNegative = errors.New("a time span cannot be negative")
	errLongSpan = errors.New("a time span that long cannot be told; write infinity")
)

// ParseSpan reads a time span as systemd.time(7) has it: "5" is seconds, "1min 30s" a
// sum, "infinity" is watchdog.Infinity, and so is what exceeds a time.Duration, 292
// years. Less than a microsecond is lost.
func ParseSpan(text string) (time.Duration, error) {
	text = strings.Trim(text, whitespace)
	if text == "infinity" {
		return watchdog.Infinity, nil
	}
	if text == "" {
		return 0, errNotSpan
	}
	total := uint64(0)
	for text != "" {
		micro, rest, err := cutSpan(text)
		if err != nil {
			return 0, err
		}
		if micro >= math.MaxUint64-total {
			return 0, errLongSpan
		}
		total += micro
		text = strings.TrimLeft(rest, whitespace)
	}
	if total > math.MaxInt64/1000 {
		return watchdog.Infinity, nil
	}
	return time.Duration(total) * time.Microsecond, nil
}

// cutSpan takes one number with its unit off the text: parse_time in systemd's
// src/basic/time-util.c.
func cutSpan(text string) (micro uint64, rest string, err error) {
	if text[0] == '-' {
		return 0, "", errNegative
	}
	text = strings.TrimPrefix(text, "+")
	whole, rest := cutDigits(text)
	fraction, isFraction := "", false
	if rest, isFraction = strings.CutPrefix(rest, "."); isFraction {
		fraction, rest = cutDigits(rest)
	}
	if whole+fraction == "" || isFraction && fraction == "" {
		return 0, "", errNotSpan
	}
	number := uint64(0)
	if whole != "" {
		if number, err = strconv.ParseUint(whole, 10, 63); err != nil {
			return 0, "", errLongSpan
		}
	}
	factor := uint64(1e6)
	after := strings.TrimLeft(rest, whitespace)
	for _, unit := range &spanUnits {
		if tail, found := strings.CutPrefix(after, unit.name); found {
			factor, after = unit.micro, tail
			break
		}
	}
	if after == rest && rest != "" {
		return 0, "", errNotSpan // 12.34.56, 5x
	}
	if number >= math.MaxUint64/factor {
		return 0, "", errLongSpan
	}
	micro = number * factor
	for place, i := factor/10, 0; i < len(fraction); place, i = place/10, i+1 {
		micro += uint64(fraction[i]-'0') * place
	}
	return micro, after, nil
}

func cutDigits(text string) (digits, rest string) {
	rest = strings.TrimLeft(text, "0123456789")
	return text[:len(text)-len(rest)], rest
}

// FormatSpan writes a time span as systemctl does, to the microsecond: "1min 30s",
// "1.500000s", "infinity", "0". ParseSpan reads it back.
func FormatSpan(span time.Duration) string {
	switch {
	case span == watchdog.Infinity:
		return "infinity"
	case span < time.Microsecond:
		return "0"
	}
	left := uint64(span / time.Microsecond)
	var parts []string
	for _, unit := range [...]struct {
		name   string
		micro  uint64
		digits int // after the point
	}{
		{"y", 31557600e6, 0}, {"month", 2629800e6, 0}, {"w", 604800e6, 0}, {"d", 86400e6, 0},
		{"h", 3600e6, 0}, {"min", 60e6, 0}, {"s", 1e6, 6}, {"ms", 1e3, 3}, {"us", 1, 0},
	} {
		if left < unit.micro {
			continue
		}
		whole, below := left/unit.micro, left%unit.micro
		if unit.digits > 0 && below > 0 {
			parts = append(parts, fmt.Sprintf("%d.%0*d%s", whole, unit.digits, below, unit.name))
			break
		}
		parts = append(parts, fmt.Sprintf("%d%s", whole, unit.name))
		left = below
	}
	return strings.Join(parts, " ")
}

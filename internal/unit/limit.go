package unit

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast/internal/proc"
	"holdfast/internal/watchdog"
)

// limit is the setter of one of the Limit*=: "soft:hard", or both in one.
func (d *draft) limit(name string, parse func(string) (uint64, error)) func(string) error {
	one := func(text string) (uint64, error) {
		if text == "infinity" {
			return proc.NoLimit, nil
		}
		return parse(text)
	}
	return func(text string) error {
		soft, hard, both := strings.Cut(text, ":")
		if !both {
			hard = soft
		}
		limit := watchdog.Limit{Name: name}
		var err error
		if limit.Soft, err = one(soft); err != nil {
			return err
		}
		if limit.Hard, err = one(hard); err != nil {
			return err
		}
		if limit.Soft > limit.Hard {
			return errors.New("the soft limit, which comes first, is above the hard one")
		}
		limits := slices.DeleteFunc(slices.Clone(d.service.Setup.Limits), func(l watchdog.Limit) bool { return l.Name == name })
		d.service.Setup.Limits = append(limits, limit)
		return nil
	}
}

// limitCount is a number as safe_atou64 of systemd has it.
func limitCount(text string) (uint64, error) {
	number, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 0, 64)
	if err != nil || strings.Contains(text, "_") || number == proc.NoLimit {
		return 0, errors.New("neither a number nor infinity")
	}
	return number, nil
}

// limitSeconds rounds up.
func limitSeconds(text string) (uint64, error) {
	span, err := ParseSpan(text)
	if span == watchdog.Infinity {
		return proc.NoLimit, err
	}
	return uint64((span + time.Second - 1) / time.Second), err
}

func limitMicroseconds(text string) (uint64, error) {
	if number, err := strconv.ParseUint(text, 10, 64); err == nil {
		return number, nil
	}
	span, err := ParseSpan(text)
	return uint64(span / time.Microsecond), err
}

// limitNice is a nice level with its sign, or what the kernel has for it: 20 less that.
func limitNice(text string) (uint64, error) {
	if text != "" && (text[0] == '+' || text[0] == '-') {
		level, err := parseInteger(text, -20, 19)
		return uint64(20 - level), err
	}
	number, err := limitCount(text)
	if err != nil || number > 40 {
		return 0, errors.New("neither a nice level with its sign nor a number up to 40")
	}
	return number, nil
}

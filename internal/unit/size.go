package unit

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"holdfast/internal/logs"
)

var (
	errNotSize  = errors.New("not a size in bytes; write 500K, 1.5G or 1G 512M")
	errLongSize = errors.New("a size of 16 EiB or more; write infinity")
)

// parseSize reads a number of bytes as parse_size in systemd's src/basic/parse-util.c does,
// with K, M, G, T, P and E for powers of 1024, fractions, and sums that begin with the
// largest unit: 1.5G, 1G 512M.
func parseSize(text string) (uint64, error) {
	units, total := "EPTGMKB", uint64(0)
	for rest := strings.Trim(text, whitespace); ; rest = strings.TrimLeft(rest, whitespace) {
		var size uint64
		var err error
		size, rest, units, err = cutSize(rest, units)
		switch {
		case err != nil:
			return 0, err
		case size >= math.MaxUint64-total:
			return 0, errLongSize
		}
		if total += size; rest == "" {
			return total, nil
		}
	}
}

// cutSize takes one number with its unit off the text. Smaller units may follow, and after
// a number without one nothing.
func cutSize(text, units string) (size uint64, rest, smaller string, err error) {
	whole, rest := cutDigits(strings.TrimPrefix(text, "+"))
	if whole == "" {
		return 0, "", "", errNotSize
	}
	number, err := strconv.ParseUint(whole, 10, 64)
	if err != nil {
		return 0, "", "", errLongSize
	}
	fraction := 0.0
	if after, found := strings.CutPrefix(rest, "."); found {
		var digits string
		digits, rest = cutDigits(after)
		fraction, _ = strconv.ParseFloat("0."+digits, 64) // there need not be any: 10.M
	}
	factor := uint64(1)
	if rest = strings.TrimLeft(rest, whitespace); rest != "" {
		i := strings.IndexByte(units, rest[0])
		if i < 0 {
			return 0, "", "", errNotSize
		}
		factor <<= 10 * strings.IndexByte("BKMGTPE", rest[0])
		rest, smaller = rest[1:], units[i+1:]
	}
	if limit := math.MaxUint64 / factor; number > limit || number == limit && fraction > 0 {
		return 0, "", "", errLongSize
	}
	return number*factor + uint64(fraction*float64(factor)), rest, smaller, nil
}

// smallestLog keeps a typing mistake from making a file for every line.
const smallestLog = 4 << 10

func parseLogSize(text string) (int64, error) {
	if text == "infinity" {
		return logs.Unlimited, nil
	}
	size, err := parseSize(text)
	switch {
	case err != nil:
		return 0, err
	case size < smallestLog:
		return 0, errors.New("less than 4K")
	case size > math.MaxInt64:
		return 0, errLongSize
	}
	return int64(size), nil
}

func parseLogCount(text string) (int64, error) {
	if text == "infinity" {
		return logs.Unlimited, nil
	}
	count, err := parseCount(text)
	if err != nil {
		err = errors.New("neither a number from 0 up nor infinity")
	}
	return int64(count), err
}

func parseTimestamps(text string) (logs.Timestamps, error) {
	if on, err := parseBool(text); err == nil {
		if on {
			return logs.UTCTimestamps, nil
		}
		return logs.NoTimestamps, nil
	}
	return oneOf(logs.NoTimestamps, logs.UTCTimestamps, logs.LocalTimestamps)(text)
}

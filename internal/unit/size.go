package unit

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"holdfast/internal/logs"
)

// parseSize reads a number of bytes as systemd does, with the suffixes K, M, G, T, P and
// E to the base 1024; systemd.syntax(7).
func parseSize(text string) (int64, error) {
	const suffixes = "BKMGTPE"
	number, unit := text, 0
	if last := len(text) - 1; last >= 0 {
		if i := strings.IndexByte(suffixes, text[last]); i >= 0 {
			number, unit = strings.TrimSpace(text[:last]), i
		}
	}
	size, err := strconv.ParseFloat(number, 64)
	size *= math.Pow(1024, float64(unit))
	if err != nil || strings.Trim(number, "0123456789.") != "" || size >= math.MaxInt64 {
		return 0, errors.New("not a size such as 500K, 10M or 1.5G")
	}
	return int64(size), nil
}

// smallestLog keeps a typing mistake from making a file for every line.
const smallestLog = 4 << 10

func parseLogSize(text string) (int64, error) {
	if text == "infinity" {
		return logs.Unlimited, nil
	}
	size, err := parseSize(text)
	if err == nil && size < smallestLog {
		err = errors.New("less than 4K")
	}
	return size, err
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

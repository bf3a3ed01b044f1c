package logfile

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Previous is the run before the present one, or before the last one if none is present.
const Previous = -1

// positions is where in a log to look for what was written in a time and a run; a zero
// time and run 0 mean any. It is as exact as the marks are and leaves nothing out. Where
// the clock was set back, the marks that were made later count.
func positions(marks []Mark, since, until time.Time, run int) (from, to int64, err error) {
	to = math.MaxInt64
	for _, m := range marks {
		if !since.IsZero() && !m.Time.After(since) {
			from = m.Position
		}
		switch {
		case until.IsZero():
		case !m.Time.After(until):
			to = math.MaxInt64
		case to == math.MaxInt64:
			to = m.Position
		}
	}
	if run == 0 {
		return from, to, nil
	}
	begin, end, err := runPositions(marks, run)
	return max(from, begin), min(to, end), err
}

// runPositions is where a run begins and the next one does. Of several with the number,
// for counting begins anew after a reboot, it is the last one.
func runPositions(marks []Mark, number int) (begin, end int64, err error) {
	var runs []Mark
	for _, m := range marks {
		if m.Kind == RunBegun {
			runs = append(runs, m)
		}
	}
	wanted := -1
	for i, m := range runs {
		if m.Run == number || number == Previous && i == len(runs)-2 {
			wanted = i
		}
	}
	switch {
	case len(runs) == 0:
		return 0, 0, errors.New("the log does not say where runs begin")
	case wanted < 0 && number == Previous:
		return 0, 0, errors.New("the log knows of no run before the last one")
	case wanted < 0 && len(runs) == 1:
		return 0, 0, fmt.Errorf("the log knows of no run %d, only of %d", number, runs[0].Run)
	case wanted < 0:
		return 0, 0, fmt.Errorf("the log knows of no run %d; the last ones are %d and %d", number, runs[len(runs)-2].Run, runs[len(runs)-1].Run)
	case wanted+1 < len(runs):
		return runs[wanted].Position, runs[wanted+1].Position, nil
	}
	return runs[wanted].Position, math.MaxInt64, nil
}

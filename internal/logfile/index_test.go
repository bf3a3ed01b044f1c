package logfile

import (
	"reflect"
	"testing"
	"time"
)

func TestMarks(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	if marks, err := d.log.Marks(); err != nil || marks != nil {
		t.Errorf("without an index: %v, %v", marks, err)
	}
	d.mark(RunBegun, 1)
	d.write("four")
	d.mark(At, 0)
	d.appendTo(d.log.Index(), "at 1763706312345678\nat 1 -1\nat x 5\nbegun 1 2 3\nrun 1 2 3\nrun 1 2 x id\nrnu 1 2\n\n")
	d.mark(Begun, 0)
	d.appendTo(d.log.Index(), "at 1763706312345678 10") // its writer was killed over it
	id := "00000000000000000000000000000001"
	at := time.UnixMicro(d.now.UnixMicro())
	want := []Mark{{RunBegun, at, 0, 1, id}, {Kind: At, Time: at, Position: 4}, {Kind: Begun, Time: at, Position: 4}}
	if marks, err := d.log.Marks(); err != nil || !reflect.DeepEqual(marks, want) {
		t.Errorf("%v, %v; want %v", marks, err, want)
	}
}

// Whatever a line holds, a mark that is read from it is written as one that is the same.
func FuzzParseMark(f *testing.F) {
	f.Add([]byte("at 1763706312345678 1048576"))
	f.Add([]byte("run 1763706312345678 1048576 3 0123456789abcdef0123456789abcdef"))
	f.Add([]byte("begun -1 9223372036854775807"))
	f.Fuzz(func(t *testing.T, line []byte) {
		m, ok := parseMark(line)
		if !ok {
			return
		}
		if m.Position < 0 {
			t.Errorf("position %d", m.Position)
		}
		text := m.Append(nil)
		if again, ok := parseMark(text); !ok || !reflect.DeepEqual(again, m) {
			t.Errorf("%q is %v, and then %v", line, m, again)
		}
	})
}

func TestPositions(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 21, 6, minute, 0, 0, time.UTC) }
	marks := []Mark{
		{Kind: RunBegun, Time: at(10), Position: 0, Run: 1},
		{Kind: At, Time: at(20), Position: 100},
		{Kind: RunBegun, Time: at(30), Position: 200, Run: 2},
		{Kind: At, Time: at(15), Position: 300}, // the clock was set back
		{Kind: At, Time: at(25), Position: 400},
		{Kind: RunBegun, Time: at(35), Position: 500, Run: 1}, // the host was restarted
		{Kind: Begun, Time: at(40), Position: 600},
	}
	const end = 1<<63 - 1
	tests := []struct {
		name         string
		since, until time.Time
		run          int
		from, to     int64
	}{
		{"everything", time.Time{}, time.Time{}, 0, 0, end},
		{"since before all", at(5), time.Time{}, 0, 0, end},
		{"since a mark", at(40), time.Time{}, 0, 600, end},
		{"since between marks", at(37), time.Time{}, 0, 500, end},
		{"since a time that was twice is since the second", at(22), time.Time{}, 0, 300, end},
		{"until before all", time.Time{}, at(5), 0, 0, 0},
		{"until a mark takes in what was printed right then", time.Time{}, at(35), 0, 0, 600},
		{"until a time that was twice is until the second", time.Time{}, at(22), 0, 0, 400},
		{"until after all", time.Time{}, at(50), 0, 0, end},
		{"between", at(26), at(36), 0, 400, 600},
		{"a run", time.Time{}, time.Time{}, 2, 200, 500},
		{"a number that was twice is the second", time.Time{}, time.Time{}, 1, 500, end},
		{"the run before", time.Time{}, time.Time{}, Previous, 200, 500},
		{"a part of a run", at(26), at(36), 2, 400, 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from, to, err := positions(marks, tt.since, tt.until, tt.run)
			if err != nil || from != tt.from || to != tt.to {
				t.Errorf("%d to %d, %v; want %d to %d", from, to, err, tt.from, tt.to)
			}
		})
	}
	for want, tt := range map[string]struct {
		marks []Mark
		run   int
	}{
		"the log does not say where runs begin":                {nil, 1},
		"the log knows of no run before the last one":          {marks[:2], Previous},
		"the log knows of no run 3, only of 1":                 {marks[:2], 3},
		"the log knows of no run 3; the last ones are 2 and 1": {marks, 3},
	} {
		if _, _, err := positions(tt.marks, time.Time{}, time.Time{}, tt.run); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"
)

// A Mark says that the log had reached a position at a time. The index is a file of
// marks, one on each line, oldest first:
//
//	at 1763706312345678 1048576
//	run 1763706312345678 1048576 3 0123456789abcdef0123456789abcdef
//	begun 1763706312345678 1048576
//
// What stands before the position was written before the time, and what stands after it
// was written then or later. The time is in microseconds since 1970.
type Mark struct {
	Kind     Kind
	Time     time.Time
	Position int64
	Run      int    // its number, of a RunBegun
	ID       string // its invocation ID
}

// A Kind of mark.
type Kind string

const (
	At       Kind = "at"    // output came
	RunBegun Kind = "run"   // a run began
	Begun    Kind = "begun" // the current file begins at the position
)

// Append adds the mark's line to text.
func (m Mark) Append(text []byte) []byte {
	text = fmt.Appendf(text, "%s %d %d", m.Kind, m.Time.UnixMicro(), m.Position)
	if m.Kind == RunBegun {
		text = fmt.Appendf(text, " %d %s", m.Run, m.ID)
	}
	return append(text, '\n')
}

// parseMark reads a line of the index. A guardian may be killed over a line, so one that
// makes no sense is no mark and no error.
func parseMark(line []byte) (Mark, bool) {
	words := bytes.Fields(line)
	if len(words) < 3 {
		return Mark{}, false
	}
	micro, timeErr := strconv.ParseInt(string(words[1]), 10, 64)
	position, err := strconv.ParseInt(string(words[2]), 10, 64)
	m := Mark{Kind: Kind(words[0]), Time: time.UnixMicro(micro), Position: position}
	if timeErr != nil || err != nil || position < 0 {
		return Mark{}, false
	}
	switch {
	case m.Kind == RunBegun && len(words) == 5:
		m.Run, err = strconv.Atoi(string(words[3]))
		m.ID = string(words[4])
		return m, err == nil
	case (m.Kind == At || m.Kind == Begun) && len(words) == 3:
		return m, true
	}
	return Mark{}, false
}

// Marks reads the index, in the order of positions. None is no error.
func (l Log) Marks() ([]Mark, error) {
	text, err := os.ReadFile(l.Index())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var marks []Mark
	for line := range bytes.Lines(text) {
		if m, ok := parseMark(line); ok && bytes.HasSuffix(line, []byte{'\n'}) {
			marks = append(marks, m)
		}
	}
	return marks, err
}

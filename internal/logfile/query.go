package logfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"time"
)

// A Query says what of a log is shown, and how. The zero value shows no line.
type Query struct {
	Lines        int       // the last so many of those that the rest picks; all if negative
	Since, Until time.Time // zero for any time
	Run          int       // its number, or Previous; 0 for all
	Match        *regexp.Regexp
	JSON         bool   // an object on each line; see the manual of logs
	Stream       string // stdout or stderr, for JSON; "" if it is both
	// Parse reads a line; nil is ParseLine.
	Parse func(whole []byte) Line
	// Notice is told of what cannot be shown, which ends nothing. It cannot be nil.
	Notice func(error)
}

// picks reports whether lines are looked at one by one to choose among them.
func (q *Query) picks() bool {
	return q.Match != nil || !q.Since.IsZero() || !q.Until.IsZero()
}

// wants decides on one line. One that does not say when it was written is as near to the
// time as the index knows.
func (q *Query) wants(l Line) bool {
	switch {
	case l.Time.IsZero():
	case l.Time.Before(q.Since), !q.Until.IsZero() && l.Time.After(q.Until):
		return false
	}
	return q.Match == nil || q.Match.Match(l.Text)
}

// Print writes to w what q asks for and is in the log by now.
func (l Log) Print(w io.Writer, q Query) error {
	r, err := l.begin(&q)
	if err != nil {
		return err
	}
	defer r.close()
	p := newPrinter(w, l, &q)
	if err := catchUp(context.Background(), r, p); err != nil {
		return err
	}
	return p.finish()
}

// begin finds where the reading begins, and has it end where the log ends now.
func (l Log) begin(q *Query) (*reader, error) {
	marks, err := l.Marks()
	if err != nil {
		return nil, err
	}
	from, to, err := positions(marks, q.Since, q.Until, q.Run)
	if err != nil {
		return nil, err
	}
	for range retries {
		files, err := l.Files()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		r := &reader{log: l, at: -1, notice: q.Notice, buffer: make([]byte, 128<<10)}
		if len(files) == 0 {
			return r, nil
		}
		first, end := files[0].Start, files[len(files)-1].End
		if err := q.kept(from, to, first); err != nil {
			return nil, err
		}
		r.at, r.to, err = min(max(from, first), end), min(to, end), nil
		if q.Lines >= 0 && !q.picks() {
			r.at, r.ahead, err = last(files, q.Lines, r.at, r.to)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return r, err
		}
	}
	return nil, fmt.Errorf("%s is rotated faster than it can be read", l)
}

// kept says so where a run was asked for and its output is gone.
func (q *Query) kept(from, to, first int64) error {
	switch {
	case q.Run == 0 || from >= first || from == to:
		return nil
	case to <= first:
		return errors.New("the output of that run is no longer kept")
	}
	q.Notice(fmt.Errorf("the first %d bytes of that run are no longer kept", first-from))
	return nil
}

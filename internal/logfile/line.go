package logfile

import (
	"bytes"
	"time"
)

// A Line of a log, without its end.
type Line struct {
	Position int64     // of its first byte
	Time     time.Time // when it was written; zero if it does not say
	Text     []byte    // without the time
	Whole    []byte    // as it is shown
}

// ParseLine reads a line as the capture writes it: with LogTimestamps= the time stands in
// front, by RFC 3339 and to the microsecond, and a space.
func ParseLine(whole []byte) Line {
	l := Line{Text: whole, Whole: whole}
	const utc, local = len("2026-11-21T06:25:12.345678Z"), len("2026-11-21T06:25:12.345678+00:00")
	for _, end := range [...]int{utc, local} {
		if len(whole) <= end || whole[end] != ' ' || whole[19] != '.' {
			continue
		}
		if t, err := time.Parse(time.RFC3339Nano, string(whole[:end])); err == nil {
			l.Time, l.Text = t, whole[end+1:]
			break
		}
	}
	return l
}

// longestLine is where a line is split that has no end, in bytes, so that a log without
// any needs no more memory. The capture splits lines that long, too.
const longestLine = 1 << 20

// A splitter makes lines of blocks.
type splitter struct {
	open []byte // a line that has no end yet
	at   int64  // its position
}

// add takes the next block in. One that does not follow the last ends the open line.
func (s *splitter) add(block []byte, position int64, yield func(position int64, line []byte) error) error {
	if len(s.open) > 0 && s.at+int64(len(s.open)) != position {
		if err := s.finish(yield); err != nil {
			return err
		}
	}
	if len(s.open) > 0 {
		position = s.at
		block = append(s.open, block...)
	}
	for {
		end := bytes.IndexByte(block, '\n')
		next := end + 1
		if end < 0 {
			if len(block) < longestLine {
				break
			}
			end, next = longestLine, longestLine
		}
		if err := yield(position, block[:end]); err != nil {
			return err
		}
		block, position = block[next:], position+int64(next)
	}
	s.open, s.at = append(s.open[:0], block...), position
	return nil
}

// finish ends the open line.
func (s *splitter) finish(yield func(position int64, line []byte) error) error {
	if len(s.open) == 0 {
		return nil
	}
	line := s.open
	s.open = nil
	return yield(s.at, line)
}

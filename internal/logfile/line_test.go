package logfile

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseLine(t *testing.T) {
	at := time.Date(2026, 11, 21, 6, 25, 12, 345678000, time.UTC)
	tests := []struct {
		name, line, text string
		time             time.Time
	}{
		{"UTC", "2026-11-21T06:25:12.345678Z hello there", "hello there", at},
		{"local", "2026-11-21T08:25:12.345678+02:00 hello", "hello", at},
		{"an empty line", "2026-11-21T06:25:12.345678Z ", "", at},
		{"no space", "2026-11-21T06:25:12.345678Z", "2026-11-21T06:25:12.345678Z", time.Time{}},
		{"to the second is the program's own", "2026-11-21T06:25:12Z hello", "2026-11-21T06:25:12Z hello", time.Time{}},
		{"no date", "2026-13-21T06:25:12.345678Z hello", "2026-13-21T06:25:12.345678Z hello", time.Time{}},
		{"none", "hello", "hello", time.Time{}},
		{"empty", "", "", time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := ParseLine([]byte(tt.line))
			if string(l.Text) != tt.text || !l.Time.Equal(tt.time) || string(l.Whole) != tt.line {
				t.Errorf("%v %q %q", l.Time, l.Text, l.Whole)
			}
		})
	}
}

// However a log arrives, its lines are the same, and each stands at its position.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte("one\n\ntwo\nthree"), 4)
	f.Add([]byte(strings.Repeat("long ", 300_000)+"\nend\n"), 100_000)
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		var s splitter
		var got []byte
		position := int64(0)
		yield := func(at int64, line []byte) error {
			if !bytes.Equal(text[at:at+int64(len(line))], line) {
				t.Fatalf("a line of %d bytes is not what stands at %d", len(line), at)
			}
			if got = append(got, line...); at+int64(len(line)) < int64(len(text)) && text[at+int64(len(line))] == '\n' {
				got = append(got, '\n')
			}
			return nil
		}
		for block := range slices.Chunk(text, min(max(size, 1), 1<<20)) {
			s.add(bytes.Clone(block), position, yield)
			position += int64(len(block))
		}
		s.finish(yield)
		if !bytes.Equal(got, text) {
			t.Errorf("%d bytes, want %d", len(got), len(text))
		}
	})
}

func TestSplitterEndsALineBeforeAGap(t *testing.T) {
	var s splitter
	var lines []string
	yield := func(_ int64, line []byte) error { lines = append(lines, string(line)); return nil }
	s.add([]byte("a\nb"), 0, yield)
	s.add([]byte("c\nd"), 100, yield)
	s.finish(yield)
	if want := []string{"a", "b", "c", "d"}; !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
}

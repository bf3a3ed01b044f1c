package logs

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	tailSize = 64 << 10 // the most of the output that a tail looks at, in bytes
	lineSize = 512      // bytes of a line that it shows
)

// tail returns the last n lines of the present run.
func (s *stream) tail(n int) []string {
	if n <= 0 || !s.moving.lockSoon() {
		return nil
	}
	defer s.moving.Unlock()
	most := int64(min(tailSize, n*lineSize))
	began, end := s.began, s.out.position()
	text := s.out.tail(min(most, end-began))
	if int64(len(text)) < min(most, end-began) { // the rest is in files that were rotated
		text = s.out.log.Tail(began, n, int(most))
	}
	return lastLines(text, n, int64(len(text)) < end-began)
}

// lastLines returns the last n lines of text, in order. cut means that the first may be
// the end of a line only.
func lastLines(text []byte, n int, cut bool) []string {
	if len(text) == 0 || n <= 0 {
		return nil
	}
	all := bytes.Split(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\n'})
	lines := make([]string, 0, min(n, len(all)))
	for i := max(0, len(all)-n); i < len(all); i++ {
		lines = append(lines, show(all[i], i > 0 || !cut))
	}
	return lines
}

// show makes a line fit to print: short, valid UTF-8 and without what would
// command a terminal. Of one whose beginning is gone it keeps the end.
func show(line []byte, complete bool) string {
	before, after := "", ""
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if !complete {
		before = "…"
		start := max(0, len(line)-lineSize)
		for start < len(line) && !utf8.RuneStart(line[start]) {
			start++
		}
		line = line[start:]
	} else if len(line) > lineSize {
		after = "…"
		end := lineSize
		for end > 0 && !utf8.RuneStart(line[end]) {
			end--
		}
		line = line[:end]
	}
	return before + strings.Map(printable, withoutColour(string(line))) + after
}

func printable(r rune) rune {
	if r == '\t' || unicode.IsPrint(r) {
		return r
	}
	return utf8.RuneError
}

// withoutColour removes the control sequences that set colours and the like:
// ESC [, parameters, a final byte (ECMA-48, 5.4).
func withoutColour(line string) string {
	const begin = "\x1b["
	var clean strings.Builder
	for {
		text, sequence, found := strings.Cut(line, begin)
		clean.WriteString(text)
		if !found {
			return clean.String()
		}
		end := strings.IndexFunc(sequence, func(r rune) bool { return r < ' ' || r > '?' })
		if end < 0 {
			return clean.String() // unfinished
		}
		line = sequence[end:]
		if '@' <= line[0] && line[0] <= '~' {
			line = line[1:]
		}
	}
}

package logs

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	tailSize = 4 << 10 // bytes of output that a tail remembers
	lineSize = 512     // bytes of a line that it shows
)

// tail remembers the end of the output. It looks at no line before it is asked,
// so that it costs the same for every block.
type tail struct {
	bytes []byte
	cut   bool // there was something before bytes
}

func (t *tail) reset() { t.bytes, t.cut = t.bytes[:0], false }

func (t *tail) add(block []byte) {
	if over := len(t.bytes) + len(block) - tailSize; over > 0 {
		t.cut = true
		drop := min(over, len(t.bytes))
		t.bytes = append(t.bytes[:0], t.bytes[drop:]...)
		block = block[over-drop:]
	}
	t.bytes = append(t.bytes, block...)
}

// lines returns the last n lines, in order.
func (t *tail) lines(n int) []string {
	rest, complete := bytes.TrimSuffix(t.bytes, []byte{'\n'}), !t.cut
	if n <= 0 || len(t.bytes) == 0 {
		return nil
	}
	all := bytes.Split(rest, []byte{'\n'})
	lines := make([]string, 0, min(n, len(all)))
	for i := max(0, len(all)-n); i < len(all); i++ {
		lines = append(lines, show(all[i], i > 0 || complete))
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

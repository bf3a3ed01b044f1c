package unit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	whitespace = " \t\n\r"
	// longestLine is systemd's LONG_LINE_MAX. A line with its continuations must be shorter.
	longestLine = 1 << 20
)

// read applies the settings of a file. The error is one of reading; what is wrong with
// the text becomes a Problem. The rules are those of systemd's src/shared/conf-parser.c.
//
// go-systemd's reader is not used: it counts no lines, ends at 2048 bytes, gives up at
// the first line without "=", and joins a comment with the line after it.
func (d *draft) read(name string, source io.Reader) error {
	lines := lineReader{source: bufio.NewReader(source)}
	at := place{file: name, outside: true}
	for {
		line, err := lines.whole(&at.line)
		switch {
		case errors.Is(err, bufio.ErrTooLong):
			d.tell(at, unloadable{errors.New("a line of 1 MiB or more")})
			return nil
		case err != nil && err != io.EOF:
			return err
		}
		line = strings.Trim(line, whitespace)
		if line != "" && !d.line(&at, line) || err == io.EOF {
			return nil
		}
	}
}

// A place is where the reader is.
type place struct {
	file    string
	line    int
	section string // "" in one that is ignored
	outside bool   // before the first section header
}

// line takes in one whole line. It is false where systemd stops reading.
func (d *draft) line(at *place, line string) bool {
	if !utf8.ValidString(line) {
		d.tell(*at, unloadable{fmt.Errorf("not UTF-8: %s", shown(line))})
		return false
	}
	if line[0] == '[' {
		return d.header(at, line)
	}
	name, value, found := strings.Cut(line, "=")
	name = strings.Trim(name, whitespace)
	switch {
	case at.outside:
		d.tell(*at, fmt.Errorf("an assignment before the first section header is ignored: %s", shown(line)))
	case at.section == "":
	case !found:
		d.tell(*at, fmt.Errorf("no = in this line, so it is ignored: %s", shown(line)))
	case name == "":
		d.tell(*at, fmt.Errorf("nothing before the = in this line, so it is ignored: %s", shown(line)))
	case at.section != "X-Holdfast" && strings.HasPrefix(name, "X-"):
	default:
		return d.apply(Setting{
			File: at.file, Line: at.line, Section: at.section,
			Name: name, Value: strings.Trim(value, whitespace),
		})
	}
	return true
}

func (d *draft) header(at *place, line string) bool {
	header, closed := strings.CutSuffix(line[1:], "]")
	if !closed || strings.ContainsFunc(header, isUnsafe) {
		d.tell(*at, unloadable{fmt.Errorf("%s is no section header; write [Service] alone on its line", shown(line))})
		return false
	}
	at.outside, at.section = false, header
	if !slices.Contains([]string{"Unit", "Service", "Install", "X-Holdfast"}, header) {
		at.section = ""
		if !strings.HasPrefix(header, "X-") {
			d.tell(*at, fmt.Errorf("unknown section [%s]; all of it is ignored", shown(header)))
		}
	}
	return true
}

// tell is warn for what is wrong with a line that is no assignment, or with a whole file.
func (d *draft) tell(at place, err error) {
	d.at = Setting{File: at.file, Line: at.line}
	d.warn(err)
}

func isComment(line string) bool {
	line = strings.TrimLeft(line, whitespace)
	return line != "" && (line[0] == '#' || line[0] == ';')
}

// endsEscaped reports whether the line's last backslash is not itself escaped.
func endsEscaped(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// isUnsafe is the opposite of systemd's string_is_safe.
func isUnsafe(r rune) bool {
	return r < ' ' || r == 0x7f || strings.ContainsRune(`"'\`, r)
}

// lineReader reads lines as systemd's read_line does: LF, CR and NUL end one, and a
// pair of different ones is one end.
type lineReader struct {
	source *bufio.Reader
	count  int
}

// whole returns a line with its continuations, each joined by a space for the backslash
// and the line end, and sets the number of its first line. A comment between them is
// left out. After the last line the error is io.EOF, together with what is left.
func (r *lineReader) whole(number *int) (string, error) {
	var b strings.Builder
	*number = r.count + 1
	for continued := false; ; continued = true {
		line, err := r.next()
		if err != nil && err != io.EOF {
			return "", err
		}
		if r.count == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		comment := isComment(line)
		if comment {
			line = ""
		}
		goesOn := endsEscaped(line)
		if goesOn {
			line = line[:len(line)-1] + " "
		}
		b.WriteString(line)
		if b.Len() >= longestLine {
			return "", bufio.ErrTooLong
		}
		if err == io.EOF || !goesOn && !(comment && continued) {
			return b.String(), err
		}
	}
}

func (r *lineReader) next() (string, error) {
	r.count++
	var line []byte
	for {
		c, err := r.source.ReadByte()
		if err != nil {
			return string(line), err
		}
		if isLineEnd(c) {
			if after, err := r.source.Peek(1); c != 0 && err == nil && isLineEnd(after[0]) && after[0] != c {
				r.source.Discard(1)
			}
			return string(line), nil
		}
		if line = append(line, c); len(line) >= longestLine {
			return "", bufio.ErrTooLong
		}
	}
}

func isLineEnd(c byte) bool { return c == '\n' || c == '\r' || c == 0 }

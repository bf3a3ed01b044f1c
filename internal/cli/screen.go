package cli

import (
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/term"
)

// A screen is where the answer is read: a terminal, or the zero value for anything else.
type screen struct {
	width  int // in columns; 0 means that nothing is cut
	colour bool
}

func screenOf(w io.Writer) screen {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return screen{}
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width < 40 { // too narrow for anything that is worth reading
		width = 0
	}
	// https://no-color.org: set to anything but nothing
	return screen{width: width, colour: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// A colour is an SGR sequence's parameters.
type colour string

const (
	green  colour = "0;1;32"
	yellow colour = "0;1;33"
	red    colour = "0;1;31"
	grey   colour = "0;2"
)

func (s screen) paint(c colour, text string) string {
	if !s.colour || c == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// cut shortens a line to the terminal's width, counting characters as columns.
func (s screen) cut(line string) string {
	if s.width == 0 || utf8.RuneCountInString(line) <= s.width {
		return line
	}
	return string([]rune(line)[:s.width-1]) + "…"
}

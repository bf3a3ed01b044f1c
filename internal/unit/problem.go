package unit

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Setting is one assignment of a service file or of the command line.
type Setting struct {
	// File and Line are where it begins; "" and 0 for the command line.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Section is "" for the command line.
	Section string `json:"section,omitempty"`
	Name    string `json:"name"`
	Value   string `json:"value"`
	Class   Class  `json:"class"`
	// Note is one line about the directive, for people.
	Note string `json:"note,omitempty"`
}

// Class says what becomes of a directive.
type Class string

// The classes.
const (
	Honoured    Class = "honoured"     // it does what it does in systemd
	Ignored     Class = "ignored"      // it would, with another value
	Harmless    Class = "harmless"     // it has no meaning here and is accepted
	NotHonoured Class = "not honoured" // systemd knows it, this version only warns
	Refused     Class = "refused"      // it promises what would not be given
	Unknown     Class = "unknown"      // neither systemd nor holdfast knows it
)

// A Problem is one thing wrong with a service file or a setting.
type Problem struct {
	// File and Line are "" and 0 for the command line. Line is 0 for what is wrong
	// with the file as a whole.
	File string
	Line int
	// Name and Value are "" where the line is no assignment.
	Name, Value string
	Err         error
	// Fatal forbids a start; the others are warnings, and the setting has no effect.
	Fatal bool
}

// Error is the sentence "web.service:12: RestartSec=fast: not a time span; ...".
func (p Problem) Error() string {
	var where strings.Builder
	if p.File != "" {
		where.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&where, ":%d", p.Line)
		}
		where.WriteString(": ")
	}
	if p.Name != "" {
		where.WriteString(shown(p.Name) + "=" + shown(p.Value) + ": ")
	}
	return where.String() + p.Err.Error()
}

// Unwrap is the cause.
func (p Problem) Unwrap() error { return p.Err }

// shown makes a text from a file fit for a terminal and for one sentence.
func shown(text string) string {
	const most = 60
	if runes := []rune(text[:min(len(text), 4*(most+1))]); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

// refusal is an error that forbids a start where another would be a warning.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

func refuse(format string, args ...any) error {
	return refusal{fmt.Errorf(format, args...)}
}

// unloadable is an error after which systemd loads nothing of a service file, and no more
// of a drop-in.
type unloadable struct{ error }

func (u unloadable) Unwrap() error { return u.error }

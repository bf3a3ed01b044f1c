// Package envfile reads files of variables as systemd does: those of EnvironmentFile=, and
// /etc/os-release.
package envfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// most is the size of the largest file that systemd reads.
const most = 64 << 20

// Load reads the files that a pattern of glob(7) matches, in the order of their names. Of
// two assignments to a variable the later one stays. Those of what cannot be the name of a
// variable are left out and come back as ignored. Where there is no such file the error is
// fs.ErrNotExist.
func Load(pattern string) (assignments, ignored []string, err error) {
	files := glob(pattern)
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("%s: %w", pattern, fs.ErrNotExist)
	}
	for _, file := range files {
		text, err := read(file)
		if err == nil {
			var more []string
			if more, err = Parse(text); err == nil {
				assignments = append(assignments, more...)
			}
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	all, assignments := assignments, nil
	for _, assignment := range all {
		if name, _, _ := strings.Cut(assignment, "="); !ValidName(name) {
			ignored = append(ignored, name)
			continue
		}
		assignments = replace(assignments, assignment)
	}
	return assignments, ignored, nil
}

// ValidName reports whether a variable of a service can be called that.
func ValidName(name string) bool {
	isBad := func(r rune) bool {
		return r != '_' && (r < '0' || '9' < r) && (r < 'A' || 'Z' < r) && (r < 'a' || 'z' < r)
	}
	return name != "" && (name[0] < '0' || '9' < name[0]) && !strings.ContainsFunc(name, isBad)
}

// glob is glob(3) for what has a wildcard; anything else is the file's name. Unlike Go's,
// it takes no hidden file for an asterisk and writes [!a].
func glob(pattern string) []string {
	if !strings.ContainsAny(pattern, `*?[\`) {
		return []string{pattern}
	}
	files, err := filepath.Glob(strings.ReplaceAll(pattern, "[!", "[^"))
	if err != nil { // a bracket that is not closed is only a bracket
		return []string{pattern}
	}
	parts := strings.Split(pattern, "/")
	files = slices.DeleteFunc(files, func(file string) bool {
		for i, part := range strings.Split(file, "/") {
			if strings.HasPrefix(part, ".") && i < len(parts) && !strings.HasPrefix(parts[i], ".") {
				return true
			}
		}
		return false
	})
	slices.Sort(files)
	return files
}

// read refuses what is no file, since a FIFO would block for ever.
func read(path string) (string, error) {
	text, err := readFile(path)
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err // whoever asked knows the path
	}
	return text, err
}

func readFile(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return "", errors.New("a directory, not a file of variables")
	case !info.Mode().IsRegular() && path != os.DevNull:
		return "", errors.New("not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, most))
	switch {
	case err != nil:
		return "", err
	case len(text) == most:
		return "", errors.New("larger than 64 MiB")
	}
	return string(text), nil
}

// Parse reads a text of assignments, NAME=value in each line, by the rules of
// parse_env_file in systemd's src/basic/env-file.c: a # or ; begins a comment; quotes and
// backslashes protect, an escaped line end goes on in the next line, and no variable is
// expanded. A line without = is ignored. Names are not looked at; of two assignments to
// the same one the later stays. A NUL or what is not UTF-8 is an error.
func Parse(text string) (assignments []string, err error) {
	if i := strings.IndexByte(text, 0); i >= 0 {
		return nil, fmt.Errorf("line %d: a NUL byte", 1+strings.Count(text[:i], "\n"))
	}
	p := parser{text: text}
	for p.skip() {
		began := len(text) - len(p.text)
		assignment, found := p.line()
		if !found {
			continue
		}
		if !utf8.ValidString(assignment) {
			name, _, _ := strings.Cut(assignment, "=")
			return nil, fmt.Errorf("line %d: the value of %q is not UTF-8", 1+strings.Count(text[:began], "\n"), name)
		}
		assignments = replace(assignments, assignment)
	}
	return assignments, nil
}

// replace puts an assignment in the place of an earlier one to the same variable.
func replace(assignments []string, assignment string) []string {
	name, _, _ := strings.Cut(assignment, "=")
	for i, other := range assignments {
		if strings.HasPrefix(other, name+"=") {
			assignments[i] = assignment
			return assignments
		}
	}
	return append(assignments, assignment)
}

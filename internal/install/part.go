package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// String names the part for people.
func (p Part) String() string {
	if p.shared {
		return "lines in " + p.holder()
	}
	return p.Path
}

// holder is the file in which the part is.
func (p Part) holder() string {
	if p.Path == "" {
		return "the crontab"
	}
	return p.Path
}

// Write makes the host have the text. It reports whether that changed anything.
func (p Part) Write(text string) (changed bool, err error) {
	content, err := p.read()
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return false, err
	}
	before, old, after, err := p.locate(content, missing)
	switch {
	case err != nil:
		return false, fmt.Errorf("%w, so it is not overwritten; remove it yourself, or keep it", err)
	case old == text:
		return false, nil
	case missing && p.Init == Inittab:
		return false, fmt.Errorf("%s: %w; is busybox the init here?", p.Path, fs.ErrNotExist)
	case missing && p.Init == RCLocal:
		before = rcLocalStart
	case missing && !p.shared:
		if err := os.MkdirAll(filepath.Dir(p.Path), 0o755); err != nil {
			return false, err
		}
	}
	return true, p.save(before + text + after)
}

// rcLocalStart is what a new rc.local begins with.
const rcLocalStart = "#!/bin/sh\n"

// Remove takes away what Write wrote. It reports whether there was anything.
func (p Part) Remove() (removed bool, err error) {
	content, err := p.read()
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoCron) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	before, old, after, err := p.locate(content, false)
	rest := before + after
	switch {
	case errors.Is(err, errForeign): // somebody else's: nothing of ours is there
		return false, nil
	case err != nil:
		return false, fmt.Errorf("%w, so it is not removed; remove it yourself, or keep it", err)
	case old == "":
		return false, nil
	case p.Path == "":
		return true, p.save(rest)
	case !p.shared:
		if err := os.Remove(p.Path); err != nil {
			return false, err
		}
		if p.Init == Runit || p.Init == S6 {
			os.Remove(filepath.Dir(p.Path)) // unless something else is in it
		}
		return true, nil
	case p.Init == RCLocal && rest == rcLocalStart:
		return true, os.Remove(p.Path)
	}
	return true, p.save(rest)
}

var (
	errForeign = errors.New("was not written by holdfast install")
	errChanged = errors.New("was changed since holdfast install wrote it")
	errEdited  = errors.New("was changed since")
)

// locate finds the part's text in the content, or where it belongs.
func (p Part) locate(content string, missing bool) (before, text, after string, err error) {
	if !p.shared {
		switch {
		case missing:
			return "", "", "", nil
		case !strings.HasPrefix(content, p.markStart()) && !strings.Contains(content, "\n"+p.markStart()):
			return "", "", "", fmt.Errorf("%s %w for --init=%s", p.Path, errForeign, p.Init)
		case !p.intact(content):
			return "", "", "", fmt.Errorf("%s %w", p.Path, errChanged)
		}
		return "", content, "", nil
	}
	lines := slices.Collect(strings.Lines(content))
	first := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, p.markStart()) })
	if first < 0 {
		at := p.placeFor(lines)
		before, after = strings.Join(lines[:at], ""), strings.Join(lines[at:], "")
		if before != "" && !strings.HasSuffix(before, "\n") {
			before += "\n"
		}
		return before, "", after, nil
	}
	length := slices.IndexFunc(lines[first:], func(line string) bool { return strings.TrimSuffix(line, "\n") == p.end() })
	text = strings.Join(lines[first:first+length+1], "")
	if length < 0 || !p.intact(text) {
		return "", "", "", fmt.Errorf("the part of %s that holdfast install wrote %w", p.holder(), errEdited)
	}
	return strings.Join(lines[:first], ""), text, strings.Join(lines[first+length+1:], ""), nil
}

// placeFor is where among the lines of a file a new block goes: at the end, but in
// rc.local before the exit that stands there by custom.
func (p Part) placeFor(lines []string) int {
	if p.Init != RCLocal {
		return len(lines)
	}
	for i, line := range slices.Backward(lines) {
		switch line = strings.TrimSpace(line); {
		case line == "exit 0" || line == "exit":
			return i
		case line != "" && line[0] != '#':
			return len(lines)
		}
	}
	return len(lines)
}

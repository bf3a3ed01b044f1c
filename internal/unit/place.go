package unit

import (
	"errors"
	"path"
	"slices"
	"strings"
)

// serviceDirectories is the setter of RuntimeDirectory= and its like: it adds, and an empty
// value resets. One that is no good is left out, as in systemd.
func (d *draft) serviceDirectories(paths *[]string, specifier byte) func(string) error {
	return func(text string) error {
		if text == "" {
			*paths = nil
			return nil
		}
		above, err := d.specifier(specifier)
		if err != nil {
			return refusal{err}
		}
		for rest := text; ; {
			word, after, found, err := cutWord(rest, false)
			if err != nil || !found {
				return err
			}
			rest = after
			if word, err = d.specifiers(word); err != nil {
				d.warn(err)
				continue
			}
			full := simplify(above + "/" + word)
			switch {
			case strings.Contains(word, ":"):
				return refuse("a link (%s) to a directory is not made by holdfast", shown(word))
			case word == "" || path.IsAbs(word) || full == simplify(above) || slices.Contains(strings.Split(word, "/"), ".."):
				d.warn(errors.New(shown(word) + " is no relative path without .."))
				continue
			case word == "private" || strings.HasPrefix(word, "private/"):
				d.warn(errors.New("the name private is systemd's own"))
				continue
			}
			if err := checkLength(full); err != nil {
				d.warn(err)
			} else if !slices.Contains(*paths, full) {
				*paths = append(slices.Clip(*paths), full)
			}
		}
	}
}

// rootDirectory sets RootDirectory=; "/" is none.
func (d *draft) rootDirectory(text string) error {
	if text == "" {
		d.service.Setup.RootDirectory = ""
		return nil
	}
	dir, err := d.specifiers(text)
	if err == nil {
		err = checkPath(dir)
	}
	if err != nil {
		return refusal{err}
	}
	d.service.Setup.RootDirectory = strings.TrimSuffix(simplify(dir), "/")
	return nil
}

// standardPlace is where the directories of a kind are made, as a specifier.
func standardPlace(kind string) byte {
	switch kind {
	case "Runtime":
		return 't'
	case "State":
		return 'S'
	case "Cache":
		return 'C'
	case "Logs":
		return 'L'
	}
	return 'E'
}

// BelowStandard is the path of a directory as RuntimeDirectory= and its like have it, for
// the kind, such as Runtime.
func BelowStandard(kind, full string) string {
	var d draft
	if above, err := d.specifier(standardPlace(kind)); err == nil {
		full = strings.TrimPrefix(full, simplify(above)+"/")
	}
	return full
}

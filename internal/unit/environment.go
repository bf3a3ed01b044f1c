package unit

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"holdfast/watchdog"
)

// environment adds the variables of an Environment= line. One that is wrong is left
// out; bad quoting ends the line.
func (d *draft) environment(text string) error {
	if text == "" {
		d.service.Environment = slices.Clone(d.initial.Environment)
		return nil
	}
	for rest := text; ; {
		word, after, found, err := cutWord(rest, cEscapes)
		if err != nil || !found {
			return err
		}
		rest = after
		if word, err = d.specifiers(word); err != nil {
			d.warn(err)
			continue
		}
		if err := checkVariable(word); err != nil {
			d.warn(err)
			continue
		}
		d.setVariable(word)
	}
}

func checkVariable(assignment string) error {
	name, value, found := strings.Cut(assignment, "=")
	isBad := func(r rune) bool {
		return r != '_' && (r < '0' || '9' < r) && (r < 'A' || 'Z' < r) && (r < 'a' || 'z' < r)
	}
	switch {
	case !found:
		return fmt.Errorf("%s is no NAME=value; a value with spaces needs quotes round the whole: \"NAME=a b\"", shown(assignment))
	case name == "" || '0' <= name[0] && name[0] <= '9' || strings.ContainsFunc(name, isBad):
		return fmt.Errorf("%s cannot be the name of a variable", shown(name))
	case !utf8.ValidString(value):
		return fmt.Errorf("the value of %s is not UTF-8", name)
	}
	return nil
}

// setVariable takes the place of an earlier assignment of that name.
func (d *draft) setVariable(assignment string) {
	name, _, _ := strings.Cut(assignment, "=")
	env := &d.service.Environment
	*env = slices.DeleteFunc(*env, func(other string) bool { return strings.HasPrefix(other, name+"=") })
	*env = append(*env, assignment)
}

// variable is the value of a variable that the business will have. What User= gives is
// overridden by Environment=, as in systemd.exec(5).
func (d *draft) variable(name string) (string, bool) {
	for _, assignment := range slices.Backward(d.service.Environment) {
		if value, found := strings.CutPrefix(assignment, name+"="); found && name != "" {
			return value, true
		}
	}
	for _, given := range [][]string{d.service.Directories.Variables(), watchdog.LoginEnvironment(d.service.User)} {
		for _, assignment := range given {
			if value, found := strings.CutPrefix(assignment, name+"="); found && name != "" {
				return value, true
			}
		}
	}
	return "", false
}

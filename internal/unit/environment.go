package unit

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"holdfast/internal/envfile"
	"holdfast/internal/watchdog"
)

// environmentWords is the setter of a list of words about variables: it adds those that
// check finds right, and an empty value resets. Bad quoting ends the line.
func (d *draft) environmentWords(list *[]string, check func(word string) error) func(string) error {
	return func(text string) error {
		if text == "" {
			*list = nil
			return nil
		}
		for rest := text; ; {
			word, after, found, err := cutWord(rest, false)
			if err != nil || !found {
				return err
			}
			rest = after
			if word, err = d.specifiers(word); err == nil {
				err = check(word)
			}
			if err != nil {
				d.warn(err)
				continue
			}
			*list = append(*list, word)
		}
	}
}

func checkVariable(assignment string) error {
	name, value, found := strings.Cut(assignment, "=")
	switch {
	case !found:
		return fmt.Errorf("%s is no NAME=value; a value with spaces needs quotes round the whole: \"NAME=a b\"", shown(assignment))
	case !envfile.ValidName(name):
		return fmt.Errorf("%s cannot be the name of a variable", shown(name))
	case !utf8.ValidString(value):
		return fmt.Errorf("the value of %s is not UTF-8", name)
	}
	return nil
}

func checkVariableName(name string) error {
	if !envfile.ValidName(name) {
		return fmt.Errorf("%s cannot be the name of a variable", shown(name))
	}
	return nil
}

// checkUnset is for UnsetEnvironment=, which takes names and assignments.
func checkUnset(word string) error {
	name, _, _ := strings.Cut(word, "=")
	return checkVariableName(name)
}

// environmentFile adds an EnvironmentFile=. What is in it is looked at when the service
// starts, since a command before it may have made it.
func (d *draft) environmentFile(text string) error {
	if text == "" {
		d.service.EnvironmentFiles = nil
		return nil
	}
	text, err := d.specifiers(text)
	if err != nil {
		return err
	}
	text, optional := strings.CutPrefix(text, "-")
	if err := checkPath(text); err != nil {
		return err
	}
	d.service.EnvironmentFiles = append(d.service.EnvironmentFiles, watchdog.EnvironmentFile{Path: simplify(text), Optional: optional})
	return nil
}

// searchPath adds to ExecSearchPath=. A directory that is wrong is left out.
func (d *draft) searchPath(text string) error {
	if text == "" {
		d.service.ExecSearchPath = nil
		return nil
	}
	for _, dir := range strings.Split(text, ":") {
		dir, err := d.specifiers(dir)
		if err == nil {
			err = checkPath(dir)
		}
		if err != nil {
			d.warn(fmt.Errorf("%s: %w", shown(dir), err))
			continue
		}
		d.service.ExecSearchPath = append(d.service.ExecSearchPath, simplify(dir))
	}
	return nil
}

// completeEnvironment puts together what is known before a start, the least particular
// first: what was there, ExecSearchPath=, PassEnvironment= and Environment=.
func (d *draft) completeEnvironment() {
	env := slices.Clone(d.initial.Environment)
	set := func(assignment string) {
		name, _, _ := strings.Cut(assignment, "=")
		env = slices.DeleteFunc(env, func(other string) bool { return strings.HasPrefix(other, name+"=") })
		env = append(env, assignment)
	}
	if directories := d.service.ExecSearchPath; d.assigned("ExecSearchPath") && len(directories) > 0 {
		set("PATH=" + strings.Join(directories, ":"))
	}
	for _, name := range d.passed {
		if value, isSet := os.LookupEnv(name); isSet && utf8.ValidString(value) {
			set(name + "=" + value)
		}
	}
	for _, assignment := range d.variables {
		set(assignment)
	}
	d.service.Environment = env
}

// variable is the value of a variable that the business will have, as far as it is known
// before a start. What User= gives is overridden by Environment=, as in systemd.exec(5).
func (d *draft) variable(name string) (string, bool) {
	for _, assignment := range slices.Backward(d.service.Environment) {
		if value, found := strings.CutPrefix(assignment, name+"="); found && name != "" {
			return value, true
		}
	}
	for _, given := range [][]string{d.service.Directories.Variables(), d.service.LoginEnvironment()} {
		for _, assignment := range given {
			if value, found := strings.CutPrefix(assignment, name+"="); found && name != "" {
				return value, true
			}
		}
	}
	return "", slices.Contains([]string{"INVOCATION_ID", "MAINPID", "PIDFILE", "SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS"}, name)
}

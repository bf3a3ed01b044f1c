package unit

import (
	"strings"

	"holdfast/internal/watchdog"
)

// conditionDirectives is the conditions that are tested before each start.
func (d *draft) conditionDirectives() (table []Directive) {
	for _, c := range []struct{ name, doc string }{
		{"ConditionPathExists", "the path exists"},
		{"ConditionPathExistsGlob", "a path exists that matches the pattern"},
		{"ConditionPathIsDirectory", "the path is a directory"},
		{"ConditionPathIsSymbolicLink", "the path is a symbolic link"},
		{"ConditionDirectoryNotEmpty", "the path is a directory with more than hidden files and backups in it"},
		{"ConditionFileNotEmpty", "the path is a regular file that is not empty"},
		{"ConditionFileIsExecutable", "the path is a regular file that may be executed"},
	} {
		table = append(table, Directive{"Unit", c.name, Honoured,
			"A start is skipped, which is no failure, unless " + c.doc + "; ! negates, and of all with | one must hold.", d.condition(c.name)})
	}
	return table
}

// condition adds to what must hold. No value takes back all conditions, of any kind.
func (d *draft) condition(name string) func(text string) error {
	return func(text string) error {
		if text == "" {
			d.service.Conditions = nil
			return nil
		}
		c := watchdog.Precondition{Name: name}
		text, c.Trigger = strings.CutPrefix(text, "|")
		text, c.Negated = strings.CutPrefix(text, "!")
		text, err := d.specifiers(text)
		if err == nil {
			err = checkPath(text)
		}
		if err != nil {
			return err
		}
		c.Path = simplify(text)
		d.service.Conditions = append(d.service.Conditions, c)
		return nil
	}
}

// foreignCondition is for a condition that nobody tests here. As one of those of which one
// is enough it is taken to hold.
func (d *draft) foreignCondition(text string) error {
	switch value, trigger := strings.CutPrefix(text, "|"); {
	case text == "":
		d.service.Conditions = nil
	case trigger:
		d.service.Conditions = append(d.service.Conditions, watchdog.Precondition{Name: d.at.Name, Path: value, Trigger: true})
	}
	return d.notHonoured(text)
}

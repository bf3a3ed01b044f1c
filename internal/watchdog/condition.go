package watchdog

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Precondition must hold, or a start is skipped, which is no failure: Condition…= in
// systemd.unit(5). It is tested before each start, the automatic ones too.
type Precondition struct {
	// Name is the directive's, such as ConditionPathExists. One that is not known here is
	// taken to hold.
	Name string
	// Path is absolute.
	Path string
	// Negated says that it holds where it would not.
	Negated bool `json:",omitempty"`
	// Trigger makes it one of those of which it is enough that one holds.
	Trigger bool `json:",omitempty"`
}

// String is how a service file says it, but for specifiers.
func (c Precondition) String() string { return c.Name + "=" + c.Value() }

// Value is what stands behind the name.
func (c Precondition) Value() string {
	text := c.Path
	if c.Negated {
		text = "!" + text
	}
	if c.Trigger {
		text = "|" + text
	}
	return text
}

// unmet is what keeps a service from being started, "" if nothing does: the first condition
// that does not hold, or all triggers (systemd's src/shared/condition.c).
func unmet(conditions []Precondition) string {
	var triggers []string
	triggered := false
	for _, c := range conditions {
		holds := c.holds()
		switch {
		case c.Trigger:
			triggers, triggered = append(triggers, c.String()), triggered || holds
		case !holds:
			return c.String()
		}
	}
	if triggered {
		return ""
	}
	return strings.Join(triggers, " nor ")
}

// holds looks, in the guardian's own place and with its rights. An automatic mount or a
// dead server can keep it waiting, as they keep systemd.
func (c Precondition) holds() bool {
	info, err := os.Stat(c.Path)
	holds := err == nil
	switch c.Name {
	case "ConditionPathExists":
	case "ConditionPathExistsGlob":
		matches, _ := filepath.Glob(strings.ReplaceAll(c.Path, "[!", "[^")) // Go's spelling
		holds = len(matches) > 0
	case "ConditionPathIsDirectory":
		holds = holds && info.IsDir()
	case "ConditionPathIsSymbolicLink":
		info, err = os.Lstat(c.Path)
		holds = err == nil && info.Mode().Type() == fs.ModeSymlink
	case "ConditionDirectoryNotEmpty":
		holds = holds && info.IsDir() && !isEmpty(c.Path)
	case "ConditionFileNotEmpty":
		holds = holds && info.Mode().IsRegular() && info.Size() > 0
	case "ConditionFileIsExecutable":
		holds = holds && info.Mode().IsRegular() && info.Mode()&0o111 != 0
	default:
		return true
	}
	return holds != c.Negated
}

// isEmpty reports whether there is nothing but hidden files and backups in a directory, as
// systemd has it (hidden_or_backup_file in src/basic/path-util.c). One that cannot be read
// is not known to be.
func isEmpty(directory string) bool {
	entries, err := os.ReadDir(directory)
	return err == nil && !slices.ContainsFunc(entries, func(entry fs.DirEntry) bool {
		name := entry.Name()
		if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
			return false
		}
		switch name {
		case "lost+found", "aquota.user", "aquota.group":
			return false
		}
		switch filepath.Ext(name) {
		case ".rpmnew", ".rpmsave", ".rpmorig", ".dpkg-old", ".dpkg-new", ".dpkg-tmp", ".dpkg-dist", ".dpkg-bak",
			".dpkg-backup", ".dpkg-remove", ".ucf-new", ".ucf-old", ".ucf-dist", ".swp", ".bak", ".old", ".new":
			return false
		}
		return true
	})
}

// conditionsTested starts the service, or leaves it as it was.
func (m *Machine) conditionsTested(now time.Time, e ConditionsTested) []Action {
	if e.Unmet == "" {
		return m.begin(now)
	}
	rest := m.resting()
	if m.state == AutoRestart || m.state == Dead && m.left != Failed { // it does not become a failure
		rest = Dead
	}
	return m.finishAs(NotWanted, rest, "not started: "+e.Unmet+" does not hold")
}

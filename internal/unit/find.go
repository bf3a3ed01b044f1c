package unit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const suffix = ".service"

// Find returns the path of a service's file. What has a slash in it is the path; a
// name, with or without .service, is looked up in the directories of $HOLDFAST_UNIT_PATH,
// beside the holdfast binary, in /etc/holdfast, and where systemd has its units. The
// error names the directories; it is fs.ErrNotExist for errors.Is where none has the file.
func Find(name string) (path string, err error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	name = strings.TrimSuffix(name, suffix)
	if err := ValidName(name); err != nil {
		return "", err
	}
	directories := searchPath()
	for _, directory := range directories {
		path := filepath.Join(directory, name+suffix)
		switch _, err := os.Stat(path); {
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", err // permission denied must not make another file the service
		}
	}
	hint := ""
	if _, err := os.Stat(name + suffix); err == nil {
		hint = fmt.Sprintf("; for the one in this directory write ./%s%s", name, suffix)
	}
	return "", notFound{fmt.Sprintf("no %s%s in %s%s", name, suffix, strings.Join(directories, ", "), hint)}
}

// notFound is fs.ErrNotExist in better words.
type notFound struct{ text string }

func (e notFound) Error() string        { return e.text }
func (e notFound) Is(target error) bool { return target == fs.ErrNotExist }

func searchPath() []string {
	var directories []string
	for _, directory := range filepath.SplitList(os.Getenv("HOLDFAST_UNIT_PATH")) {
		if directory != "" {
			directories = append(directories, directory)
		}
	}
	if program, err := os.Executable(); err == nil {
		directories = append(directories, filepath.Dir(program))
	}
	return append(directories, "/etc/holdfast",
		// systemd.unit(5), "Unit File Load Path"
		"/etc/systemd/system", "/run/systemd/system",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
}

// ValidName says why a name cannot be a service's, which also names its directories.
// The characters are those of systemd.unit(5).
func ValidName(name string) error {
	isForeign := func(r rune) bool {
		return r > 0x7f || !isAlphanumeric(byte(r)) && !strings.ContainsRune(`:-_.\@`, r)
	}
	switch {
	case name == "":
		return errors.New("a service needs a name")
	case len(name) > 200:
		return fmt.Errorf("%s: a service's name has at most 200 characters", shown(name))
	case name[0] == '.' || name[0] == '-' || name[0] == '@':
		return fmt.Errorf("%s: a service's name cannot begin with %c", shown(name), name[0])
	case strings.ContainsFunc(name, isForeign):
		return fmt.Errorf(`%s: a service's name has only letters, digits and : - _ . \ @`, shown(name))
	case strings.HasSuffix(name, "@"):
		return fmt.Errorf("%s is a template and needs an instance: %s1", name, name)
	}
	return nil
}

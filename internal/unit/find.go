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

// PathVariable names the directories of service files that come first, separated by colons.
const PathVariable = "HOLDFAST_UNIT_PATH"

// Find returns the path of a service's file, to be given to [Load]. What has a slash in
// it is the path; a name, with or without .service, is looked up in the directories of
// $HOLDFAST_UNIT_PATH, beside the holdfast binary, in /etc/holdfast, and where systemd has
// its units. An instance such as web@1 is found where its template, web@.service, is; a
// link to another service in these directories is that service. The error names the
// directories; it is fs.ErrNotExist for errors.Is where none has the file.
func Find(name string) (path string, err error) {
	directories := searchPath()
	if strings.Contains(name, "/") {
		if path, found := meant(name, strings.TrimSuffix(filepath.Base(name), suffix), directories); found {
			return path, nil
		}
		return name, nil
	}
	name = strings.TrimSuffix(name, suffix)
	if err := ValidName(name); err != nil {
		return "", err
	}
	files := fileNames(name)
	for _, file := range files {
		for _, directory := range directories {
			path := filepath.Join(directory, file)
			switch _, err := os.Stat(path); {
			case err == nil:
				if path, found := meant(path, name, directories); found {
					return path, nil
				}
			case !errors.Is(err, fs.ErrNotExist):
				return "", err // permission denied must not make another file the service
			}
		}
	}
	hint := ""
	if _, err := os.Stat(name + suffix); err == nil {
		hint = fmt.Sprintf("; for the one in this directory write ./%s%s", name, suffix)
	}
	return "", notFound{fmt.Sprintf("no %s in %s%s", strings.Join(files, " or "), strings.Join(directories, ", "), hint)}
}

// meant is the path, as Load takes it, of the service that a file stands for.
func meant(path, name string, directories []string) (string, bool) {
	file, realName, found := follow(path, name, directories)
	if realName == name { // as it was asked for
		file = path
	}
	if isTemplate := strings.HasSuffix(file, "@"+suffix); isTemplate || realName != name {
		file = filepath.Join(filepath.Dir(file), realName+suffix)
	}
	return file, found
}

// fileNames are the files that can describe a service, the best first.
func fileNames(name string) []string {
	names := []string{name + suffix}
	if template, isInstance := templateOf(name); isInstance {
		names = append(names, template+suffix)
	}
	return names
}

// notFound is fs.ErrNotExist in better words.
type notFound struct{ text string }

func (e notFound) Error() string        { return e.text }
func (e notFound) Is(target error) bool { return target == fs.ErrNotExist }

func searchPath() []string {
	var directories []string
	for _, directory := range filepath.SplitList(os.Getenv(PathVariable)) {
		if directory != "" {
			directories = append(directories, filepath.Clean(directory))
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

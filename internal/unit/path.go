package unit

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// pidFile sets PIDFile=. A path with ".." refuses the service, as in systemd.
func (d *draft) pidFile(text string) error {
	if text == "" {
		d.service.PIDFile = d.initial.PIDFile
		return nil
	}
	file, err := d.specifiers(text)
	if err != nil {
		return err
	}
	if !path.IsAbs(file) {
		runtime, err := directorySpecifier('t')
		if err != nil {
			return err
		}
		file = runtime + "/" + file
	}
	if err := checkPath(file); err != nil {
		return unloadable{err}
	}
	d.service.PIDFile = d.patchVarRun(simplify(file))
	return nil
}

// patchVarRun writes /run for its old name, as systemd does with a warning.
func (d *draft) patchVarRun(file string) string {
	below, old := strings.CutPrefix(file, "/var/run/")
	if !old {
		return file
	}
	d.warn(fmt.Errorf("/var/run is an old name of /run; taken for /run/%s", shown(below)))
	return "/run/" + below
}

// workingDirectory sets WorkingDirectory=. "~" stands until the service is complete,
// when its User= is known. Without a leading "-" a wrong one refuses the service.
func (d *draft) workingDirectory(text string) error {
	if text == "" {
		d.service.WorkingDirectory = d.initial.WorkingDirectory
		d.service.WorkingDirectoryOptional = d.initial.WorkingDirectoryOptional
		return nil
	}
	text, optional := strings.CutPrefix(text, "-")
	dir, err := text, error(nil)
	if text != "~" {
		if dir, err = d.specifiers(text); err == nil {
			err = checkPath(dir)
		}
		dir = simplify(dir)
	}
	switch {
	case err != nil && optional:
		return err
	case err != nil:
		return unloadable{err}
	}
	d.service.WorkingDirectory, d.service.WorkingDirectoryOptional = dir, optional
	return nil
}

// home sets Home=. A wrong one refuses the service: elsewhere it would be another one.
func (d *draft) home(text string) error {
	if text == "" {
		d.service.Home = d.initial.Home
		return nil
	}
	dir, err := d.specifiers(text)
	if err == nil {
		err = checkPath(dir)
	}
	if err != nil {
		return unloadable{err}
	}
	d.service.Home = simplify(dir)
	return nil
}

// checkPath is systemd's path_simplify_and_warn for an absolute path.
func checkPath(name string) error {
	switch {
	case !path.IsAbs(name):
		return errors.New("not an absolute path")
	case slices.Contains(strings.Split(name, "/"), ".."):
		return errors.New("a path with .. in it is not allowed here")
	}
	return checkLength(name)
}

// checkLength holds the kernel's limits, PATH_MAX and NAME_MAX.
func checkLength(name string) error {
	tooLong := func(part string) bool { return len(part) > 255 }
	if len(name) >= 4096 || slices.ContainsFunc(strings.Split(name, "/"), tooLong) {
		return errors.New("a path that long cannot exist")
	}
	return nil
}

// simplify removes what adds nothing to an absolute path. ".." stays: a symbolic link
// may stand before it.
func simplify(name string) string {
	parts := slices.DeleteFunc(strings.Split(name, "/"), func(part string) bool {
		return part == "" || part == "."
	})
	return "/" + strings.Join(parts, "/")
}

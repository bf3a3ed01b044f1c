package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"holdfast/internal/install"
	"holdfast/internal/state"
	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

// service reads the service file and turns it into what the installed text needs.
func (i *installation) service(stderr io.Writer, arg string, init install.Init) (s install.Service, err error) {
	path, err := find(arg)
	if before, known := remembered(arg); errors.Is(err, fs.ErrNotExist) && known && before.Source == "" {
		return s, fmt.Errorf("%s was started from a command line, and after a boot nobody remembers that; "+
			"write it down first: holdfast cat %[1]s > /etc/holdfast/%[1]s.service", before.Name)
	} else if errors.Is(err, fs.ErrNotExist) && known {
		path, err = before.Source, nil
	}
	if err != nil {
		return s, err
	}
	loaded, err := unit.Load(path, unit.Options{AllowUnsupported: i.allowUnsupported})
	warn(stderr, loaded.Problems)
	if err != nil {
		return s, err
	}
	service := loaded.Service
	if s.File, err = filepath.Abs(path); err != nil {
		return s, fmt.Errorf("cannot tell the current directory: %w", err)
	}
	if init == install.Systemd && systemds(s.File) {
		return s, fmt.Errorf("%s is a unit that systemd itself runs ('systemctl enable --now %s'); "+
			"to have holdfast guard it, move the file to /etc/holdfast first", s.File, service.Name)
	}
	if s.Holdfast, err = ownPath(); err != nil {
		return s, err
	}
	dir, err := state.Locate(service.Name)
	if err != nil {
		return s, err
	}
	s.Name, s.Description = service.Name, service.Description
	s.PIDFile = cmp.Or(service.PIDFile, dir.PIDFile())
	s.Environment, err = i.environment()
	if i.allowUnsupported {
		s.Options = []string{"--allow-unsupported"}
	}
	s.StartTime = "infinity"
	if most := launchTimeout(service); most != 0 {
		s.StartTime = unit.FormatSpan(most)
	}
	s.StopTime = unit.FormatSpan(stopTime(service))
	s.Unit, s.Install = i.lines(loaded.Settings)
	s.Reloads = service.CanReload()
	s.Limits = service.Resources != watchdog.ResourceControl{}
	return s, errors.Join(err, printableOnly(s))
}

// lines are what a service file says to systemd alone: its place among the units, which
// the unit that starts it takes.
func (i *installation) lines(settings []unit.Setting) (inUnit, inInstall []string) {
	for _, s := range settings {
		line := s.Name + "=" + s.Value
		switch {
		case s.Section == "Unit" && s.Class != unit.Honoured:
			inUnit = append(inUnit, line)
		case s.Section == "Install" && i.user && s.Value == "multi-user.target": // which users' systemd has not
		case s.Section == "Install":
			inInstall = append(inInstall, line)
		}
	}
	if len(inInstall) == 0 {
		inInstall = []string{"WantedBy=multi-user.target"}
		if i.user {
			inInstall = []string{"WantedBy=default.target"}
		}
	}
	return inUnit, inInstall
}

// environment is what of the caller's environment decides where holdfast looks for the
// service: the init's own does not have it.
func (i *installation) environment() (all []string, err error) {
	names := []string{"HOLDFAST_UNIT_PATH", "HOLDFAST_RUNTIME_DIR", "HOLDFAST_LOG_DIR"}
	if os.Geteuid() != 0 {
		names = append(names, "XDG_STATE_HOME")
	}
	for _, name := range names {
		paths := filepath.SplitList(os.Getenv(name))
		for n, path := range paths {
			if paths[n], err = filepath.Abs(path); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		if len(paths) > 0 {
			all = append(all, name+"="+strings.Join(paths, string(filepath.ListSeparator)))
		}
	}
	return all, nil
}

// printableOnly refuses what cannot stand in a line of text.
func printableOnly(s install.Service) error {
	for _, text := range append([]string{s.File, s.Holdfast, s.PIDFile, s.Description}, s.Environment...) {
		if printable(text) != text {
			return fmt.Errorf("%s: control characters cannot be written into an init's files", printable(text))
		}
	}
	return nil
}

// ownPath is this program's path as it was called, so that a link to the newest version
// stays one, or else where it lies.
func ownPath() (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("cannot tell where this program is: %w", err)
	}
	called, err := findProgram(os.Args[0])
	if err == nil {
		called, err = filepath.Abs(called)
	}
	if err == nil && sameProgram(called, program) {
		return called, nil
	}
	return program, nil
}

func sameProgram(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// find is unit.Find, but the unit that install wrote for systemd leads to the service
// file behind it: so the name of an installed service is good for every verb, wherever
// its file lies.
func find(name string) (string, error) {
	path, err := unit.Find(name)
	if err == nil && systemds(path) {
		if file, ok := install.SourceOf(path); ok {
			return file, nil
		}
	}
	return path, err
}

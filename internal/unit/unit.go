// Package unit reads service files and -p settings into a watchdog.Service.
//
// What a line means, and what becomes of a wrong one, is systemd's verdict: most bad
// values are warned about and the earlier value stays, a few refuse the whole service.
// On the command line, where a person waits for the answer, everything bad is an error.
package unit

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"holdfast/internal/watchdog"
)

// Loaded is a service file that was read. After an error, Settings and Problems still
// say what was found, and of Service nothing but Home is to be used.
type Loaded struct {
	Service  watchdog.Service
	Settings []Setting
	Problems []Problem
}

// At adds to an error where the setting was made that it is about, if that was in a file.
func (l Loaded) At(name string, err error) error {
	for _, s := range slices.Backward(l.Settings) {
		if s.Name == name && s.File != "" {
			return Problem{File: s.File, Line: s.Line, Name: name, Value: s.Value, Err: err, Fatal: true}
		} else if s.Name == name {
			break
		}
	}
	return err
}

// Options change what Load makes of a service file. The zero value is systemd's way.
type Options struct {
	// Settings are assignments from the command line, Name=value. They are applied
	// after those of the file.
	Settings []string
	// AllowUnsupported makes a warning of each sandboxing directive, which is
	// refused otherwise.
	AllowUnsupported bool
}

// Load reads the service file at path, which ends in .service and so names the service,
// and the drop-ins for that name, beside it and in the directories of [Find]. Where there is
// no file for an instance such as web@1.service, its template beside it, web@.service, is
// read. The error, where there is one, joins every Problem that is fatal or came from the
// command line, many promises of protection being one; an unreadable file is told by the
// error alone.
func Load(path string, options Options) (Loaded, error) {
	name, isService := strings.CutSuffix(filepath.Base(path), suffix)
	if !isService {
		return Loaded{}, fmt.Errorf("%s: the name of a service file ends in %s", path, suffix)
	}
	if err := ValidName(name); err != nil {
		return Loaded{}, fmt.Errorf("%s: %w", path, err)
	}
	if template, isInstance := templateOf(name); isInstance {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			path = filepath.Join(filepath.Dir(path), template+suffix)
		}
	}
	file, err := open(path)
	if err != nil {
		return Loaded{}, fmt.Errorf("%s: %w", path, err)
	}
	defer file.Close()

	service := watchdog.FileDefaults(name)
	if service.Source, err = filepath.Abs(path); err != nil {
		return Loaded{}, fmt.Errorf("%s: %w", path, err)
	}
	return load(path, file, service, options)
}

// load is Load for an open file and the service as it is without one.
func load(path string, file io.Reader, service watchdog.Service, options Options) (Loaded, error) {
	d := newDraft(service)
	d.file = path
	d.allowUnsupported = options.AllowUnsupported
	if err := d.read(path, file); err != nil {
		return Loaded{}, fmt.Errorf("%s: %w", path, err)
	}
	if service.Source != "" {
		d.readDropIns(filepath.Dir(path))
	}
	d.applyAll(options.Settings)
	d.complete()
	return Loaded{d.service, d.settings, d.problems}, d.err()
}

// readDropIns applies the settings of the drop-ins. As in systemd, one that cannot be read,
// or not to its end, does not keep the service from being started.
func (d *draft) readDropIns(beside string) {
	files, unreadable := dropIns(d.service.Name, append([]string{beside}, searchPath()...))
	for _, failed := range unreadable {
		d.tell(place{file: failed.Path}, fmt.Errorf("no drop-in in it is read: %w", failed.Err))
	}
	d.inDropIn = true
	defer func() { d.inDropIn = false }()
	for _, path := range files {
		file, err := open(path)
		if errors.Is(err, errMasked) {
			continue
		}
		if err == nil {
			err = d.read(path, file)
			file.Close()
		}
		if err != nil {
			d.tell(place{file: path}, fmt.Errorf("this drop-in is ignored: %w", err))
			continue
		}
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		d.service.DropIns = append(d.service.DropIns, path)
	}
}

// Set applies settings from a command line, each Name=value, to a complete service.
// The error joins all that is wrong with them; the service is then left as it was.
func Set(service *watchdog.Service, settings ...string) error {
	d := newDraft(*service)
	d.applyAll(settings)
	d.complete()
	if err := d.err(); err != nil {
		return err
	}
	*service = d.service
	return nil
}

var errMasked = errors.New("the service is masked (the file is empty, or a link to " + os.DevNull + ")")

// open opens a service file. What is not a regular file is refused, since a FIFO would
// block for ever, and what is empty is masked, as in systemd.
func open(path string) (io.ReadCloser, error) {
	info, err := os.Stat(path)
	if err == nil {
		switch {
		case info.Mode().IsRegular() && info.Size() == 0, isNullDevice(info):
			return nil, errMasked
		case info.IsDir():
			return nil, errors.New("a directory, not a service file")
		case !info.Mode().IsRegular():
			return nil, errors.New("not a regular file")
		}
		var file *os.File
		if file, err = os.Open(path); err == nil {
			return file, nil
		}
	}
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return nil, err
}

func isNullDevice(info os.FileInfo) bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}

// A draft is a service in the making, with what was noticed on the way.
type draft struct {
	service watchdog.Service
	// initial is the service before any setting: what an empty assignment goes back to.
	initial  watchdog.Service
	commands []command // what ExecStart= gave so far
	onCrash  []command // and OnCrash=
	// variables are those of Environment=, and passed the names of PassEnvironment=.
	variables, passed []string
	control           controlCommands
	table             []Directive

	file             string // "" for a bare command line
	at               Setting
	allowUnsupported bool
	inDropIn         bool

	settings []Setting
	problems []Problem
}

func newDraft(service watchdog.Service) *draft {
	d := &draft{service: service, initial: service}
	// The setters append to these, and must not write into their caller's arrays.
	policy := &d.service.Policy
	for _, list := range []*watchdog.ExitList{
		&policy.SuccessExitStatus, &policy.RestartPreventExitStatus, &policy.RestartForceExitStatus,
	} {
		list.Codes, list.Signals = slices.Clone(list.Codes), slices.Clone(list.Signals)
	}
	d.service.EnvironmentFiles = slices.Clone(service.EnvironmentFiles)
	d.service.UnsetEnvironment = slices.Clone(service.UnsetEnvironment)
	d.service.ExecSearchPath = slices.Clone(service.ExecSearchPath)
	d.table = d.directives()
	return d
}

// applyAll applies assignments from the command line.
func (d *draft) applyAll(assignments []string) {
	for _, assignment := range assignments {
		name, value, found := strings.Cut(assignment, "=")
		d.at = Setting{Name: name, Value: strings.Trim(value, whitespace)}
		switch {
		case !found || name == "":
			d.problems = append(d.problems, Problem{Err: fmt.Errorf("%s is no setting; write Name=value", shown(assignment))})
		case !isOneLine(d.at.Value):
			d.warn(errors.New("not what one line of a service file can say: a NUL, a line end, a \\ at the end, or not UTF-8"))
		default:
			d.apply(d.at)
		}
	}
}

// isOneLine reports whether a value could stand in a service file, as cat has to write it.
func isOneLine(value string) bool {
	return utf8.ValidString(value) && !strings.ContainsAny(value, "\x00\n\r") && !endsEscaped(value)
}

// apply applies one setting. Its section is "" when it comes from the command line,
// where the name alone decides. It is false where systemd stops reading the file.
func (d *draft) apply(setting Setting) bool {
	directive, hint := d.lookup(setting.Section, setting.Name)
	setting.Class, setting.Note = directive.Class, cmp.Or(directive.Doc, hint)
	d.at = setting
	d.settings = append(d.settings, setting)
	if directive.Class == Unknown {
		d.warn(errors.New(hint))
		return true
	}
	err := directive.set(setting.Value)
	goOn := d.warn(err)
	if at := &d.settings[len(d.settings)-1]; err != nil && at.Class == Honoured {
		at.Class, at.Note = Ignored, err.Error()
		if d.problems[len(d.problems)-1].Fatal {
			at.Class = Refused
		}
	}
	return goOn
}

// lookup finds a directive. One that is unknown comes with a sentence about it.
func (d *draft) lookup(section, name string) (found Directive, hint string) {
	hint = "unknown to systemd 257 and to holdfast"
	for _, directive := range d.table {
		switch {
		case directive.Name == name && (directive.Section == section || section == ""):
			return directive, ""
		case directive.Name == name:
			hint = fmt.Sprintf("not known in [%s]; it belongs in [%s]", section, directive.Section)
		case strings.EqualFold(directive.Name, name):
			hint = fmt.Sprintf("unknown; it is spelled %s", directive.Name)
		}
	}
	return Directive{Class: Unknown}, hint
}

// warn notes what is wrong with the setting at hand; nil is nothing. It is false where a
// drop-in is not read any further.
func (d *draft) warn(err error) bool {
	if err == nil {
		return true
	}
	_, fatal := errors.AsType[refusal](err)
	_, unloadable := errors.AsType[unloadable](err)
	if unloadable && d.inDropIn {
		err = fmt.Errorf("%w; the rest of this drop-in is ignored", err)
	}
	d.problems = append(d.problems, Problem{
		File: d.at.File, Line: d.at.Line, Name: d.at.Name, Value: d.at.Value, Err: err,
		Fatal: fatal || unloadable && !d.inDropIn,
	})
	return !(unloadable && d.inDropIn)
}

// err joins the problems that forbid a start. The promises of protection, of which some
// files have dozens, make one of them, in the place of the first.
func (d *draft) err() error {
	var fatal []error
	var first Problem
	promises, at := 0, 0
	for _, problem := range d.problems {
		_, unprotected := errors.AsType[unprotectedError](problem.Err)
		switch {
		case !problem.Fatal && problem.File != "":
		case unprotected && promises > 0:
			promises++
		case unprotected:
			promises, at, first = 1, len(fatal), problem
			fatal = append(fatal, problem)
		default:
			fatal = append(fatal, problem)
		}
	}
	if promises > 1 {
		first.Err = fmt.Errorf("holdfast does not give this protection and %d more; "+
			"--allow-unsupported starts the service without, 'holdfast verify' lists them", promises-1)
		fatal[at] = first
	}
	return errors.Join(fatal...)
}

// assigned reports whether a setting of that name was made, and puts the draft back at
// the last one, so that what is wrong with it is told there.
func (d *draft) assigned(name string) bool {
	for _, setting := range slices.Backward(d.settings) {
		if setting.Name == name && (setting.Class == Honoured || setting.Class == Ignored) {
			d.at = setting
			return true
		}
	}
	return false
}

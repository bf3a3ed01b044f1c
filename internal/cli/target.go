package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"holdfast/internal/state"
	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

// A target is what start, run and verify are told on the command line: which service,
// and what is set differently.
type target struct {
	name             string
	properties       []string
	env              []string
	chdir, pidFile   string
	noRestart        []string
	allowUnsupported bool
	plain            [4]string // the values of plainFlags, in their order
}

// plainFlags are the flags that stand for one directive and nothing more.
var plainFlags = [4]struct{ flag, directive, value, help string }{
	{"restart", "Restart", "RULE", "the RULE when to start again: always, no, on-success, on-failure, on-abnormal, on-abort, on-watchdog"},
	{"user", "User", "USER", "run the program as USER"},
	{"group", "Group", "GROUP", "run the program with GROUP"},
	{"settle", "SettleSec", "TIME", "for which TIME to watch for an early death before saying started (default 100ms for a command)"},
}

// addFlags gives the command the flags that describe a service.
func (t *target) addFlags(c *cobra.Command) {
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&t.name, "name", "", "the service's `NAME` (default: the program's)")
	for i, f := range plainFlags {
		flags.StringVar(&t.plain[i], f.flag, "", strings.Replace(f.help, f.value, "`"+f.value+"`", 1))
	}
	flags.StringSliceVar(&t.noRestart, "no-restart", nil, "exits not to restart after: a `LIST` such as 7,TEMPFAIL,SIGKILL,OOM")
	flags.StringVar(&t.chdir, "chdir", "", "run the program in this `DIRECTORY`")
	flags.StringArrayVar(&t.env, "env", nil, "set `NAME=VALUE` in its environment, or pass NAME on; may be repeated")
	flags.StringVar(&t.pidFile, "pidfile", "", "write the guardian's PID to this `FILE`, too")
	flags.StringArrayVarP(&t.properties, "property", "p", nil, "set any directive of a service file, `NAME=VALUE`; may be repeated")
	flags.BoolVar(&t.allowUnsupported, "allow-unsupported", false, "start although the service file asks for protection that is not given here")
}

// resolve turns the command line into a service, complete and checked, with what was
// noticed on the way. An error means that nothing was done yet.
func (t *target) resolve(c *cobra.Command, args []string) (unit.Loaded, error) {
	settings, err := t.settings(c.Flags())
	if err != nil {
		return unit.Loaded{}, err
	}
	loaded, err := t.base(c, args, settings)
	if err == nil {
		err = t.place(&loaded.Service)
	}
	if err == nil {
		err = t.check(loaded, func(directive string) bool {
			return loaded.Service.Source == "" || sets(settings, directive)
		})
	}
	return loaded, err
}

// resolveEach is resolve for one service or several, of which all are to be right.
func (t *target) resolveEach(c *cobra.Command, args []string) ([]unit.Loaded, error) {
	if len(args) < 2 || c.ArgsLenAtDash() >= 0 {
		loaded, err := t.resolve(c, args)
		return []unit.Loaded{loaded}, err
	}
	var all []unit.Loaded
	for _, arg := range args {
		loaded, err := t.resolve(c, []string{arg})
		all = append(all, loaded)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return all, fmt.Errorf("%w; to guard a program with arguments write: holdfast %s -- %s", err, c.Name(), strings.Join(args, " "))
		case err != nil:
			return all, err
		case t.name != "" || t.pidFile != "":
			return nil, fmt.Errorf("--name and --pidfile are for one service, and here are %d", len(args))
		}
	}
	return all, nil
}

// settings is what the flags set, in the words of a service file. What -p says comes
// last and counts.
func (t *target) settings(flags *pflag.FlagSet) (all []string, err error) {
	for i, f := range plainFlags {
		if t.plain[i] != "" {
			all = append(all, f.directive+"="+t.plain[i])
		}
	}
	if flags.Changed("no-restart") {
		all = append(all, "RestartPreventExitStatus="+strings.Join(t.noRestart, " "))
	}
	for _, assignment := range t.env {
		name, _, given := strings.Cut(assignment, "=")
		if name == "" {
			return nil, fmt.Errorf("--env %q: write NAME=VALUE, or NAME to pass on your own", assignment)
		}
		if !given {
			value, set := os.LookupEnv(name)
			if !set {
				return nil, fmt.Errorf("--env %s: it is not set in your environment; write %[1]s=VALUE", name)
			}
			assignment += "=" + value
		}
		all = append(all, "Environment="+quoteWord(escapeSpecifiers(assignment)))
	}
	for _, property := range t.properties {
		switch name, _, found := strings.Cut(property, "="); {
		case !found || name == "":
			return nil, fmt.Errorf("-p %q: write NAME=VALUE, such as -p RestartSec=2s", property)
		case name == "Home":
			return nil, fmt.Errorf("-p %s: only a service file can say this to every verb; write --root=DIRECTORY", property)
		}
	}
	return append(all, t.properties...), nil
}

// sets reports whether one of the settings is of that directive.
func sets(settings []string, directive string) bool {
	return slices.ContainsFunc(settings, func(s string) bool { return strings.HasPrefix(s, directive+"=") })
}

func (t *target) base(c *cobra.Command, args, settings []string) (unit.Loaded, error) {
	dash := c.ArgsLenAtDash()
	app := applicationOf(c)
	switch {
	case dash == 0 && app != nil:
		service, err := app.service(args, settings)
		return unit.Loaded{Service: service}, err
	case dash == 0 && len(args) > 0:
		service, err := t.fromCommand(args, settings)
		return unit.Loaded{Service: service}, err
	case dash == 0:
		return unit.Loaded{}, fmt.Errorf("no program after --; write: holdfast %s -- PROGRAM [ARGUMENT]…", c.Name())
	case len(args) == 0:
		return unit.Loaded{}, fmt.Errorf("no service and no program was given; write: holdfast %s NAME, or: holdfast %[1]s -- PROGRAM [ARGUMENT]…", c.Name())
	case len(args) > 1:
		return unit.Loaded{}, fmt.Errorf("%q is one argument too many; to guard a program with arguments write: holdfast %s -- %s",
			args[1], c.Name(), strings.Join(args, " "))
	}
	return t.fromName(c, args[0], settings)
}

// fromName guards what a name stands for.
func (t *target) fromName(c *cobra.Command, name string, settings []string) (unit.Loaded, error) {
	if app := applicationOf(c); app != nil && name == app.Name {
		service, err := app.service(app.lastArgs(), settings)
		return unit.Loaded{Service: service}, err
	}
	return t.fromFile(name, settings)
}

// fromCommand guards a bare command line, in the caller's surroundings.
func (t *target) fromCommand(args, settings []string) (watchdog.Service, error) {
	program, err := findProgram(args[0])
	if err != nil {
		return watchdog.Service{}, err
	}
	name := t.name
	if name == "" {
		name = filepath.Base(args[0])
	}
	if err := unit.ValidName(name); err != nil {
		if t.name == "" {
			return watchdog.Service{}, fmt.Errorf("%w; choose a name with --name", err)
		}
		return watchdog.Service{}, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return watchdog.Service{}, fmt.Errorf("cannot tell the current directory: %w", err)
	}
	command := watchdog.Command{Path: program, Args: args}
	service := watchdog.CommandDefaults(name, command, inheritedEnv(sets(settings, "User")), dir, umask())
	err = unit.Set(&service, settings...)
	return service, err
}

func umask() os.FileMode {
	mask := syscall.Umask(0)
	syscall.Umask(mask)
	return os.FileMode(mask)
}

// fromFile guards what a service file describes. Where a name has none, it guards again
// what was guarded under it before.
func (t *target) fromFile(arg string, settings []string) (unit.Loaded, error) {
	if strings.Contains(arg, "/") && filepath.Ext(arg) != ".service" {
		return unit.Loaded{}, fmt.Errorf("%s: not a service file, whose name ends in .service; to guard a program write -- before it", arg)
	}
	name := t.name
	path, err := find(arg)
	before, known := remembered(arg)
	if errors.Is(err, fs.ErrNotExist) || known && before.Source == "" && systemds(path) {
		switch {
		case !known:
			return unit.Loaded{}, unknownService(arg, err)
		case before.Source == "":
			err := unit.Set(&before, settings...)
			return unit.Loaded{Service: before}, err
		}
		name, path, err = cmp.Or(name, before.Name), fileOf(before), nil
	}
	if err != nil {
		return unit.Loaded{}, err
	}
	loaded, err := unit.Load(path, unit.Options{Settings: settings, AllowUnsupported: t.allowUnsupported})
	switch own := loaded.Service.Name; {
	case err != nil || name == "" || name == own:
	case strings.Contains(own, "@"):
		err = fmt.Errorf("--name %s: the service is called %s, for its name says which instance of the template it is", name, own)
	default:
		loaded.Service.Name, err = name, unit.ValidName(name)
	}
	return loaded, err
}

// startsHoldfast reports a service file that is for whoever starts holdfast. Guarded, it
// would start itself without end.
func startsHoldfast(s watchdog.Service) bool {
	if s.Source == "" || len(s.Exec.Args) < 2 || !slices.Contains([]string{"start", "restart", "run"}, s.Exec.Args[1]) {
		return false
	}
	own, err := os.Executable()
	if err != nil {
		return false
	}
	this, err := os.Stat(own)
	if err != nil {
		return false
	}
	program, err := os.Stat(watchdog.LookUpProgram(s.Exec.Path, s.ExecSearchPath))
	return err == nil && os.SameFile(this, program)
}

// fileOf is the path from which a service can be read again. Many are read from a
// template; which one it is stands in the name.
func fileOf(s watchdog.Service) string {
	if dir, file := filepath.Split(s.Source); strings.HasSuffix(file, "@.service") {
		return dir + s.Name + ".service"
	}
	return s.Source
}

// systemds reports whether a service file stands in systemd's own directories. One of
// those doesn't take the place of what its name was started as here: after
// "start -- nginx" nobody means the distribution's nginx.service by "start nginx".
func systemds(path string) bool {
	return strings.HasSuffix(filepath.Dir(path), "/systemd/system")
}

// unknownService says what can be done about a name that means nothing.
func unknownService(name string, notFound error) error {
	err := fmt.Errorf("nothing was started as %s before, and there is %w", name, notFound)
	if _, lookErr := exec.LookPath(name); lookErr == nil {
		return fmt.Errorf("%w; to guard the program write: holdfast start -- %s", err, name)
	}
	return err
}

// remembered is the service that was guarded under the name before.
func remembered(name string) (watchdog.Service, bool) {
	name = strings.TrimSuffix(name, ".service")
	if unit.ValidName(name) != nil {
		return watchdog.Service{}, false
	}
	dir, err := state.Locate(name)
	if err != nil {
		return watchdog.Service{}, false
	}
	var record watchdog.Record
	if state.Load(dir.StateFile(), &record) != nil || record.Service.Name != name {
		return watchdog.Service{}, false
	}
	if record.Service.PIDFile == dir.PIDFile() {
		record.Service.PIDFile = "" // where it is unless told otherwise
	}
	return record.Service, true
}

// place settles the two paths that, unlike those of a service file, begin where the
// caller is.
func (t *target) place(s *watchdog.Service) (err error) {
	if t.chdir != "" {
		s.WorkingDirectoryOptional = false
		if s.WorkingDirectory, err = filepath.Abs(t.chdir); err != nil {
			return fmt.Errorf("cannot tell the current directory: %w", err)
		}
	}
	if t.pidFile != "" {
		if s.PIDFile, err = filepath.Abs(t.pidFile); err != nil {
			return fmt.Errorf("cannot tell the current directory: %w", err)
		}
	}
	return nil
}

// check finds what a person can mend before anything is forked. What only a service
// file asks for is left to the start, as with systemd: it may be there by then.
func (t *target) check(loaded unit.Loaded, asked func(directive string) bool) error {
	s := loaded.Service
	if asked("WorkingDirectory") && !s.WorkingDirectoryOptional || t.chdir != "" {
		info, err := os.Stat(filepath.Join(s.Setup.RootDirectory, s.WorkingDirectory))
		if err == nil && !info.IsDir() {
			err = syscall.ENOTDIR
		}
		if err != nil {
			err = fmt.Errorf("cannot run the program in %s: %w", s.WorkingDirectory, cause(err))
			if t.chdir == "" {
				err = loaded.At("WorkingDirectory", err)
			}
			return err
		}
	}
	if startsHoldfast(s) {
		return loaded.At("ExecStart", errors.New("this starts holdfast itself, as systemd is to do; start the unit with systemctl, "+
			"or name the program's own service file"))
	}
	if s.User != "" && asked("User") {
		if _, err := watchdog.LookupUser(s.User); err != nil {
			return loaded.At("User", err)
		}
	}
	if s.Group != "" && asked("Group") {
		if _, err := watchdog.LookupGroup(s.Group); err != nil {
			return loaded.At("Group", err)
		}
	}
	if os.Geteuid() != 0 {
		onlyRoot := errors.New("only root can run a program as another user or group")
		if user, err := watchdog.LookupUser(s.User); s.User != "" && (err != nil || user.Uid != strconv.Itoa(os.Getuid())) {
			return loaded.At("User", onlyRoot)
		}
		if group, err := watchdog.LookupGroup(s.Group); s.Group != "" && (err != nil || group.Gid != strconv.Itoa(os.Getgid())) {
			return loaded.At("Group", onlyRoot)
		}
	}
	return nil
}

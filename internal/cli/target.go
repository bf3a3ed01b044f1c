package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"holdfast/internal/state"
	"holdfast/internal/unit"
	"holdfast/watchdog"
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
	{"restart", "Restart", "RULE", "when to start again: always, no, on-success, on-failure, on-abnormal, on-abort, on-watchdog"},
	{"user", "User", "USER", "run the program as this user"},
	{"group", "Group", "GROUP", "run the program with this group"},
	{"settle", "SettleSec", "TIME", "how long to watch for an early death before saying started (default 100ms for a command)"},
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

// resolve turns the command line into a service, complete and checked. The warnings
// are for the user; everything that is wrong is an error, and nothing was done yet.
func (t *target) resolve(c *cobra.Command, args []string) (watchdog.Service, []unit.Problem, error) {
	service, problems, err := t.base(c, args)
	if err != nil {
		return watchdog.Service{}, problems, err
	}
	if err := t.apply(&service); err != nil {
		return watchdog.Service{}, problems, err
	}
	return service, problems, t.check(service)
}

func (t *target) base(c *cobra.Command, args []string) (watchdog.Service, []unit.Problem, error) {
	dash := c.ArgsLenAtDash()
	switch {
	case dash == 0 && len(args) > 0:
		service, err := t.fromCommand(args)
		return service, nil, err
	case dash == 0:
		return watchdog.Service{}, nil, errors.New("no program after --; write: holdfast " + c.Name() + " -- PROGRAM [ARGUMENT]…")
	case len(args) == 0:
		return watchdog.Service{}, nil, fmt.Errorf("what is to be guarded? Write: holdfast %s NAME, or: holdfast %[1]s -- PROGRAM [ARGUMENT]…", c.Name())
	case len(args) > 1:
		return watchdog.Service{}, nil, fmt.Errorf("%q is one argument too many; to guard a program with arguments write: holdfast %s -- %s",
			args[1], c.Name(), strings.Join(args, " "))
	}
	return t.fromFile(args[0])
}

// fromCommand guards a bare command line, in the caller's surroundings.
func (t *target) fromCommand(args []string) (watchdog.Service, error) {
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
	umask := syscall.Umask(0)
	syscall.Umask(umask)
	command := watchdog.Command{Path: program, Args: args}
	return watchdog.CommandDefaults(name, command, inheritedEnv(t.plain[1] != ""), dir, os.FileMode(umask)), nil
}

// fromFile guards what a service file describes, or again what was guarded under this
// name before, when there is no such file.
func (t *target) fromFile(arg string) (watchdog.Service, []unit.Problem, error) {
	path, notFound := unit.Find(arg)
	if notFound != nil {
		if service, ok := remembered(arg); ok {
			return service, nil, nil
		}
		return watchdog.Service{}, nil, notFound
	}
	loaded, err := unit.Load(path, unit.Options{AllowUnsupported: t.allowUnsupported})
	if err != nil {
		return watchdog.Service{}, loaded.Problems, err
	}
	if t.name != "" {
		if err := unit.ValidName(t.name); err != nil {
			return watchdog.Service{}, nil, err
		}
		loaded.Service.Name = t.name
	}
	return loaded.Service, loaded.Problems, nil
}

// remembered is the service that was guarded under the name before, from a command line.
func remembered(name string) (watchdog.Service, bool) {
	if unit.ValidName(name) != nil {
		return watchdog.Service{}, false
	}
	dir, err := state.Locate(name)
	if err != nil {
		return watchdog.Service{}, false
	}
	var record watchdog.Record
	if state.Load(dir.StateFile(), &record) != nil || record.Service.Source != "" {
		return watchdog.Service{}, false
	}
	return record.Service, record.Service.Name == name
}

// apply puts the flags over what the file or the defaults said.
func (t *target) apply(s *watchdog.Service) error {
	for i, f := range plainFlags {
		if t.plain[i] == "" {
			continue
		}
		if err := unit.Set(s, f.directive+"="+t.plain[i]); err != nil {
			return fmt.Errorf("--%s: %w", f.flag, err)
		}
	}
	if len(t.noRestart) > 0 {
		if err := unit.Set(s, "RestartPreventExitStatus="+strings.Join(t.noRestart, " ")); err != nil {
			return fmt.Errorf("--no-restart: %w", err)
		}
	}
	for _, assignment := range t.env {
		name, _, given := strings.Cut(assignment, "=")
		if name == "" || strings.ContainsRune(assignment, 0) {
			return fmt.Errorf("--env %q: write NAME=VALUE, or NAME to pass on your own", assignment)
		}
		if !given {
			value, set := os.LookupEnv(name)
			if !set {
				return fmt.Errorf("--env %s: it is not set in your environment; write %[1]s=VALUE", name)
			}
			assignment += "=" + value
		}
		s.Environment = append(s.Environment, assignment)
	}
	for _, property := range t.properties {
		if err := unit.Set(s, property); err != nil {
			return fmt.Errorf("-p %w", err)
		}
	}
	var err error
	if t.chdir != "" {
		if s.WorkingDirectory, err = filepath.Abs(t.chdir); err != nil {
			return err
		}
	}
	if t.pidFile != "" {
		if s.PIDFile, err = filepath.Abs(t.pidFile); err != nil {
			return err
		}
	}
	return nil
}

// check finds what a person can mend before anything is forked. What a service file
// asks for is left to the start, as with systemd: it may be there by then.
func (t *target) check(s watchdog.Service) error {
	if s.Source == "" || t.chdir != "" {
		if info, err := os.Stat(s.WorkingDirectory); err != nil {
			return fmt.Errorf("cannot run in %s: %w", s.WorkingDirectory, cause(err))
		} else if !info.IsDir() {
			return fmt.Errorf("cannot run in %s: not a directory", s.WorkingDirectory)
		}
	}
	if s.User != "" && (s.Source == "" || t.plain[1] != "") {
		if _, err := watchdog.LookupUser(s.User); err != nil {
			return err
		}
	}
	if s.Group != "" && (s.Source == "" || t.plain[2] != "") {
		if _, err := watchdog.LookupGroup(s.Group); err != nil {
			return err
		}
	}
	if (s.User != "" || s.Group != "") && os.Geteuid() != 0 {
		return errors.New("only root can run a program as another user or group")
	}
	return nil
}

// findProgram looks a command up as a shell does, and says what is wrong with it.
func findProgram(command string) (string, error) {
	if command == "" {
		return "", errors.New("the program's name is empty")
	}
	path, err := exec.LookPath(command)
	if err != nil && !errors.Is(err, exec.ErrDot) {
		if errors.Is(err, exec.ErrNotFound) {
			return "", fmt.Errorf("%s: no such program in PATH", command)
		}
		if info, statErr := os.Stat(command); statErr == nil && info.IsDir() {
			return "", fmt.Errorf("%s: is a directory, not a program", command)
		} else if statErr == nil && errors.Is(err, fs.ErrPermission) {
			return "", fmt.Errorf("%s: is not executable; chmod +x it", command)
		}
		return "", fmt.Errorf("%s: %w", command, cause(err))
	}
	return filepath.Abs(path)
}

// managerVariables belong to whoever started holdfast, not to the business; a program
// that took them for its own would notify the wrong manager.
var managerVariables = []string{
	"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
	"MAINPID", "PIDFILE", "INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "MANAGERPID", "FDSTORE",
}

// userVariables name the caller; another user's program gets its own.
var userVariables = []string{"HOME", "USER", "LOGNAME", "SHELL", "MAIL"}

// inheritedEnv is the caller's environment as the business gets it.
func inheritedEnv(otherUser bool) []string {
	return slices.DeleteFunc(os.Environ(), func(assignment string) bool {
		name, _, _ := strings.Cut(assignment, "=")
		return slices.Contains(managerVariables, name) || otherUser && slices.Contains(userVariables, name)
	})
}

// cause strips the operation and the path off a system error; the message names both.
func cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

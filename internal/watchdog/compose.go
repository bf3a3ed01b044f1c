package watchdog

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"holdfast/internal/envfile"
)

// compose is a command's environment, made of what is known before the start, what its
// user brings along, what the files say, and what belongs to this run alone.
func (s *Service) compose(identity, files, run []string) []string {
	env := environment(identity, s.Directories.Variables(), s.Environment, files, run)
	return slices.DeleteFunc(env, func(assignment string) bool {
		name, _, _ := strings.Cut(assignment, "=")
		return slices.Contains(s.UnsetEnvironment, name) || slices.Contains(s.UnsetEnvironment, assignment)
	})
}

// arguments is the command line as it is executed in an environment. A variable that is
// not set is empty, and its name comes back.
func (c Command) arguments(env []string) (args, unset []string) {
	if !c.Expand {
		return c.Args, nil
	}
	if args, unset = Expand(c.Args, variables(env)); len(args) == 0 {
		args = []string{c.Path}
	}
	return args, unset
}

// environmentFiles reads what EnvironmentFile= names. One that has to be there and is not,
// or that is wrong, is a failure of the host, as in systemd: not even a process is made.
func (g *Guardian) environmentFiles() (assignments []string, exit *Exit) {
	for _, file := range g.service.EnvironmentFiles {
		more, ignored, err := envfile.Load(file.Path)
		if err != nil && !file.Optional {
			return nil, &Exit{NoFork: true, Err: "EnvironmentFile=" + err.Error()}
		}
		if len(ignored) > 0 {
			g.log.Warn().Strs("names", ignored).Msg("EnvironmentFile=" + file.Path + ": these cannot be the names of variables")
		}
		assignments = append(assignments, more...)
	}
	return assignments, nil
}

// LookUpProgram finds a program that is called by a bare name, as systemd does: not in
// $PATH, but in the directories of ExecSearchPath= or, without any, in systemd's own. One
// that is nowhere gets the first place, so that its exec fails and says so (203).
func LookUpProgram(name string, directories []string) string {
	if filepath.IsAbs(name) {
		return name
	}
	if len(directories) == 0 {
		directories = strings.Fields("/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin")
	}
	for _, directory := range directories {
		path := filepath.Join(directory, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return filepath.Join(directories[0], name)
}

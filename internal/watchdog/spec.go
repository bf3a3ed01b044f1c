package watchdog

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"holdfast/internal/proc"
)

// spec is how a command is spawned, looked up anew each time, or the exit that stands for
// why it cannot be. It changes nothing that a program could notice; see [Guardian.ready].
// The mark is what its processes are found by.
func (g *Guardian) spec(command Command, mark string, more ...string) (proc.Spec, *Exit) {
	s := &g.service
	files, exit := g.environmentFiles()
	if exit != nil {
		return proc.Spec{}, exit
	}
	credential, identity, exit := s.credentials(command.Privileges)
	if exit != nil {
		return proc.Spec{}, exit
	}
	if credential != nil {
		// Or the business could not open /dev/stdout again.
		if err := g.capture.Chown(int(credential.Uid), -1); err != nil {
			g.log.Warn().Err(err).Msg("cannot give the log pipe to " + s.User)
		}
	}
	if s.RestartMode == RestartDebug && g.machine.restarts > 0 {
		more = append(more, "DEBUG_INVOCATION=1")
	}
	if s.BusinessPIDFile != "" {
		more = append(more, "PIDFILE="+s.BusinessPIDFile)
	}
	dir := s.WorkingDirectory
	if s.WorkingDirectoryOptional {
		if info, err := os.Stat(filepath.Join(s.Setup.RootDirectory, dir)); err != nil || !info.IsDir() {
			dir = "/"
		}
	}
	run := append([]string{"INVOCATION_ID=" + g.record.InvocationID}, more...)
	env := append(s.compose(identity, files, run), proc.InvocationVariable+"="+mark)
	args, unset := command.arguments(env)
	if len(unset) > 0 {
		g.log.Warn().Strs("variables", unset).Msg("variables of the command line are not set, so they are empty")
	}
	spec := proc.Spec{
		Path: LookUpProgram(command.Path, s.ExecSearchPath), Args: args, Env: env, Dir: dir,
		Credential: credential, OOMScoreAdj: s.OOMScoreAdjust,
	}
	s.Standard.redirect(&spec, g.capture.Stdout(), g.capture.Stderr())
	setup := s.setup(command)
	if slices.ContainsFunc(more, func(assignment string) bool { return strings.HasPrefix(assignment, "WATCHDOG_USEC=") }) {
		setup.PIDVariable = "WATCHDOG_PID" // by which it knows that it is meant, and not who has started it
	}
	if !setup.IsZero() {
		spec.Setup = &setup
	}
	return spec, nil
}

// setup leaves out of the service's what is not for such a command. RootDirectory= is for all, as in systemd.
func (s *Service) setup(c Command) Setup {
	setup := s.Setup
	if c.Privileges == FullPrivileges {
		setup.SecureBits, setup.NoNewPrivileges = 0, false
		setup.CapabilityBoundingSet, setup.AmbientCapabilities = nil, 0
	}
	return setup
}

// ready is [Guardian.spec], and makes what that refers to.
func (g *Guardian) ready(command Command, mark string, more ...string) (proc.Spec, *Exit) {
	spec, exit := g.spec(command, mark, more...)
	owner := spec.Credential
	if exit == nil && command.Privileges != "" { // they are User='s all the same
		owner, _, exit = g.service.credentials("")
	}
	spec.Join = g.record.ControlGroup.Dirs
	if exit == nil {
		exit = g.service.Directories.make(g.service.Setup.RootDirectory, owner)
	}
	return spec, exit
}

// environment joins lists of NAME=value. Of a name that occurs twice the later value
// stays, where getenv(3) would have found the first.
func environment(lists ...[]string) []string {
	var env []string
	place := map[string]int{}
	for _, assignment := range slices.Concat(lists...) {
		name, _, _ := strings.Cut(assignment, "=")
		if at, seen := place[name]; seen {
			env[at] = assignment
			continue
		}
		place[name] = len(env)
		env = append(env, assignment)
	}
	return env
}

// exitOfSpawn is the exit that systemd would have reported for the failed step.
func exitOfSpawn(err error) *Exit {
	exit := &Exit{Code: int(proc.StepExec), Err: err.Error()}
	var failed *proc.SpawnError
	if errors.As(err, &failed) {
		exit.Code, exit.NoFork = int(failed.Step), failed.Step == proc.StepFork
	}
	return exit
}

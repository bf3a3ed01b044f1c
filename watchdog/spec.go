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
// why it cannot be. It changes nothing that a program could notice; see [Guardian.prepare].
func (g *Guardian) spec(c Command) (proc.Spec, *Exit) {
	s := &g.service
	credential, identity, exit := s.credentials()
	if exit != nil {
		return proc.Spec{}, exit
	}
	if credential != nil {
		// Or the business could not open /dev/stdout again.
		if err := g.capture.Chown(int(credential.Uid), -1); err != nil {
			g.log.Warn().Err(err).Msg("cannot give the log pipe to " + s.User)
		}
	}
	dir := s.WorkingDirectory
	if s.WorkingDirectoryOptional {
		if info, err := os.Stat(filepath.Join(s.Setup.RootDirectory, dir)); err != nil || !info.IsDir() {
			dir = "/"
		}
	}
	spec := proc.Spec{
		Path: c.Path, Args: c.Args, Dir: dir,
		Env: environment(identity, s.Directories.Variables(), s.Environment, []string{
			"INVOCATION_ID=" + g.record.InvocationID,
			proc.InvocationVariable + "=" + g.record.InvocationID,
		}),
		Credential: credential, OOMScoreAdj: s.OOMScoreAdjust,
	}
	s.Standard.redirect(&spec, g.capture.Writer())
	if !s.Setup.IsZero() {
		spec.Setup = &s.Setup
	}
	return spec, nil
}

// prepare makes what a spec refers to.
func (g *Guardian) prepare(spec *proc.Spec) *Exit {
	s := &g.service
	return s.Directories.make(s.Setup.RootDirectory, spec.Credential)
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

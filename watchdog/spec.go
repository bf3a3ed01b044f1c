package watchdog

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"holdfast/internal/proc"
)

// spec is how a command is spawned, looked up anew for each run, or the exit that stands
// for why it cannot be. The mark is what its processes are found by.
func (g *Guardian) spec(command Command, mark string, more ...string) (proc.Spec, *Exit) {
	s := &g.service
	files, exit := g.environmentFiles()
	if exit != nil {
		return proc.Spec{}, exit
	}
	credential, identity, exit := credentials(s.User, s.Group)
	if exit != nil {
		return proc.Spec{}, exit
	}
	if command.Privileges != "" {
		credential = nil
	}
	if credential != nil {
		// Or the business could not open /dev/stdout again.
		if err := g.capture.Chown(int(credential.Uid), -1); err != nil {
			g.log.Warn().Err(err).Msg("cannot give the log pipe to " + s.User)
		}
	}
	dir := s.WorkingDirectory
	if s.WorkingDirectoryOptional {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			dir = "/"
		}
	}
	run := append([]string{"INVOCATION_ID=" + g.record.InvocationID}, more...)
	env := append(s.compose(identity, files, run), proc.InvocationVariable+"="+mark)
	args, unset := command.arguments(env)
	if len(unset) > 0 {
		g.log.Warn().Strs("variables", unset).Msg("variables of the command line are not set, so they are empty")
	}
	return proc.Spec{
		Path: LookUpProgram(command.Path, s.ExecSearchPath), Args: args, Env: env, Dir: dir,
		Stdout: g.capture.Stdout(), Stderr: g.capture.Stderr(),
		Credential: credential, OOMScoreAdj: s.OOMScoreAdjust,
	}, nil
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

// credentials looks User= and Group= up. identity is what systemd adds to the
// environment for a User= (systemd.exec(5), "Environment Variables").
func credentials(userName, groupName string) (c *syscall.Credential, identity []string, exit *Exit) {
	if userName == "" && groupName == "" {
		return nil, nil, nil
	}
	c = &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}
	if userName != "" {
		u, err := LookupUser(userName)
		if err != nil {
			return nil, nil, &Exit{Code: int(proc.StepUser), Err: err.Error()}
		}
		c.Uid, c.Gid = number(u.Uid), number(u.Gid)
		groups, err := u.GroupIds()
		if err != nil {
			return nil, nil, &Exit{Code: int(proc.StepGroup), Err: fmt.Sprintf("groups of %s: %v", userName, err)}
		}
		for _, id := range groups {
			c.Groups = append(c.Groups, number(id))
		}
		identity = []string{"HOME=" + u.HomeDir, "LOGNAME=" + u.Username, "USER=" + u.Username}
	}
	if groupName != "" {
		group, err := LookupGroup(groupName)
		if err != nil {
			return nil, nil, &Exit{Code: int(proc.StepGroup), Err: err.Error()}
		}
		c.Gid = number(group.Gid)
	}
	return c, identity, nil
}

// LookupUser finds a user by name or number.
func LookupUser(name string) (*user.User, error) {
	u, err := user.Lookup(name)
	if err == nil {
		return u, nil
	}
	if _, numeric := strconv.ParseUint(name, 10, 32); numeric == nil {
		if u, err = user.LookupId(name); err == nil {
			return u, nil
		}
	}
	return nil, fmt.Errorf("no user is called %q on this host", name)
}

// LookupGroup finds a group by name or number.
func LookupGroup(name string) (*user.Group, error) {
	group, err := user.LookupGroup(name)
	if err == nil {
		return group, nil
	}
	if _, numeric := strconv.ParseUint(name, 10, 32); numeric == nil {
		if group, err = user.LookupGroupId(name); err == nil {
			return group, nil
		}
	}
	return nil, fmt.Errorf("no group is called %q on this host", name)
}

func number(id string) uint32 {
	n, _ := strconv.ParseUint(id, 10, 32) // the system's own database holds only numbers
	return uint32(n)
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

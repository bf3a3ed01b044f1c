package watchdog

import (
	"bufio"
	"fmt"
	"os"
	"os/user"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"holdfast/internal/proc"
)

// credentials looks User=, Group= and SupplementaryGroups= up for such a command. identity
// is what systemd adds to the environment for a User=; see [Service.LoginEnvironment].
func (s *Service) credentials(privileges Privileges) (c *syscall.Credential, identity []string, exit *Exit) {
	if s.User == "" {
		identity = s.LoginEnvironment()
	}
	if s.User == "" && s.Group == "" && len(s.SupplementaryGroups) == 0 {
		return nil, identity, nil
	}
	failed := func(step proc.Step, err error) (*syscall.Credential, []string, *Exit) {
		return nil, nil, &Exit{Code: int(step), Err: err.Error()}
	}
	c = &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}
	c.NoSetGroups = os.Geteuid() != 0 && len(s.SupplementaryGroups) == 0 // so it is the same user, who keeps what he has
	var groups []string
	if s.User != "" {
		u, err := LookupUser(s.User)
		if err != nil {
			return failed(proc.StepUser, err)
		}
		c.Uid, c.Gid = number(u.Uid), number(u.Gid)
		if groups, err = u.GroupIds(); err != nil {
			return failed(proc.StepGroup, fmt.Errorf("groups of %s: %w", s.User, err))
		}
		if s.Group != "" { // which takes the place of the user's own
			groups = slices.DeleteFunc(groups, func(id string) bool { return id == u.Gid })
		}
		identity = s.loginEnvironment(u)
	}
	if s.Group != "" {
		group, err := LookupGroup(s.Group)
		if err != nil {
			return failed(proc.StepGroup, err)
		}
		c.Gid = number(group.Gid)
		if s.User != "" {
			groups = append(groups, group.Gid)
		}
	}
	if c.Gid == 0 { // root's group has all it needs, as systemd has it
		groups = nil
	}
	for _, name := range s.SupplementaryGroups {
		group, err := LookupGroup(name)
		if err != nil {
			return failed(proc.StepGroup, err)
		}
		if privileges == "" {
			groups = append(groups, group.Gid)
		}
	}
	if privileges != "" { // which leaves it the user's groups all the same, as in systemd
		if len(groups) == 0 {
			return nil, identity, nil
		}
		c.Uid, c.Gid = uint32(os.Getuid()), uint32(os.Getgid())
	}
	for _, id := range groups {
		if gid := number(id); !slices.Contains(c.Groups, gid) {
			c.Groups = append(c.Groups, gid)
		}
	}
	return c, identity, nil
}

// LoginEnvironment is HOME, LOGNAME, USER and SHELL of the service's user, as
// systemd.exec(5) has it for User= and SetLoginEnvironment=; nil for one that does not exist.
func (s *Service) LoginEnvironment() []string {
	name := s.User
	if name == "" {
		if s.SetLoginEnvironment == nil || !*s.SetLoginEnvironment {
			return nil
		}
		name = strconv.Itoa(os.Getuid())
	}
	u, err := LookupUser(name)
	if err != nil {
		return nil
	}
	return s.loginEnvironment(u)
}

// loginEnvironment leaves out what is no home and no shell to log in with, by the rules of
// get_user_creds in systemd's src/basic/user-util.c.
func (s *Service) loginEnvironment(u *user.User) (env []string) {
	if set := s.SetLoginEnvironment; set != nil && !*set {
		return []string{"USER=" + u.Username}
	}
	nobody := u.Username == "nobody" && u.Uid == "65534"
	if path.IsAbs(u.HomeDir) && path.Clean(u.HomeDir) != "/" && !nobody {
		env = append(env, "HOME="+u.HomeDir)
	}
	env = append(env, "LOGNAME="+u.Username, "USER="+u.Username)
	if shell := loginShell(u.Username); path.IsAbs(shell) && !nobody && !isNoLogin(shell) {
		env = append(env, "SHELL="+shell)
	}
	return env
}

// isNoLogin is systemd's is_nologin_shell.
func isNoLogin(shell string) bool {
	return slices.Contains([]string{"nologin", "false", "true"}, path.Base(shell))
}

// loginShell is the last field of passwd(5), which os/user leaves out.
func loginShell(name string) string {
	file, err := os.Open("/etc/passwd")
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if fields := strings.Split(lines.Text(), ":"); len(fields) == 7 && fields[0] == name {
			return fields[6]
		}
	}
	return ""
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

package daemon

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	godaemon "github.com/sevlyar/go-daemon"
	"golang.org/x/sys/unix"
)

// roleVariable tells a process that Launch made which one it is.
const roleVariable = "HOLDFAST_DAEMON"

const (
	intermediateRole = "intermediate"
	guardianRole     = "guardian"
)

// A role is what a process must know before anyone can talk to it.
type role struct {
	Name      string
	Handshake int    // descriptor
	Inode     uint64 // of the handshake, which proves that the role is meant for us
	Go        int    `json:",omitempty"` // descriptor; the guardian's only
	Files     []int  // descriptors
	PIDFile   []byte // a path need not be UTF-8, as a JSON string must
}

// entered tells Launch that the processes it makes will know themselves.
var entered bool

// Enter must be the first call in main, before flags are read. It returns nil
// in an ordinary process, never returns in the intermediate, and returns the
// guardian in the guardian, once the intermediate is gone and the PID file
// written. If the start was cancelled by then, the guardian exits inside Enter.
//
// After Enter no mark of the role is left in the environment.
func Enter() *Guardian {
	entered = true
	own, ok := ownRole()
	if !ok {
		os.Unsetenv(godaemon.MARK_NAME) // another daemon's, which has started us
		return nil
	}
	if own.Name == intermediateRole {
		own.intermediate()
	}
	return own.guardian()
}

// ownRole takes the role out of the environment. A variable that leaked here
// from some other process does not count: its handshake is not ours.
func ownRole() (role, bool) {
	value, found := os.LookupEnv(roleVariable)
	if !found {
		return role{}, false
	}
	os.Unsetenv(roleVariable)
	var own role
	if err := json.Unmarshal([]byte(value), &own); err != nil {
		return role{}, false
	}
	inode, err := socketInode(own.Handshake)
	if err != nil || inode != own.Inode {
		return role{}, false
	}
	// Without its mark go-daemon would take the intermediate for a launcher.
	return own, own.Name == guardianRole || own.Name == intermediateRole && godaemon.WasReborn()
}

func socketInode(fd int) (uint64, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return 0, os.NewSyscallError("fstat", err)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return 0, fmt.Errorf("descriptor %d is not a socket", fd)
	}
	return uint64(stat.Ino), nil
}

// environ is this process's environment with the given role in the place of
// every mark that there may have been.
func (r role) environ() ([]string, error) {
	value, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	marks := []string{roleVariable + "=", godaemon.MARK_NAME + "="}
	environ := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return slices.ContainsFunc(marks, func(mark string) bool { return strings.HasPrefix(entry, mark) })
	})
	return append(environ, roleVariable+"="+string(value)), nil
}

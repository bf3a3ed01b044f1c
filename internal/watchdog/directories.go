package watchdog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Directories are those that are made for the service before each start and named to it by
// variables: systemd.exec(5), "RuntimeDirectory=".
type Directories struct {
	Runtime, State, Cache, Logs, Configuration Directory
	// RuntimePreserve says when Runtime is not removed at the end: "no", "restart" or
	// "yes"; "" is no.
	RuntimePreserve string `json:",omitempty"`
}

// A Directory is one kind of them.
type Directory struct {
	// Paths are absolute.
	Paths []string `json:",omitempty"`
	// Mode is theirs; 0 is 0755.
	Mode os.FileMode `json:",omitempty"`
}

// A directoryKind is what the kinds differ in.
type directoryKind struct {
	Directory
	variable string
	status   int  // if it cannot be made
	kept     bool // as it is, where it is there already
}

func (d *Directories) kinds() [5]directoryKind {
	return [5]directoryKind{
		{d.Runtime, "RUNTIME_DIRECTORY", 233, false},
		{d.State, "STATE_DIRECTORY", 238, false},
		{d.Cache, "CACHE_DIRECTORY", 239, false},
		{d.Logs, "LOGS_DIRECTORY", 240, false},
		{d.Configuration, "CONFIGURATION_DIRECTORY", 241, true}, // which may be an administrator's
	}
}

// Variables tell the service where its directories are.
func (d *Directories) Variables() (env []string) {
	for _, kind := range d.kinds() {
		if len(kind.Paths) > 0 {
			env = append(env, kind.variable+"="+strings.Join(kind.Paths, ":"))
		}
	}
	return env
}

// make makes what is missing, below root, and gives it to the owner.
func (d *Directories) make(root string, owner *syscall.Credential) *Exit {
	for _, kind := range d.kinds() {
		for _, path := range kind.Paths {
			if err := kind.make(filepath.Join(root, path), owner); err != nil {
				return &Exit{Code: kind.status, Err: fmt.Sprintf("cannot make %s: %v", path, reason(err))}
			}
		}
	}
	return nil
}

func (kind directoryKind) make(path string, owner *syscall.Credential) error {
	mode := cmp.Or(kind.Mode, 0o755)
	if err := makeParents(filepath.Dir(path)); err != nil {
		return err
	}
	err := os.Mkdir(path, 0o700)
	if kind.kept && errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return syscall.ENOTDIR
	}
	if err := syscall.Chmod(path, uint32(mode)); err != nil { // with the bits above 0777
		return err
	}
	if owner == nil || owns(info, owner) {
		return nil
	}
	return give(path, owner)
}

// makeParents is os.MkdirAll whatever the umask.
func makeParents(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	if err := makeParents(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	return os.Chmod(path, 0o755)
}

func owns(info os.FileInfo, owner *syscall.Credential) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid == owner.Uid && stat.Gid == owner.Gid
}

// give changes the owner of a directory and all below it. The root keeps the walk inside,
// whatever the one who owns it now puts in the way.
func give(path string, owner *syscall.Credential) error {
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		return root.Lchown(name, int(owner.Uid), int(owner.Gid))
	})
	if err != nil {
		return err
	}
	return root.Lchown(".", int(owner.Uid), int(owner.Gid)) // last: a walk that was broken off is done again
}

// remove takes the runtime directories away, those that were made as their parents not.
func (d *Directories) remove(root string) error {
	var all error
	for _, path := range d.Runtime.Paths {
		all = errors.Join(all, os.RemoveAll(filepath.Join(root, path)))
	}
	return all
}

// leaves reports whether the runtime directories go when the service enters the state.
func (d *Directories) leaves(from, to State) bool {
	if len(d.Runtime.Paths) == 0 || d.RuntimePreserve == "yes" {
		return false
	}
	switch to {
	case Dead, Failed:
		return true
	case AutoRestart:
		return d.RuntimePreserve != "restart"
	case Condition, StartPre, Start: // a requested restart, which goes by no state in between
		return d.RuntimePreserve != "restart" && from.Active() == "deactivating"
	}
	return false
}

// reason is the cause of an error without the path, which is said already.
func reason(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

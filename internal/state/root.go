package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	runtimeVariable = "HOLDFAST_RUNTIME_DIR"
	logVariable     = "HOLDFAST_LOG_DIR"

	// sharedTemp is not $TMPDIR, which may differ from one login to the next.
	sharedTemp = "/tmp"
	// sharedMemory is where a container with a read-only root lets anybody write.
	sharedMemory = "/dev/shm"
)

// Settle has every service live below home, for this process and those that it starts: in
// home/run/NAME and home/log/NAME. What a variable says already stands, unless override.
func Settle(home string, override bool) error {
	if real, err := filepath.EvalSymlinks(home); err == nil {
		home = real // a link may lead to the next release while the guardian of this one lives
	}
	for variable, below := range map[string]string{runtimeVariable: "run", logVariable: "log"} {
		if !override && os.Getenv(variable) != "" {
			continue
		}
		if err := os.Setenv(variable, filepath.Join(home, below)); err != nil {
			return err
		}
	}
	return nil
}

// runtimeRoot is the directory that holds the runtime directories of uid's
// services.
func runtimeRoot(uid int, getenv func(string) string) (string, error) {
	if dir := getenv(runtimeVariable); dir != "" {
		return filepath.Abs(dir)
	}
	if uid == 0 {
		return orElse(filepath.Join(systemRuntime, "holdfast"), uid, os.Getpid() == 1, inContainer(uid)), nil
	}
	// A relative path is to be ignored: XDG Base Directory Specification.
	if dir := getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "holdfast"), nil
	}
	root, err := withoutSession(uid, "/run", sharedTemp)
	if err == nil {
		root = orElse(root, uid, os.Getpid() == 1, inContainer(uid))
	}
	return root, err
}

// orElse finds the place of the runtime directories where the usual one cannot be
// written, as below the read-only root of a container. Only process 1, which is such a
// container's guardian, begins one there; all others look whether it has. So nobody on
// a host is led away from everybody else's place by limits that only he has, such as
// ProtectSystem=.
func orElse(usual string, uid int, process1 bool, instead []string) string {
	if writable(usual) {
		return usual
	}
	for _, root := range instead {
		if process1 && writable(root) || checkOwn(root, uid, os.Lstat) == nil {
			return root
		}
	}
	return usual
}

// inContainer are the places that are tried instead.
func inContainer(uid int) []string { return []string{sharedRoot(sharedTemp, uid), memoryRoot(uid)} }

// writable reports whether a directory can be written in, or made.
func writable(path string) bool {
	for {
		err := unix.Access(path, unix.W_OK|unix.X_OK)
		if !errors.Is(err, fs.ErrNotExist) || path == "/" {
			return err == nil
		}
		path = filepath.Dir(path)
	}
}

// memoryRoot names the PID namespace, too: the containers of a Kubernetes pod share
// their /dev/shm, and each has a process 1.
func memoryRoot(uid int) string {
	root := sharedRoot(sharedMemory, uid)
	namespace, err := os.Readlink("/proc/self/ns/pid") // pid:[4026531836]
	if err != nil {
		return root
	}
	return root + "-" + strings.Trim(namespace, "pid:[]")
}

// withoutSession finds the runtime directory when no login session has named
// one, as under cron, su or on a host without logind. cron and a shell must
// find the same lock, or one service gets two guardians. So the answer depends
// on the host and never on who asks: where logind runs it is the directory that
// a login would have named, or an error; elsewhere it is one below shared, which
// is refused when somebody else made it first.
func withoutSession(uid int, run, shared string) (string, error) {
	id := strconv.Itoa(uid)
	own := filepath.Join(run, "user", id)
	if info, err := os.Stat(own); err == nil && info.IsDir() {
		return filepath.Join(own, "holdfast"), nil
	}
	// How libsystemd recognises a running logind or elogind.
	if _, err := os.Stat(filepath.Join(run, "systemd/seats")); err == nil {
		return "", fmt.Errorf("XDG_RUNTIME_DIR is not set and %s does not exist; log in as uid %s, "+
			"have it made at boot (loginctl enable-linger), or set %s", own, id, runtimeVariable)
	}
	root := sharedRoot(shared, uid)
	if err := checkOwn(root, uid, os.Lstat); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w; set %s to a directory of your own", err, runtimeVariable)
	}
	return root, nil
}

func sharedRoot(shared string, uid int) string {
	return filepath.Join(shared, "holdfast-"+strconv.Itoa(uid))
}

// logRoot is the directory that holds the log directories of uid's services.
func logRoot(uid int, getenv func(string) string) (string, error) {
	if dir := getenv(logVariable); dir != "" {
		return filepath.Abs(dir)
	}
	if uid == 0 {
		return "/var/log/holdfast", nil
	}
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "holdfast"), nil
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local/state/holdfast"), nil
	}
	return "", fmt.Errorf("HOME is not set; set HOME or %s", logVariable)
}

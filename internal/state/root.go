package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

const (
	runtimeVariable = "HOLDFAST_RUNTIME_DIR"
	logVariable     = "HOLDFAST_LOG_DIR"

	// sharedTemp is not $TMPDIR, which may differ from one login to the next.
	sharedTemp = "/tmp"
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
		return filepath.Join(systemRuntime, "holdfast"), nil
	}
	// A relative path is to be ignored: XDG Base Directory Specification.
	if dir := getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "holdfast"), nil
	}
	return withoutSession(uid, "/run", sharedTemp)
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

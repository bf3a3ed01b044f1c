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
)

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

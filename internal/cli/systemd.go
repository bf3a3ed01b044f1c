package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// refuseUnderSystemd keeps systemd from losing the guardian: unless start is the
// ExecStart= of a Type=forking service with a PIDFile=, systemd would follow the wrong
// process (systemd.service(5), Type=).
func refuseUnderSystemd() error {
	if !executedBySystemd() || os.Getenv("PIDFILE") != "" && os.Getenv("NOTIFY_SOCKET") == "" {
		return nil
	}
	return errors.New("systemd runs this, but not as a Type=forking service with a PIDFile=, so it would lose the guardian; " +
		"set Type=forking and PIDFile=, or use 'holdfast run' with Type=notify (--force starts all the same)")
}

// unreadBySystemd reports that systemd, which waits for a PID file, does not read this
// one, so that its start would end in a timeout.
func unreadBySystemd(file string) error {
	wanted := os.Getenv("PIDFILE")
	if !executedBySystemd() || wanted == "" || sameFile(file, wanted) {
		return nil
	}
	return fmt.Errorf("the guardian's PID belongs into %s, but the unit says PIDFile=%s", file, wanted)
}

// executedBySystemd tells a start that systemd itself executed from one in a shell.
func executedBySystemd() bool { return os.Getenv("SYSTEMD_EXEC_PID") == fmt.Sprint(os.Getpid()) }

// sameFile compares paths of files that need not exist. systemd writes /run for /var/run.
func sameFile(a, b string) bool {
	inA, errA := os.Stat(filepath.Dir(a))
	inB, errB := os.Stat(filepath.Dir(b))
	return errA == nil && errB == nil && os.SameFile(inA, inB) && filepath.Base(a) == filepath.Base(b)
}

//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Where no process can be had, a program that crashes is started as soon as one can, and a
// guardian that could not begin anew goes on.
func TestNoRoomForAProcess(t *testing.T) {
	t.Parallel()
	dir := newCgroup(t, "pids")
	room := func(most string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "pids.max"), []byte(most), 0); err != nil {
			t.Skipf("no limit can be set here: %v", err)
		}
	}
	room("max")
	h := newHost(t)
	h.env = append(h.env, "PROCS="+filepath.Join(dir, "cgroup.procs"))
	r := h.sh(`echo $$ >"$PROCS" && exec "$HOLDFAST" "$@"`,
		"start", "--name", "p", "--settle=0", "-p", "RestartSec=10ms", "-p", "RestartMaxDelaySec=10ms", "-p", "StartLimitIntervalSec=0", "--", "sleep", "1000").result()
	h.said(r, 0)
	guardian, business := h.pid("p", "GuardianPID"), h.pid("p", "MainPID")

	room("1")
	h.fails(1, []string{"there is no room for another process"}, "upgrade", "p")
	h.shows("p", "GuardianPID", strconv.Itoa(guardian), "MainPID", strconv.Itoa(business), "SubState", "running")

	kill(t, business, unix.SIGKILL)
	await(t, "a start that fails", func() bool {
		return strings.Contains(h.show("p", "StatusReason"), "not started: fork: resource temporarily unavailable")
	})
	room("max")
	h.awaitShow("p", "SubState", "running")
	h.ok("upgrade", "p")
	h.shows("p", "GuardianPID", strconv.Itoa(guardian), "SubState", "running")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

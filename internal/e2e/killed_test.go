//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAKilledGuardian(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	// The business has a daemon of its own that ignores SIGTERM.
	h.ok("start", "--name", "p", "-p", "TimeoutStopSec=200ms", "--", "sh", "-c",
		`setsid sh -c 'trap "" TERM; sleep 1000; exit' & echo before; while :; do echo line; sleep 0.02; done`)
	guardian, business := h.pid("p", "GuardianPID"), h.pid("p", "MainPID")
	await(t, "all are up", func() bool { return len(h.named("sh")) == 2 && len(h.named("sleep")) > 0 })
	kill(t, guardian, unix.SIGKILL)
	h.init.wait(guardian)

	h.fails(1, []string{"failed", fmt.Sprintf("the guardian (PID %d) was killed; the business (PID %d) still runs, unguarded", guardian, business)}, "status", "p")
	h.fails(3, nil, "is-active", "p")
	h.fails(0, nil, "is-failed", "p")
	h.shows("p", "MainPID", strconv.Itoa(business), "GuardianPID", "0", "GuardianState", "killed")
	h.fails(0, []string{"running"}, "history", "p")
	h.fails(0, []string{"p"}, "list")
	h.fails(1, []string{"not starting a second p", fmt.Sprintf("PID %d", business), "holdfast stop p"}, "start", "--on-orphan=fail", "p")
	h.fails(1, []string{"not starting a second p"}, "start", "--on-orphan=fail", "--name", "p", "--", "sleep", "1000")
	h.fails(1, []string{"not starting a second p"}, "run", "--on-orphan=fail", "--name", "p", "--", "sleep", "1000")
	if !alive(business) {
		t.Fatal("the business has not survived its guardian")
	}

	r := h.run("stop", "p")
	h.nothingLeft("p")
	h.said(r, 0, "its guardian had been killed", strconv.Itoa(business))
	h.fails(3, nil, "status", "p")
	h.shows("p", "MainPID", "0", "GuardianPID", "0", "GuardianState", "absent", "ActiveState", "failed", "Result", "timeout")
	h.fails(0, []string{"p is not running"}, "stop", "p")

	h.ok("start", "--name", "p", "--", "sleep", "1000")
	h.daemonized("p")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestAKilledGuardianWhoseBusinessIsDeadToo(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for range 3 {
		h.ok("start", "--name", "p", "--settle=0", "--", "sleep", "1000")
		guardian, business := h.daemonized("p")
		kill(t, guardian, unix.SIGKILL)
		h.init.wait(guardian)
		kill(t, business, unix.SIGKILL)
		h.init.wait(business)
		r := h.fails(1, []string{fmt.Sprintf("the guardian (PID %d) was killed", guardian)}, "status", "p")
		if strings.Contains(r.stdout, "still runs") {
			t.Error(r.stdout)
		}
		h.shows("p", "MainPID", "0", "GuardianPID", "0")
		h.fails(0, []string{"unknown: the guardian was killed"}, "history", "p")
	}
	h.ok("start", "p") // no stop is needed in between
	h.daemonized("p")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestAGuardianKilledWhileItWaitsForARestart(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--settle=0", "-p", "RestartSec=1h", "--", "sh", "-c", "exit 1")
	h.awaitShow("p", "SubState", "auto-restart")
	guardian := h.pid("p", "GuardianPID")
	kill(t, guardian, unix.SIGKILL)
	h.init.wait(guardian)
	h.fails(1, []string{"was killed"}, "status", "p")
	h.fails(0, []string{"its guardian had been killed"}, "stop", "p")
	h.nothingLeft("p")
	h.fails(3, nil, "status", "p")
}

// A guardian that is killed when its service has ended already has no business to leave, but
// its files, and an OnCrash= command.
func TestAGuardianKilledInItsLastMoment(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--settle=0", "--restart=no", "-p", "OnCrash=sleep 1000", "--", "sh", "-c", "exec sh -c 'sleep 0.1; exit 1'")
	h.awaitShow("p", "SubState", "failed")
	await(t, "the command runs", func() bool { return len(h.named("sleep")) == 1 })
	hook, guardian := h.named("sleep")[0].PID, h.named("holdfast")[0].PID
	kill(t, guardian, unix.SIGKILL)
	h.init.wait(guardian)
	h.shows("p", "GuardianState", "killed", "SubState", "failed")
	left := func(want ...string) {
		t.Helper()
		var found []string
		for _, file := range []string{"pid", "control", "log"} {
			if _, err := os.Lstat(h.runtime("p", file)); err == nil {
				found = append(found, file)
			}
		}
		if !slices.Equal(found, want) {
			t.Errorf("there are the files %q, want %q", found, want)
		}
	}
	left("pid", "control", "log")
	h.said(h.run("stop", "p"), 0, "p was stopped")
	h.init.wait(hook)
	h.said(h.run("stop", "p"), 0, "p is not running")
	h.nothingLeft("p")
	h.shows("p", "SubState", "failed", "Result", "exit-code") // it is still known how it ended
}

// What the business writes while nobody guards it neither fails nor kills it.
func TestABusinessWritesOnWithoutItsGuardian(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	wrote := filepath.Join(h.dir, "wrote")
	h.env = append(h.env, "WROTE="+wrote)
	h.ok("start", "--name", "p", "--", "sh", "-c", `while :; do echo line || exit; echo ok >> "$WROTE"; sleep 0.01; done`)
	guardian, business := h.pid("p", "GuardianPID"), h.pid("p", "MainPID")
	kill(t, guardian, unix.SIGKILL)
	h.init.wait(guardian)
	before := len(lines(wrote))
	await(t, "it goes on writing", func() bool { return len(lines(wrote)) > before+5 })
	if !alive(business) {
		t.Error("it has ended")
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestAGuardianThatIsStopped(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--", "sleep", "1000")
	guardian, business := h.daemonized("p")
	kill(t, guardian, unix.SIGSTOP)
	await(t, "the guardian is stopped", func() bool { return statOf(t, guardian).state == 'T' })
	status := h.start("status", "p") // these wait, so they wait together
	show := h.start("show", "-p", "GuardianState", "--value", "p")
	stop := h.start("stop", "p")
	list := h.start("list")
	h.said(status.result(), 0, fmt.Sprintf("%d; it does not answer", guardian), fmt.Sprintf("kill -CONT %d", guardian), strconv.Itoa(business))
	h.said(show.result(), 0, "silent")
	h.said(stop.result(), 1, "does not answer")
	h.said(list.result(), 0, "p")
	kill(t, guardian, unix.SIGCONT)
	h.ok("stop", "p")
	h.nothingLeft("p")
}

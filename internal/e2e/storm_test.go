//go:build linux

package e2e

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/proc"
)

// A talker says which signals it gets, and answers a SIGTERM with code 3.
const talker = `trap 'echo TERM; exit 3' TERM; for s in HUP QUIT WINCH; do trap "echo $s" $s; done; echo up; while :; do sleep 1000 & wait; done`

// upgradeAndSignal runs the upgrade, and sends the guardian a signal at any moment of that,
// half the times near the exec.
func (h *host) upgradeAndSignal(guardian int, signal unix.Signal, command ...string) *process {
	h.t.Helper()
	log := filepath.Join(h.dir, "log", "p", "guardian.log")
	handed := func() int {
		text, _ := os.ReadFile(log)
		return bytes.Count(text, []byte("handing over"))
	}
	before, near := handed(), rand.IntN(2) == 0
	upgrade := h.launch(Spec{Args: command})
	moment := time.Duration(rand.Int64N(100e6))
	if near {
		for end := time.Now().Add(deadline); handed() == before && time.Now().Before(end); {
		}
		moment /= 5
	}
	for sent := time.Now().Add(moment); time.Now().Before(sent); { // a sleep would end with a tick
	}
	kill(h.t, guardian, signal)
	return upgrade
}

// A SIGTERM is a stop, also while one program takes the other's place in the guardian.
func TestASIGTERMDuringAnUpgradeStops(t *testing.T) { t.Parallel(); stopsDuringUpgrades(t, 12) }

func stopsDuringUpgrades(t *testing.T, times int) {
	h := newHost(t)
	a, b := twoBuilds(t)
	for i := range times {
		output := filepath.Join(h.dir, "log", "p", "output.log")
		os.Remove(output)
		h.startBy(a, "--settle=0", "-p", "KillMode=mixed", "--", "sh", "-c", talker) // it may fork a sleep that no SIGTERM reaches
		guardian := h.pid("p", "GuardianPID")
		id, err := proc.Identify(guardian)
		if err != nil {
			t.Fatal(err)
		}
		await(t, "the traps are set", func() bool { return len(lines(output)) > 0 })
		upgrade := h.upgradeAndSignal(guardian, []unix.Signal{unix.SIGTERM, unix.SIGINT}[i%2], holdfast, "upgrade", "p", "--binary", b)
		var end End
		await(t, "round "+strconv.Itoa(i)+": the guardian has ended", func() bool {
			end = h.init.ended(guardian)
			return end.Known && end.Ticks >= id.Start // not an earlier process with its number
		})
		if end.Status.ExitStatus() != 3 {
			t.Errorf("round %d: the guardian ended with %#x, want the program's code 3", i, end.Status)
		}
		upgrade.wait()
		h.nothingLeft("p")
		h.shows("p", "SubState", "failed", "ExecMainStatus", "3", "NRestarts", "0")
		if said := lines(output); len(said) != 2 || said[1] != "TERM" {
			t.Errorf("round %d: the program said %q, want up and TERM", i, said)
		}
		if t.Failed() {
			return
		}
	}
}

// Nor is any other signal lost, and none ends the guardian.
func TestASignalDuringAnUpgradeIsHeard(t *testing.T) { t.Parallel(); signalsDuringUpgrades(t, 12) }

func signalsDuringUpgrades(t *testing.T, times int) {
	h := newHost(t)
	a, b := twoBuilds(t)
	h.startBy(a, "--settle=0", "--", "sh", "-c", talker)
	guardian := h.pid("p", "GuardianPID")
	output := filepath.Join(h.dir, "log", "p", "output.log")
	await(t, "the traps are set", func() bool { return len(lines(output)) > 0 })
	signals := []unix.Signal{unix.SIGHUP, unix.SIGQUIT, unix.SIGWINCH}
	for i := range times {
		signal := signals[i%len(signals)]
		upgrade := h.upgradeAndSignal(guardian, signal, holdfast, "upgrade", "p", "--binary", []string{b, a}[i%2])
		await(t, "round "+strconv.Itoa(i)+": the program has got "+signal.String(), func() bool { return len(lines(output)) > i+1 })
		if got := "SIG" + lines(output)[i+1]; got != unix.SignalName(signal) {
			t.Fatalf("round %d: the program got %s, want %v", i, got, signal)
		}
		upgrade.wait()
	}
	h.shows("p", "GuardianPID", strconv.Itoa(guardian), "NRestarts", "0")
	h.ok("stop", "p")
	h.nothingLeft("p")
	if n := len(lines(output)); n != times+2 {
		t.Errorf("%d signals sent, the program said %d lines", times, n)
	}
}

// As process 1 of a container, too, to which the kernel sends no signal without a handler.
func TestASignalDuringAnUpgradeReachesProcess1(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root makes a PID namespace")
	}
	h := newHost(t)
	a, b := twoBuilds(t)
	run := h.launch(Spec{Args: []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
		a, "run", "--name", "p", "--settle=0", "--", "sh", "-c", talker}})
	output := filepath.Join(h.dir, "log", "p", "output.log")
	await(t, "the traps are set", func() bool { return len(lines(output)) > 0 })
	guardian := 0
	for _, p := range h.below() {
		if p.PPID == run.pid {
			guardian = p.PID
		}
	}
	for i, signal := range []unix.Signal{unix.SIGHUP, unix.SIGQUIT, unix.SIGWINCH, unix.SIGHUP, unix.SIGQUIT, unix.SIGTERM} {
		upgrade := h.upgradeAndSignal(guardian, signal, "nsenter", "--target", strconv.Itoa(guardian), "--pid", "--mount",
			a, "upgrade", "p", "--binary", []string{b, a}[i%2])
		await(t, "the program has got "+signal.String(), func() bool { return len(lines(output)) > i+1 })
		upgrade.wait()
	}
	h.said(run.result(), 3)
	h.nothingLeft("p")
}

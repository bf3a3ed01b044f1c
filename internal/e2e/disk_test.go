//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// fill takes every byte that is left in the directory's file system.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "fill")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, size := range []int{4096, 1} {
		for err == nil {
			_, err = file.Write(make([]byte, size))
		}
		if !strings.Contains(err.Error(), unix.ENOSPC.Error()) {
			t.Fatal(err)
		}
		err = nil
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

func TestAFullRuntimeDirectory(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	run := filepath.Join(h.dir, "run")
	mount(t, run, 0, "size=128k,mode=755")
	h.ok("start", "--name", "p", "-p", "RestartSec=1ms", "--", "sleep", "1000")
	free := fill(t, run)
	first := h.pid("p", "MainPID")
	kill(t, first, unix.SIGKILL)
	await(t, "another one runs", func() bool { pid := h.pid("p", "MainPID"); return pid != 0 && pid != first })
	h.fails(0, []string{"active (running)", "code=killed, signal=KILL"}, "status", "p")
	h.shows("p", "NRestarts", "1")
	h.ok("restart", "p")
	h.ok("stop", "p")
	h.nothingLeft("p")
	// The last state could not be saved, but what it says must not be taken for alive.
	h.shows("p", "MainPID", "0", "GuardianPID", "0")

	free() // and with it what the stop has given back
	free = fill(t, run)
	r := h.run("start", "--name", "p", "--", "sleep", "1000")
	h.said(r, 1, "no space left on device")
	h.nothingLeft("p")
	free()
	h.ok("start", "--name", "p", "--", "sleep", "1000")
	h.daemonized("p")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestAFullLogDirectory(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	log := filepath.Join(h.dir, "log")
	mount(t, log, 0, "size=128k,mode=755")
	h.ok("start", "--name", "p", "-p", "RestartSec=1ms", "--", "sh", "-c",
		`i=0; while :; do i=$((i+1)); printf 'line %0500d\n' $i; sleep 0.01; done`)
	output := filepath.Join(log, "p", "output.log")
	await(t, "it prints", func() bool { return len(lines(output)) > 0 })
	first := h.pid("p", "MainPID")
	free := fill(t, log)
	await(t, "that is known", func() bool { return strings.Contains(h.show("p", "StatusTrouble"), "no space left on device") })
	h.fails(0, []string{"active (running)", "no space left on device"}, "status", "p")
	kill(t, first, unix.SIGKILL)
	await(t, "another one runs", func() bool { pid := h.pid("p", "MainPID"); return pid != 0 && pid != first })
	free()
	before := len(lines(output))
	await(t, "it prints again", func() bool { return len(lines(output)) > before })
	await(t, "the trouble is over", func() bool { return h.show("p", "StatusTrouble") == "" })
	await(t, "all of it was told", func() bool { return strings.Contains(h.ok("logs", "--guardian", "p"), "the log is well again") })
	if said := h.ok("logs", "--guardian", "p"); strings.Count(said, "the program's output is waiting, and the program will too: ") != 1 {
		t.Errorf("the guardian says %s", said)
	}
	if all := lines(output); slices.ContainsFunc(all[before+1:], func(line string) bool { return !strings.HasPrefix(line, "line ") }) {
		t.Errorf("it says %q", all)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestAReadOnlyRuntimeDirectory(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	run := filepath.Join(h.dir, "run")
	mount(t, run, 0, "mode=755")
	h.ok("start", "--name", "p", "-p", "RestartSec=1ms", "--", "sleep", "1000")
	h.ok("stop", "p")
	if err := unix.Mount("", run, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skipf("cannot remount: %v", err)
	}
	h.fails(2, []string{"read-only file system", "HOLDFAST_RUNTIME_DIR"}, "start", "p")
	h.fails(3, nil, "status", "p")
	h.nothingLeft("p")
}

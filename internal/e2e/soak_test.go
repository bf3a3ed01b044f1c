//go:build linux && soak

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// underLoad keeps every core busy until the test ends.
func underLoad(t *testing.T) {
	t.Helper()
	h := newHost(t)
	for range runtime.NumCPU() {
		p := h.launch(Spec{Args: []string{"sh", "-c", "while :; do :; done"}})
		t.Cleanup(func() { unix.Kill(p.pid, unix.SIGKILL) })
	}
}

func TestSoakAThousandStartsUnderLoad(t *testing.T) {
	underLoad(t)
	h := newHost(t)
	_, slave := terminal(t)
	for i := range 1000 {
		args := []string{holdfast, "start", "--name", "p", "--settle=0", "--", "sleep", "1000"}
		spec := Spec{Args: args}
		switch i % 10 {
		case 1: // from a shell that ends at once, so that the launcher's parent is a subreaper
			spec.Args = append([]string{"sh", "-c", `"$0" "$@"; exit $?`}, args...)
		case 2:
			spec = Spec{Args: args, Stdin: slave, Stdout: slave, Stderr: slave, Terminal: true}
		case 3:
			spec.Args[4] = "--settle=20ms"
		}
		if status := h.launch(spec).wait(); status.ExitStatus() != 0 {
			t.Fatalf("start %d: %#x", i, status)
		}
		guardian, business := h.daemonized("p")
		h.shows("p", "GuardianPID", strconv.Itoa(guardian), "MainPID", strconv.Itoa(business))
		h.ok("stop", "p")
		h.nothingLeft("p")
		if t.Failed() {
			t.Fatalf("in start %d", i)
		}
	}
}

func TestSoakAThousandStopsOfAStubbornCrashLooper(t *testing.T) {
	h := newHost(t)
	for i := range 1000 {
		if h.crashLooperStopped(); t.Failed() {
			t.Fatalf("in stop %d", i)
		}
	}
}

// What a guardian needs must not grow with what it has been through.
func TestSoakTenThousandCrashes(t *testing.T) {
	h := newHost(t)
	h.ok("start", "--name", "p", "--settle=0", "-p", "RestartSec=0", "-p", "RestartSteps=0", "--", "sh", "-c", "echo line; exit 1")
	guardian := h.pid("p", "GuardianPID")
	type need struct{ files, threads, anonKB, stateBytes, logBytes, indexBytes, logFiles int }
	needs := func(crashes int) (n need) {
		await(t, fmt.Sprintf("it has crashed %d times", crashes), func() bool { return h.pid("p", "NRestarts") >= crashes })
		n.files = len(filesOf(t, guardian))
		n.threads, _ = strconv.Atoi(statusOf(t, guardian, "Threads"))
		n.anonKB, _ = strconv.Atoi(strings.TrimSuffix(statusOf(t, guardian, "RssAnon"), " kB"))
		if info, err := os.Stat(h.runtime("p", "state.json")); err == nil {
			n.stateBytes = int(info.Size())
		}
		logs, _ := filepath.Glob(filepath.Join(h.dir, "log", "p", "guardian*"))
		for _, log := range logs {
			if info, err := os.Stat(log); err == nil {
				n.logBytes += int(info.Size())
			}
		}
		if info, err := os.Stat(filepath.Join(h.dir, "log", "p", "output.index")); err == nil {
			n.indexBytes = int(info.Size())
		}
		all, _ := os.ReadDir(filepath.Join(h.dir, "log", "p"))
		n.logFiles = len(all)
		t.Logf("after %d crashes: %+v", crashes, n)
		return n
	}
	early := needs(1000)
	for crashes := 2000; crashes < 10_000; crashes += 1000 {
		needs(crashes)
	}
	late := needs(10_000)
	// A connection or the log's rotation may be under way; what a crash leaked would be in the thousands.
	if late.files > early.files+5 || late.threads > early.threads+3 {
		t.Errorf("descriptors or threads grow: %+v, then %+v", early, late)
	}
	if late.anonKB > early.anonKB+1024 {
		t.Errorf("memory grows: %+v, then %+v", early, late)
	}
	if late.stateBytes > early.stateBytes+2000 || late.logBytes > 4<<20 || late.indexBytes > 300<<10 || late.logFiles > 30 {
		t.Errorf("files grow: %+v, then %+v", early, late)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestSoakFiftyKilledGuardians(t *testing.T) {
	h := newHost(t)
	twice := filepath.Join(h.dir, "twice")
	h.env = append(h.env, "LOCK="+filepath.Join(h.dir, "lock"), "TWICE="+twice)
	refused := 0
	for i := range 50 {
		h.ok("start", "--name", "p", "--settle=0", "-p", fmt.Sprintf("RestartSec=%dms", rand.IntN(5)), "-p", "RestartSteps=0", "-p", "TimeoutStopSec=100ms",
			"--", "sh", "-c", fmt.Sprintf(`exec 9>"$LOCK"; flock -n 9 || echo twice >> "$TWICE"; sleep 0.%03d; exit 1`, rand.IntN(30)))
		guardian := h.pid("p", "GuardianPID")
		unix.Nanosleep(&unix.Timespec{Nsec: rand.Int64N(100e6)}, nil) // any moment will do
		kill(t, guardian, unix.SIGKILL)
		h.init.wait(guardian)
		h.shows("p", "GuardianPID", "0", "GuardianState", "killed")
		if r := h.run("start", "p"); r.code != 0 {
			h.said(r, 1, "not starting a second p")
			refused++
		}
		h.ok("stop", "p")
		await(t, "nothing is left", func() bool { return len(h.below()) == 0 }) // what no guardian was there to stop may end by itself
		h.nothingLeft("p")
		if t.Failed() {
			t.Fatalf("at the killed guardian %d", i)
		}
	}
	t.Logf("%d of 50 starts were refused because the business still ran", refused)
	if n := len(lines(twice)); n > 0 {
		t.Errorf("the business ran twice at once %d times", n)
	}
}

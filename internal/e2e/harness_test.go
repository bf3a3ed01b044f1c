//go:build linux

// Package e2e tests the built binary as users meet it: with real processes, real
// signals and, in the lab, a real systemd.
package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/proc"
)

// deadline bounds every wait. It is generous: it ends a hung test and times nothing.
const deadline = 60 * time.Second

// holdfast is the binary under test, built once.
var holdfast string

// TestMain builds the binary, or plays one of the parts in roles.
func TestMain(m *testing.M) {
	if role, given := os.LookupEnv(roleVariable); given {
		os.Unsetenv(roleVariable)
		play := roles()[role]
		if play == nil { // or it would run all tests, and each of them more
			panic("no role is called " + role)
		}
		play(os.Args[1:])
		os.Exit(0)
	}
	signal.Notify(make(chan os.Signal, 1), unix.SIGHUP) // below nohup it is ignored, and would stay so in every program
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "holdfast-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		os.Chmod(dir, 0o755) // another user runs it, too
		holdfast = filepath.Join(dir, "holdfast")
		args := []string{"build", "-trimpath", "-o", holdfast}
		cgo := "CGO_ENABLED=0"
		if raceEnabled {
			args, cgo = append(args, "-race"), "CGO_ENABLED=1"
		}
		build := exec.Command("go", append(args, "holdfast")...)
		build.Env = append(os.Environ(), cgo)
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// A host is one test's own directories for services and its own init, below which
// every process of the test runs. What still runs there at the end is ended, and that
// it had to be is an error.
type host struct {
	t    *testing.T
	dir  string
	env  []string
	init *initProcess
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{t: t, dir: t.TempDir()}
	h.env = append(os.Environ(),
		"GORACE=atexit_sleep_ms=0", // or every command would end a second later
		"HOLDFAST_RUNTIME_DIR="+filepath.Join(h.dir, "run"),
		"HOLDFAST_LOG_DIR="+filepath.Join(h.dir, "log"))
	h.init = startInit(t)
	t.Cleanup(h.clear)
	return h
}

// clear looks whether anything is left, and ends it.
func (h *host) clear() {
	for end := time.Now().Add(deadline); len(h.below()) > 0 && !h.t.Failed(); pause() {
		if time.Now().After(end) {
			h.t.Errorf("left by the test: %v", h.below())
		}
	}
	h.init.end()
	witnesses, _ := filepath.Glob(h.runtime("*", "witness"))
	for _, witness := range witnesses {
		unix.Unmount(witness, unix.MNT_DETACH) // or the directory could not be removed
	}
	logs, _ := filepath.Glob(filepath.Join(h.dir, "log", "*", "guardian.log"))
	for _, log := range logs {
		text, _ := os.ReadFile(log)
		if bytes.Contains(text, []byte("DATA RACE")) || bytes.Contains(text, []byte("panic:")) {
			h.t.Errorf("%s: a race or a panic", log)
		}
		if h.t.Failed() {
			const most = 8000
			h.t.Logf("%s:\n%s", log, text[max(0, len(text)-most):])
		}
	}
}

// below is every process of the test, parents before children. What has come back to
// our init and is dead, or has closed its files and is about to be, is left out: with
// a guardian's last file its lock is free, and whoever waited for that goes on.
func (h *host) below() []proc.Process {
	h.t.Helper()
	all, err := proc.Descendants(h.init.pid)
	if err != nil {
		h.t.Fatal(err)
	}
	var found []proc.Process
	for _, p := range all {
		if p.PPID != h.init.pid || !exiting(p.PID) {
			found = append(found, p)
		}
	}
	return found
}

// exiting reports whether every thread of a process is past its last instruction. They are
// before the last one gives back the lock, which is what a stop waits for.
func exiting(pid int) bool {
	const exitingFlag = 0x4 // PF_EXITING in include/linux/sched.h
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil { // it is gone
			continue
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if flags, err := strconv.Atoi(fields[6]); err != nil || flags&exitingFlag == 0 {
			return false
		}
	}
	return true
}

// A result is what a command did.
type result struct {
	code           int // -1: killed by a signal
	stdout, stderr string
}

// run runs holdfast and returns what it did.
func (h *host) run(args ...string) result {
	h.t.Helper()
	return h.start(args...).result()
}

// ok runs holdfast and fails the test if that fails.
func (h *host) ok(args ...string) string {
	h.t.Helper()
	r := h.run(args...)
	if r.code != 0 {
		h.t.Fatalf("holdfast %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// fails runs holdfast, which must exit with the code and say all of says.
func (h *host) fails(code int, says []string, args ...string) result {
	h.t.Helper()
	r := h.run(args...)
	h.said(r, code, says...)
	return r
}

func (h *host) said(r result, code int, says ...string) {
	h.t.Helper()
	if r.code != code {
		h.t.Errorf("exit code %d, want %d\n%s%s", r.code, code, r.stdout, r.stderr)
	}
	for _, words := range says {
		if !strings.Contains(r.stdout+r.stderr, words) {
			h.t.Errorf("it said %q, want %q in it", r.stdout+r.stderr, words)
		}
	}
}

// show is one property of a service.
func (h *host) show(name, property string) string {
	h.t.Helper()
	return strings.TrimSpace(h.run("show", "-p", property, "--value", name).stdout)
}

// shows compares properties, given in pairs of name and value.
func (h *host) shows(name string, pairs ...string) {
	h.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := h.show(name, pairs[i]); got != pairs[i+1] {
			h.t.Errorf("%s=%s, want %s", pairs[i], got, pairs[i+1])
		}
	}
}

// awaitShow waits until a property has the value.
func (h *host) awaitShow(name, property, value string) {
	h.t.Helper()
	await(h.t, property+"="+value, func() bool { return h.show(name, property) == value })
}

// pid is a property that is a PID.
func (h *host) pid(name, property string) int {
	h.t.Helper()
	pid, err := strconv.Atoi(h.show(name, property))
	if err != nil {
		h.t.Fatalf("%s of %s: %v", property, name, err)
	}
	return pid
}

// runtime is a path in the service's runtime directory.
func (h *host) runtime(name, file string) string { return filepath.Join(h.dir, "run", name, file) }

// nothingLeft fails the test if a failed or stopped service has left a process, a
// PID file, or what only a living guardian has.
func (h *host) nothingLeft(name string) {
	h.t.Helper()
	if left := h.below(); len(left) > 0 {
		h.t.Errorf("processes are left: %+v", left)
	}
	for _, file := range []string{"pid", "control", "log", "notify", "witness"} {
		if _, err := os.Lstat(h.runtime(name, file)); err == nil {
			h.t.Errorf("%s is left", h.runtime(name, file))
		}
	}
	lock, err := os.Open(h.runtime(name, "lock"))
	if err != nil {
		return
	}
	defer lock.Close()
	await(h.t, "a guardian on its way out lets go of the lock", func() bool {
		return unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
	})
}

// file writes a file into the test's directory and returns its path.
func (h *host) file(name, content string, mode os.FileMode) string {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// await waits until the condition holds.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !condition(); pause() {
		if time.Now().After(end) {
			t.Fatalf("gave up waiting until %s", what)
		}
	}
}

// pause lets the others run between two looks; no test's outcome depends on its length.
func pause() { unix.Nanosleep(&unix.Timespec{Nsec: 5e6}, nil) }

// kill sends a signal to a process that must be there.
func kill(t *testing.T, pid int, signal unix.Signal) {
	t.Helper()
	if pid <= 1 {
		t.Fatalf("kill %d", pid)
	}
	if err := unix.Kill(pid, signal); err != nil {
		t.Fatalf("kill %d: %v", pid, err)
	}
}

// alive reports whether the process exists and is no zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	return len(rest) > 0 && rest[0] != 'Z' && rest[0] != 'X'
}

// lines is the lines of a file that may not be there yet.
func lines(path string) []string {
	text, _ := os.ReadFile(path)
	if len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

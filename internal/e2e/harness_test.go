// Package e2e tests the built binary as users meet it: with real processes, real
// signals and, in the lab, a real systemd.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// deadline bounds every wait. It is generous: it ends a hung test and times nothing.
const deadline = 60 * time.Second

// holdfast is the binary under test, built once.
var holdfast string

// TestMain builds the binary.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "holdfast-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		os.Chmod(dir, 0o755) // another user runs it, too
		holdfast = filepath.Join(dir, "holdfast")
		build := exec.Command("go", "build", "-trimpath", "-o", holdfast, "holdfast")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
		// Guardians come back to this process when their launcher has ended, so the
		// tests see every zombie and init's pace does not matter.
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			fmt.Fprintln(os.Stderr, "prctl:", err)
			return 1
		}
		return m.Run()
	}())
}

// A host is one test's own directories for services; what still runs there at the
// end of the test is stopped, and that it had to be is an error.
type host struct {
	t   *testing.T
	dir string
	env []string
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{t: t, dir: t.TempDir()}
	h.env = append(os.Environ(),
		"HOLDFAST_RUNTIME_DIR="+filepath.Join(h.dir, "run"),
		"HOLDFAST_LOG_DIR="+filepath.Join(h.dir, "log"))
	t.Cleanup(h.clear)
	return h
}

// clear ends what a failed test left, and reaps the guardians that came back to us.
func (h *host) clear() {
	var services []struct {
		Name     string `json:"name"`
		Guardian int    `json:"guardian_pid"`
	}
	if err := json.Unmarshal([]byte(h.run("list", "--json").stdout), &services); err != nil {
		h.t.Errorf("list --json: %v", err)
	}
	for _, s := range services {
		if s.Guardian != 0 {
			h.run("kill", "-s", "KILL", s.Name)
			h.run("stop", s.Name)
		}
	}
}

// A result is what a command did.
type result struct {
	code           int
	stdout, stderr string
}

// run runs holdfast and returns what it did.
func (h *host) run(args ...string) result {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	c := exec.CommandContext(ctx, holdfast, args...)
	c.Env, c.Dir = h.env, h.dir
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		h.t.Fatalf("holdfast %s: %v", strings.Join(args, " "), err)
	}
	return result{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
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

// show is one property of a service.
func (h *host) show(name, property string) string {
	h.t.Helper()
	return strings.TrimSpace(h.run("show", "-p", property, "--value", name).stdout)
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

// await waits until the condition holds.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !condition(); {
		if time.Now().After(end) {
			t.Fatalf("gave up waiting until %s", what)
		}
		pause()
	}
}

// pause lets the others run between two looks; no test's outcome depends on its length.
func pause() { unix.Nanosleep(&unix.Timespec{Nsec: 5e6}, nil) }

// alive reports whether the process exists and is no zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	return len(rest) > 0 && rest[0] != 'Z' && rest[0] != 'X'
}

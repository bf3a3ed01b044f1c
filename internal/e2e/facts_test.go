//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// stat is what /proc/PID/stat tells, proc_pid_stat(5).
type stat struct {
	state                      byte
	ppid, pgid, session, ttyNr int
}

func statOf(t *testing.T, pid int) stat {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	return parseStat(t, string(text))
}

func parseStat(t *testing.T, text string) (s stat) {
	t.Helper()
	_, rest, _ := strings.Cut(text, ") ")
	if _, err := fmt.Sscanf(rest, "%c %d %d %d %d", &s.state, &s.ppid, &s.pgid, &s.session, &s.ttyNr); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return s
}

// statusOf is a line of /proc/PID/status.
func statusOf(t *testing.T, pid int, name string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("no %s in /proc/%d/status", name, pid)
	return ""
}

// commandLine is a process's arguments, each ended by a zero byte.
func commandLine(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return string(text)
}

// environOf is a process's environment as it was at its exec.
func environOf(t *testing.T, pid int) []string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(bytes.TrimSuffix(text, []byte{0})), "\x00")
}

// filesOf is what a process has open, by descriptor.
func filesOf(t *testing.T, pid int) map[int]string {
	t.Helper()
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	files := map[int]string{}
	for _, link := range links {
		if fd, err := strconv.Atoi(filepath.Base(link)); err == nil {
			files[fd], _ = os.Readlink(link)
		}
	}
	return files
}

// readPID is the number in a PID file, which must have the one right form.
func readPID(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSuffix(string(text), "\n"))
	if err != nil || string(text) != fmt.Sprintf("%d\n", pid) {
		t.Fatalf("%s says %q", path, text)
	}
	return pid
}

// daemonized fails the test unless the service is up as it must be at the moment in
// which start returns, and returns guardian and business. The caller has one service.
func (h *host) daemonized(name string) (guardian, business int) {
	h.t.Helper()
	below := h.below()
	guardian = readPID(h.t, h.runtime(name, "pid"))
	if !alive(guardian) {
		h.t.Fatalf("the PID file names %d, which is not alive", guardian)
	}
	s := statOf(h.t, guardian)
	if s.ppid != h.init.pid {
		h.t.Errorf("the guardian's parent is %d, want the subreaper %d", s.ppid, h.init.pid)
	}
	if s.session == guardian || s.pgid == guardian {
		h.t.Errorf("the guardian %d leads a session or a group: %+v", guardian, s)
	}
	if s.ttyNr != 0 {
		h.t.Errorf("the guardian has terminal %d", s.ttyNr)
	}
	// The session's leader was the intermediate.
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", s.session)); err == nil {
		h.t.Errorf("the intermediate %d is still there", s.session)
	}
	intermediate := h.init.ended(s.session) // or an earlier user of its number
	for _, p := range below {
		if p.PID == guardian && intermediate.Adopted && intermediate.Ticks >= p.Start {
			h.t.Errorf("the launcher did not reap the intermediate %d", s.session)
		}
		switch {
		case p.State == 'Z':
			h.t.Errorf("zombie: %+v", p)
		case p.PID == guardian:
		case p.PPID == guardian:
			business = p.PID
		default:
			h.t.Errorf("neither guardian nor business: %+v", p)
		}
	}
	if business == 0 || len(below) != 2 {
		h.t.Errorf("want a guardian and a business: %+v", below)
	}
	return guardian, business
}

// variables finds the variables of that name.
func variables(environ []string, names ...string) (found []string) {
	for _, assignment := range environ {
		name, _, _ := strings.Cut(assignment, "=")
		if slices.Contains(names, name) {
			found = append(found, assignment)
		}
	}
	return found
}

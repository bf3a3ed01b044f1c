//go:build linux

package e2e

import (
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRuntimeMax(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", h.unit("p", "RuntimeMaxSec=200ms\nRestart=on-failure\nRestartMode=debug\nRestartPreventExitStatus=9\n"+
		"ExecStart=/bin/sh -c 'echo run $DEBUG_INVOCATION >>told; exec sleep 1000'\nExecStop="+tell("stop $$SERVICE_RESULT")))
	await(t, "it has run twice", func() bool { return len(h.told()) >= 4 })
	if got := strings.Join(h.told()[:4], "|"); got != "run|stop timeout|run 1|stop timeout" {
		t.Errorf("told %q", got)
	}
	h.fails(0, []string{"RuntimeMaxSec= is over"}, "history", "p")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// The limit counts from when the service was up, whichever guardian it has had since.
func TestRuntimeMaxGoesOn(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	file := h.unit("p", "RuntimeMaxSec=3s\nExecStart=/bin/sleep 1000")
	h.ok("start", file)
	h.ok("upgrade", "p")
	h.orphan("p")
	h.run("start", file)
	await(t, "it is over", func() bool { return len(h.below()) == 0 })
	h.shows("p", "Result", "timeout", "ActiveState", "failed", "NRestarts", "0", "ExecMainStatus", "15")
	h.nothingLeft("p")
}

func TestExitTypeCgroup(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	file := h.unit("p", "ExitType=cgroup\nExecStart=/bin/sh -c 'sleep 1000 & exit 0'\nExecStopPost="+tell("over $$EXIT_STATUS"))
	h.ok("start", file)
	await(t, "the business has ended", func() bool { return h.show("p", "MainPID") == "0" })
	h.shows("p", "ActiveState", "active", "SubState", "running")
	h.ok("upgrade", "p")
	h.orphan("p")
	h.ok("start", file)
	h.shows("p", "SubState", "running", "NRestarts", "0")
	kill(t, h.named("sleep")[0].PID, unix.SIGKILL)
	await(t, "it is over", func() bool { return len(h.below()) == 0 })
	h.shows("p", "Result", "success", "ActiveState", "inactive")
	h.nothingLeft("p")
	if got := h.told(); len(got) != 1 || got[0] != "over 0" {
		t.Errorf("told %q", got)
	}
}

// The guardian ends as it is told to, where that matters: in the foreground.
func TestEndActions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lines string
		exits int
		code  int
	}{
		{"FailureAction=exit\nFailureActionExitStatus=42", 7, 42},
		{"FailureAction=exit", 7, 7},
		{"FailureActionExitStatus=42", 7, 7},
		{"SuccessAction=exit-force\nSuccessActionExitStatus=43\nFailureAction=exit\nFailureActionExitStatus=42", 0, 43},
		{"FailureAction=exit\nFailureActionExitStatus=42", 0, 0},
	} {
		h := newHost(t)
		file := h.file("p.service", "[Unit]\n"+tt.lines+"\n[Service]\nExecStart=/bin/sh -c 'exit "+strconv.Itoa(tt.exits)+"'\n", 0o644)
		if r := h.run("run", file); r.code != tt.code {
			t.Errorf("%q, exit code %d: run exits with %d, want %d\n%s", tt.lines, tt.exits, r.code, tt.code, r.stderr)
		}
		h.nothingLeft("p")
	}
}

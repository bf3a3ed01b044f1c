//go:build linux

package e2e

import "testing"

func TestAKilledProgramIsStartedAgain(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--", "sleep", "1000")
	first := h.pid("p", "MainPID")
	h.ok("kill", "-s", "KILL", "p")
	await(t, "another one runs", func() bool { p := h.pid("p", "MainPID"); return p != 0 && p != first })
	h.ok("stop", "p")
}

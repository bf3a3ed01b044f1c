//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// exposed is what a guardian's log says of an upgrade without the shelter.
const exposed = "a signal in the next milliseconds may be lost or end this guardian"

func (h *host) upgradedExposed(because, binary string) {
	h.t.Helper()
	guardian, business := h.pid("p", "GuardianPID"), h.pid("p", "MainPID")
	h.said(h.run("upgrade", "p", "--binary", binary), 0, "p was handed over", "guardian still PID "+strconv.Itoa(guardian))
	h.shows("p", "GuardianPID", strconv.Itoa(guardian), "MainPID", strconv.Itoa(business), "SubState", "running")
	text, _ := os.ReadFile(filepath.Join(h.dir, "log", "p", "guardian.log"))
	if log := string(text); strings.Count(log, exposed) != min(1, len(because)) || !strings.Contains(log, because) {
		h.t.Errorf("the log does not say why there was no shelter, %q:\n%s", because, log)
	}
}

func TestAnUpgradeIsSheltered(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--settle=0", "--", "sleep", "1000")
	h.upgradedExposed("", holdfast)
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// A process has one tracer, and that is the debugger.
func TestAnUpgradeUnderADebugger(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip(err)
	}
	h := newHost(t)
	h.ok("start", "--name", "p", "--settle=0", "--", "sleep", "1000")
	guardian := h.pid("p", "GuardianPID")
	debugger := exec.Command(strace, "-f", "-o", os.DevNull, "-p", strconv.Itoa(guardian))
	if err := debugger.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		debugger.Process.Kill()
		debugger.Wait()
	})
	await(t, "the debugger is attached", func() bool { return statusOf(t, guardian, "TracerPid") == strconv.Itoa(debugger.Process.Pid) })
	h.upgradedExposed("cannot trace process "+strconv.Itoa(guardian)+": ptrace: operation not permitted", holdfast)
	h.ok("stop", "p")
	debugger.Process.Kill()
	h.nothingLeft("p")
}

// A traced process would not get the rights that a file gives.
func TestAnUpgradeToABinaryWithCapabilities(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	text, err := os.ReadFile(holdfast)
	if err != nil {
		t.Fatal(err)
	}
	capable := filepath.Join(h.dir, "capable")
	if err := os.WriteFile(capable, text, 0o755); err != nil {
		t.Fatal(err)
	}
	v2 := make([]byte, 20) // struct vfs_cap_data, with no capability in it
	v2[3] = 2
	if err := unix.Setxattr(capable, "security.capability", v2, 0); err != nil {
		t.Skip(err)
	}
	h.ok("start", "--name", "p", "--settle=0", "--", "sleep", "1000")
	h.upgradedExposed("the new program has more rights", capable)
	h.ok("stop", "p")
	h.nothingLeft("p")
}

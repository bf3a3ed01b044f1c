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

// says has the notifier say something.
func (h *host) says(name string, fields ...string) {
	h.t.Helper()
	h.file("say", strings.Join(fields, "\n"), 0o644)
	kill(h.t, h.pid(name, "MainPID"), unix.SIGUSR1)
}

// isHeard has the notifier say something until the guardian has heard it: what was on its
// way to a guardian that was killed is lost.
func (h *host) isHeard(name, status string) {
	h.t.Helper()
	await(h.t, "the guardian hears "+status, func() bool {
		h.says(name, "STATUS="+status)
		return h.show(name, "StatusText") == status
	})
}

func TestABusinessThatNotifies(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	start := h.start("start", h.unit("p", "Type=notify-reload\nExecStart="+notifier("STATUS=loading")))
	h.awaitShow("p", "StatusText", "loading")
	h.shows("p", "ActiveState", "activating", "SubState", "start", "NotifyAccess", "main")
	h.says("p", "READY=1", "STATUS=serving all of them", "ERRNO=ENOENT", "EXIT_STATUS=7")
	h.said(start.result(), 0, "p is running: PID ")
	h.shows("p", "SubState", "running", "StatusText", "serving all of them", "StatusErrno", "2")
	h.fails(0, []string{`Status: "serving all of them"`, "Error: 2 (no such file or directory)"}, "status", "p")
	if socket := variables(environOf(t, h.pid("p", "MainPID")), "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"); len(socket) != 1 {
		t.Errorf("it was given %q", socket)
	}
	if r := h.ok("reload", "p"); r != "p was reloaded\n" {
		t.Errorf("reload said %q", r)
	}
	h.shows("p", "SubState", "running", "StatusText", "reloaded")

	h.says("p", "RELOADING=1")
	h.awaitShow("p", "SubState", "reload-notify")
	h.says("p", "READY=1")
	h.awaitShow("p", "SubState", "running")
	h.says("p", "STOPPING=1")
	h.awaitShow("p", "SubState", "stop-sigterm")
	h.ok("kill", "-s", "KILL", "p")
	await(t, "the guardian is gone", func() bool { return len(h.below()) == 0 })
	h.shows("p", "ActiveState", "failed", "Result", "signal")
	h.nothingLeft("p")
}

// As that of Type=forking does: Debian's redis-server is such a service.
func TestABusinessThatNotifiesHasAPIDFileOfItsOwn(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	file := filepath.Join(h.dir, "made", "p.pid")
	h.ok("start", h.unit("p", "Type=notify\nPIDFile="+file+"\nExecStart=/bin/sh -c 'mkdir made; echo $$$$ >made/p.pid; exec "+notifier("READY=1")+"'"))
	if text, err := os.ReadFile(file); err != nil || strings.TrimSpace(string(text)) != h.show("p", "MainPID") {
		t.Errorf("%q, %v, and MainPID=%s", text, err, h.show("p", "MainPID"))
	}
	h.ok("stop", "p")
	if _, err := os.Lstat(file); !os.IsNotExist(err) {
		t.Errorf("after the end: %v", err)
	}
	h.nothingLeft("p")
}

func TestWhoMayNotify(t *testing.T) {
	t.Parallel()
	tests := []struct {
		access, timeout string
		code            int
		says            string
	}{
		{"all", "1h", 0, "p is running"},
		{"main", "2s", 1, "the start took too long"},
	}
	for _, tt := range tests {
		t.Run(tt.access, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			file := h.unit("p", "Type=notify\nTimeoutStartSec="+tt.timeout+"\nNotifyAccess="+tt.access+
				"\nExecStart=/bin/sh -c '"+notifier("READY=1")+" & exec sleep 1000'")
			h.fails(tt.code, []string{tt.says}, "start", file)
			h.run("stop", "p")
			h.nothingLeft("p")
		})
	}
}

// watched is a service that must say WATCHDOG=1 all the time. The interval is long enough
// for a busy machine.
func (h *host) watched(lines string) string {
	return h.unit("p", "Type=notify\nWatchdogSec=3s\nRestartSec=0\nExecStart="+notifier("READY=1")+"\n"+lines)
}

// freezes stops the business, and waits until it is killed for that.
func (h *host) freezes() (business int) {
	h.t.Helper()
	business = h.pid("p", "MainPID")
	kill(h.t, business, unix.SIGSTOP)
	await(h.t, "it is killed", func() bool { return !alive(business) })
	return business
}

// isReplaced freezes the business, which then must be restarted.
func (h *host) isReplaced(restarts int) {
	h.t.Helper()
	h.shows("p", "NRestarts", strconv.Itoa(restarts), "SubState", "running")
	business := h.freezes()
	await(h.t, "another one runs", func() bool { pid := h.pid("p", "MainPID"); return pid != 0 && pid != business })
	h.shows("p", "NRestarts", strconv.Itoa(restarts+1), "Result", "success")
	runs := h.runs("p")
	if last := runs[len(runs)-2]; last.PID != business || last.Result != "watchdog" || last.Exit.Signal != unix.SIGABRT {
		h.t.Errorf("the run: %+v, %v", last, last.Exit)
	}
}

func TestAFrozenBusinessIsKilled(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", h.watched("Restart=no"))
	business := h.pid("p", "MainPID")
	watch := variables(environOf(t, business), "WATCHDOG_USEC", "WATCHDOG_PID")
	if want := []string{"WATCHDOG_USEC=3000000", fmt.Sprintf("WATCHDOG_PID=%d", business)}; !slices.Equal(watch, want) {
		t.Errorf("it was given %q, want %q", watch, want)
	}
	h.freezes()
	await(t, "the guardian is gone", func() bool { return len(h.below()) == 0 })
	h.shows("p", "ActiveState", "failed", "Result", "watchdog", "NRestarts", "0", "ExecMainStatus", strconv.Itoa(int(unix.SIGABRT)))
	h.fails(3, []string{"nothing was heard of it for 3 s", "SIGABRT"}, "status", "p")
	h.nothingLeft("p")
}

func TestAFrozenBusinessIsRestarted(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", h.watched("Restart=on-watchdog"))
	for restarts := range 2 {
		h.isReplaced(restarts)
		h.awaitShow("p", "SubState", "running")
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// What the business says while the guardian changes is heard by one or the other, in
// order, and it must go on with its signs of life.
func TestNotifyingAcrossAHandover(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := twoBuilds(t)
	if r := h.by(a, "start", "--no-block", h.watched("Restart=on-watchdog\nExecStart=\nExecStart="+notifier("STATUS=loading"))); r.code != 0 {
		t.Fatalf("start: %+v", r)
	}
	h.awaitShow("p", "StatusText", "loading")
	h.ok("upgrade", "p", "--binary", b)
	h.shows("p", "SubState", "start", "StatusText", "loading", "GuardianVersion", "b")
	h.says("p", "READY=1")
	h.awaitShow("p", "SubState", "running")

	business := h.pid("p", "MainPID")
	for i := range 6 {
		upgrade := h.start("upgrade", "p", "--binary", []string{a, b}[i%2])
		h.says("p", fmt.Sprintf("STATUS=word %d", i))
		h.said(upgrade.result(), 0)
		h.awaitShow("p", "StatusText", fmt.Sprintf("word %d", i))
	}
	h.shows("p", "MainPID", strconv.Itoa(business))

	h.says("p", "RELOADING=1")
	h.awaitShow("p", "SubState", "reload-notify")
	h.ok("upgrade", "p", "--binary", a)
	h.says("p", "READY=1")
	h.awaitShow("p", "SubState", "running")
	h.shows("p", "StatusText", "word 5", "GuardianVersion", "a")
	h.isReplaced(0)
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// A guardian that adopts is heard from the same address, and waits for what the one before
// has waited for.
func TestNotifyingAfterAnAdoption(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	file := h.watched("Restart=on-watchdog\nTimeoutStartSec=1h\nExecStart=\nExecStart=" + notifier("STATUS=loading"))
	h.ok("start", "--no-block", file)
	h.awaitShow("p", "StatusText", "loading")
	_, business := h.orphan("p")
	start := h.start("start", file)
	await(t, "there is another guardian", func() bool { return h.show("p", "GuardianState") == "present" })
	h.shows("p", "SubState", "start", "StatusText", "loading", "MainPID", strconv.Itoa(business))
	h.isHeard("p", "nearly there")
	h.says("p", "READY=1")
	h.said(start.result(), 0, "p was adopted")
	h.shows("p", "SubState", "running", "MainPID", strconv.Itoa(business))

	h.orphan("p")
	h.says("p", "STATUS=nobody hears") // and is none the worse for it
	h.ok("start", "p")
	h.shows("p", "StatusText", "nearly there", "MainPID", strconv.Itoa(business))
	h.isHeard("p", "at work")
	h.isReplaced(0)
	h.awaitShow("p", "StatusText", "loading")
	h.ok("upgrade", "p")
	h.isHeard("p", "handed over")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// By MAINPID= another process becomes the business, for all that is asked or decided.
func TestABusinessNamesAnother(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", h.unit("p", "Type=notify\nRestart=always\nRestartSec=0\nExecStart="+forkingNotifier("READY=1")))
	first := h.pid("p", "MainPID")
	if name, _ := os.Readlink(filepath.Join("/proc", strconv.Itoa(first), "exe")); name != os.Args[0] || !alive(first) {
		t.Errorf("the business is %q", name)
	}
	h.ok("upgrade", "p")
	h.isHeard("p", "handed over")
	h.shows("p", "MainPID", strconv.Itoa(first), "NRestarts", "0")
	h.orphan("p")
	h.ok("start", "p")
	h.shows("p", "MainPID", strconv.Itoa(first), "NRestarts", "0")
	h.isHeard("p", "adopted")
	kill(t, first, unix.SIGKILL)
	await(t, "another one runs", func() bool { return h.show("p", "NRestarts") == "1" && h.show("p", "SubState") == "running" })
	if second := h.pid("p", "MainPID"); second == first || !alive(second) {
		t.Errorf("the business is %d, and was %d", second, first)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"holdfast/internal/notify"
)

// A manager is who has started holdfast and wants to hear of it.
type manager struct {
	t      *testing.T
	socket *notify.Listener
}

func newManager(t *testing.T, dir string) *manager {
	t.Helper()
	socket, err := notify.Listen(filepath.Join(dir, "manager"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return &manager{t, socket}
}

// hears waits for a message that fits, and returns it with who has sent it.
func (m *manager) hears(what string, fits func(notify.Message) bool) notify.Datagram {
	m.t.Helper()
	var found notify.Datagram
	await(m.t, "the manager hears "+what, func() bool {
		for {
			d, ok := m.socket.Receive()
			if !ok {
				return false
			}
			if d.Err != nil || len(d.Warnings) > 0 {
				m.t.Fatalf("%v %q", d.Err, d.Warnings)
			}
			if fits(d.Message) {
				found = d
				return true
			}
		}
	})
	return found
}

func (m *manager) hearsStatus(text string) {
	m.t.Helper()
	m.hears("STATUS="+text, func(m notify.Message) bool { return m.Status != nil && strings.Contains(*m.Status, text) })
}

func isReady(m notify.Message) bool { return m.Ready && !m.Reloading }

func TestRunTellsItsManager(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	m := newManager(t, h.dir)
	env := append(h.env, "NOTIFY_SOCKET="+m.socket.Address(), "WATCHDOG_USEC=40000")
	p := h.launch(Spec{Env: env, Args: []string{holdfast, "run", "--name", "p", "--", "env", "--ignore-signal=HUP", "sleep", "1000"}})
	if d := m.hears("READY=1", isReady); d.PID != p.pid {
		t.Errorf("READY=1 is from PID %d, want the guardian, %d", d.PID, p.pid)
	}
	first := h.pid("p", "MainPID")
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		if found := variables(environOf(t, first), name); found != nil {
			t.Errorf("the business has %s", found)
		}
	}
	for range 3 {
		m.hears("WATCHDOG=1", func(m notify.Message) bool { return m.Watchdog == notify.Ping })
	}
	kill(t, p.pid, unix.SIGHUP)
	m.hears("the reload", func(m notify.Message) bool { return m.Ready && m.Reloading && m.Monotonic > 0 })

	kill(t, first, unix.SIGKILL)
	m.hearsStatus("restarting in")
	await(t, "another one runs", func() bool { pid := h.pid("p", "MainPID"); return pid != 0 && pid != first })
	m.hearsStatus("running, PID " + strconv.Itoa(h.pid("p", "MainPID")))

	h.ok("upgrade", "p") // the same process goes on telling
	if d := m.hears("READY=1", isReady); d.PID != p.pid {
		t.Errorf("READY=1 is from PID %d, want the guardian, %d", d.PID, p.pid)
	}
	m.hears("WATCHDOG=1", func(m notify.Message) bool { return m.Watchdog == notify.Ping })

	kill(t, p.pid, unix.SIGTERM)
	m.hears("STOPPING=1", func(m notify.Message) bool { return m.Stopping })
	p.wait()
	h.nothingLeft("p")
}

func TestRunIsNeverReadyIfItsProgramIsNot(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	m := newManager(t, h.dir)
	p := h.launch(Spec{Env: append(h.env, "NOTIFY_SOCKET="+m.socket.Address()), Args: []string{holdfast, "run", "--name", "p", "--", "false"}})
	h.said(p.result(), 1)
	ready := false
	m.hears("STOPPING=1", func(m notify.Message) bool { ready = ready || m.Ready; return m.Stopping })
	if ready {
		t.Error("it said that it is ready")
	}
	h.nothingLeft("p")
}

// A guardian that detached itself is not the process that the manager has started.
func TestStartTellsNobody(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	m := newManager(t, h.dir)
	h.env = append(h.env, "NOTIFY_SOCKET="+m.socket.Address(), "WATCHDOG_USEC=1000")
	h.ok("start", "--name", "p", "--", "sleep", "1000")
	h.ok("upgrade", "p")
	h.ok("stop", "p")
	if d, heard := m.socket.Receive(); heard {
		t.Errorf("the manager heard %+v", d)
	}
	h.nothingLeft("p")
}

//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// daemonizes is a command line of a program that puts itself into the background in the
// script's own way, and writes its PID to ./daemon.pid. $1 is a process that never ends.
func daemonizes(script string) string {
	return `/bin/sh -c '` + strings.ReplaceAll(script, "$", "$$") + `' sh "exec /bin/sleep 1000"`
}

const (
	atOnce = `setsid sh -c "$1" & echo $! >daemon.pid`
	late   = `setsid sh -c "echo begun >>told; while [ ! -e go ]; do sleep 0.01; done; echo \$\$ >daemon.pid; $1" & :`
)

// daemon is the PID in that file.
func (h *host) daemon() int {
	text, _ := os.ReadFile(filepath.Join(h.dir, "daemon.pid"))
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

func (h *host) forking(script string, more ...string) string {
	h.t.Helper()
	return h.unit("p", "Type=forking\nPIDFile="+filepath.Join(h.dir, "daemon.pid")+"\nExecStart="+daemonizes(script)+"\n"+strings.Join(more, "\n"))
}

func TestForking(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", h.forking(atOnce, "Restart=on-failure", "ExecStopPost="+tell("$$PIDFILE $$EXIT_CODE $$EXIT_STATUS")))
	first := h.daemon()
	h.shows("p", "MainPID", strconv.Itoa(first), "PIDFile", filepath.Join(h.dir, "daemon.pid"), "GuardianPIDFile", h.runtime("p", "pid"),
		"SubState", "running", "ControlPID", "0")
	if guardian, _ := os.ReadFile(h.runtime("p", "pid")); strings.TrimSpace(string(guardian)) != h.show("p", "GuardianPID") {
		t.Errorf("the guardian's own PID file says %q", guardian)
	}
	kill(t, first, unix.SIGKILL)
	await(t, "another one runs", func() bool { return h.show("p", "NRestarts") == "1" && h.show("p", "SubState") == "running" })
	h.shows("p", "MainPID", strconv.Itoa(h.daemon()), "Result", "success")
	h.fails(0, []string{"code=killed, signal=KILL"}, "status", "p")
	h.ok("stop", "p")
	h.nothingLeft("p")
	if h.daemon() != 0 {
		t.Error("the PID file of the business is left")
	}
	file := filepath.Join(h.dir, "daemon.pid")
	if got, want := strings.Join(h.told(), "|"), fmt.Sprintf("%s killed KILL|%[1]s killed TERM", file); got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestForkingStartsThatFail(t *testing.T) {
	t.Parallel()
	foreign := `sleep 1000 & echo $$ >daemon.pid; exec sleep 0` // by then it is nobody, or somebody else
	tests := []struct {
		name, script string
		more         []string
		says         []string
		show         []string
	}{
		{"the program fails", "echo no config; exit 3", nil, []string{"ExecStart=/bin/sh exited with 3", "no config"}, []string{"Result", "exit-code"}},
		{"it leaves nobody behind", "true", nil, []string{"daemon.pid: no such file"}, []string{"Result", "protocol"}},
		{"it never writes the file", "sleep 1000 &", []string{"TimeoutStartSec=300ms"}, []string{"the start took too long", "daemon.pid: no such file"}, []string{"Result", "timeout"}},
		{"what it writes is nobody", foreign, []string{"TimeoutStartSec=300ms"}, []string{"the start took too long", "there is no process"}, []string{"Result", "timeout"}},
		{"what it writes is garbage", "sleep 1000 & echo me >daemon.pid", []string{"TimeoutStartSec=300ms"}, []string{"the start took too long", `"me"`}, []string{"Result", "timeout"}},
		{"it never ends", "sleep 1000", []string{"TimeoutStartSec=300ms"}, []string{"the start took too long"}, []string{"Result", "timeout"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.fails(1, tt.says, "start", h.forking(tt.script, tt.more...))
			await(t, "the guardian is gone", func() bool { return len(h.below()) == 0 })
			h.nothingLeft("p")
			h.shows("p", append(tt.show, "ActiveState", "failed")...)
		})
	}
}

// The PID file may come when the program that was started has long ended, and a guardian
// may hand over or be killed while it is waited for.
func TestForkingPIDFileComesLate(t *testing.T) {
	t.Parallel()
	for _, meanwhile := range []string{"nothing", "handover", "adoption", "stop"} {
		t.Run(meanwhile, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			file := h.forking(late)
			h.ok("start", "--no-block", file)
			await(t, "the file is waited for", func() bool {
				return len(h.told()) == 1 && h.show("p", "SubState") == "start" && h.show("p", "ControlPID") == "0"
			})
			switch meanwhile {
			case "handover":
				h.ok("upgrade", "p")
			case "adoption":
				h.orphan("p")
				h.ok("start", "--no-block", file)
				await(t, "there is another guardian", func() bool { return h.show("p", "GuardianState") == "present" })
			case "stop":
				h.ok("stop", "p")
				h.nothingLeft("p")
				h.shows("p", "Result", "success")
				return
			}
			h.file("go", "", 0o644)
			h.ok("start", file)
			h.shows("p", "MainPID", strconv.Itoa(h.daemon()), "NRestarts", "0")
			if got := h.told(); len(got) != 1 {
				t.Errorf("it was started %d times", len(got))
			}
			h.ok("stop", "p")
			h.nothingLeft("p")
		})
	}
}

// Without a PID file the only one that is left is the business.
func TestForkingWithoutAPIDFile(t *testing.T) {
	t.Parallel()
	t.Run("guessed", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		h.ok("start", h.unit("p", "Type=forking\nExecStart="+daemonizes(`setsid sh -c "$1" & echo $! >daemon.pid`)))
		h.shows("p", "MainPID", strconv.Itoa(h.daemon()))
		kill(t, h.daemon(), unix.SIGTERM)
		await(t, "it is over", func() bool { return len(h.below()) == 0 })
		h.nothingLeft("p")
		h.shows("p", "Result", "success", "ExecMainStatus", "15")
	})
	for _, tt := range []struct{ name, script, guess string }{
		{"there are two", "sleep 1000 & sleep 1001 & :", "yes"},
		{"it is not to be guessed", "sleep 1000 & :", "no"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.fails(0, []string{"which of its processes is the main one is not known"}, "start",
				h.unit("p", "Type=forking\nGuessMainPID="+tt.guess+"\nRestart=always\nExecStart="+daemonizes(tt.script)))
			h.shows("p", "MainPID", "0", "SubState", "running")
			h.orphan("p")
			h.ok("start", filepath.Join(h.dir, "p.service"))
			h.shows("p", "MainPID", "0", "SubState", "running", "NRestarts", "0")
			for _, p := range h.named("sleep") {
				kill(t, p.PID, unix.SIGKILL)
			}
			await(t, "they are back", func() bool { return h.show("p", "NRestarts") == "1" && h.show("p", "SubState") == "running" })
			h.ok("stop", "p")
			h.nothingLeft("p")
		})
	}
}

// A PID file may name a process that is none of the service's where nobody else could have
// written it. Then that one is the business, whoever its parent is.
func TestForkingForeignProcess(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("it takes root to be trusted")
	}
	dir, err := os.MkdirTemp("/run", "holdfast-test-") // /tmp is anybody's
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, owner := range []int{0, 65534} {
		t.Run(strconv.Itoa(owner), func(t *testing.T) {
			h := newHost(t)
			other := h.launch(Spec{Args: []string{"/bin/sh", "-c", "exec sleep 1000"}})
			await(t, "it runs", func() bool { return len(h.named("sleep")) == 1 })
			pid := h.named("sleep")[0].PID
			os.Chown(dir, owner, -1)
			file := h.unit("p", fmt.Sprintf("Type=forking\nPIDFile=%s/pid\nTimeoutStartSec=300ms\nExecStart=/bin/sh -c 'echo %d >%[1]s/pid; sleep 1001 &'", dir, pid))
			if owner != 0 {
				h.fails(1, []string{"others could have written the file"}, "start", file)
				kill(t, pid, unix.SIGKILL)
				other.result()
				return
			}
			h.ok("start", file)
			h.shows("p", "MainPID", strconv.Itoa(pid))
			h.ok("upgrade", "p")
			h.orphan("p")
			h.ok("start", file)
			h.shows("p", "MainPID", strconv.Itoa(pid), "NRestarts", "0")
			h.ok("stop", "p")
			if r := other.result(); r.code != -1 {
				t.Errorf("the process has ended with %d", r.code)
			}
			h.nothingLeft("p")
			h.shows("p", "ExecMainStatus", "15")
		})
	}
}

// A business of Type=forking outlives its guardian as any other does, and how it ends is
// known all the same.
func TestForkingIsAdopted(t *testing.T) {
	t.Parallel()
	for _, meanwhile := range []bool{false, true} {
		t.Run(fmt.Sprintf("ends meanwhile: %v", meanwhile), func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			file := h.forking(`setsid sh -c "while [ ! -e end ]; do sleep 0.01; done; exit 7" & echo $! >daemon.pid`, "RestartPreventExitStatus=7", "Restart=always")
			h.ok("start", file)
			main := h.daemon()
			h.ok("upgrade", "p")
			h.shows("p", "MainPID", strconv.Itoa(main))
			h.orphan("p")
			if meanwhile {
				h.file("end", "", 0o644)
				await(t, "it has ended", func() bool { return !alive(main) })
				h.run("start", file)
			} else {
				h.ok("start", file)
				h.shows("p", "MainPID", strconv.Itoa(main), "NRestarts", "0")
				h.file("end", "", 0o644)
			}
			await(t, "all is over", func() bool { return len(h.below()) == 0 })
			h.shows("p", "ExecMainStatus", "7", "Result", "exit-code", "NRestarts", "0")
			h.nothingLeft("p")
		})
	}
}

// By the name of a service systemd's own unit may be found, which is for starting holdfast.
func TestAUnitThatStartsHoldfastIsRefused(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for _, verb := range []string{"start", "run"} {
		file := h.unit("p", "Type=forking\nPIDFile=/run/p.pid\nExecStart="+holdfast+" "+verb+" p")
		h.fails(2, []string{"p.service:6: ExecStart=", "this starts holdfast itself"}, "start", file)
	}
	h.nothingLeft("p")
}

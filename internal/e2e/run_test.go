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

func TestRunEndsAsTheProgramDid(t *testing.T) {
	t.Parallel()
	tests := []struct {
		script string
		code   int
		signal unix.Signal
	}{
		{"exit 0", 0, 0},
		{"exit 7", 7, 0},
		{"exit 255", 255, 0},
		{"kill -TERM $$", 0, unix.SIGTERM},
		{"kill -KILL $$", 0, unix.SIGKILL},
		{"kill -SEGV $$", 0, unix.SIGSEGV},
		{"kill -ABRT $$", 0, unix.SIGABRT},
		{"kill -PIPE $$", 0, unix.SIGPIPE},
	}
	for _, tt := range tests {
		t.Run(tt.script, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			p := h.start("run", "--name", "p", "--restart=no", "--", "sh", "-c", "echo out; echo err >&2; "+tt.script)
			status := p.wait()
			r := p.result()
			if tt.signal == 0 && status.ExitStatus() != tt.code || tt.signal != 0 && (!status.Signaled() || status.Signal() != tt.signal) {
				t.Errorf("it ended with status %#x\n%s", status, r.stderr)
			}
			if status.CoreDump() {
				t.Error("a core of the guardian was dumped")
			}
			if r.stdout != "out\nerr\n" {
				t.Errorf("stdout %q", r.stdout)
			}
			if want := "not restarting: "; !strings.Contains(r.stderr, want) {
				t.Errorf("stderr %q, want %q in it", r.stderr, want)
			}
			h.nothingLeft("p")
		})
	}
}

func TestRunStays(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.start("run", "--name", "p", "--", "sleep", "1000")
	await(t, "it is up", func() bool { return h.show("p", "SubState") == "running" })
	h.shows("p", "GuardianPID", strconv.Itoa(p.pid))
	if pid := readPID(t, h.runtime("p", "pid")); pid != p.pid {
		t.Errorf("the PID file names %d, want %d", pid, p.pid)
	}
	first := h.pid("p", "MainPID")
	kill(t, first, unix.SIGKILL)
	await(t, "another one runs", func() bool { pid := h.pid("p", "MainPID"); return pid != 0 && pid != first })
	h.fails(0, []string{"p is already running"}, "start", "p")
	h.ok("stop", "p")
	if status := p.wait(); !status.Signaled() || status.Signal() != unix.SIGTERM {
		t.Errorf("after a stop it ended with status %#x, want killed by SIGTERM, as the business", status)
	}
	h.nothingLeft("p")
}

func TestRunUnderATerminal(t *testing.T) {
	t.Parallel()
	for _, way := range []struct {
		name string
		end  func(master *os.File)
	}{
		{"Ctrl+C", func(master *os.File) { master.Write([]byte{3}) }},
		{"hang-up", func(master *os.File) { master.Close() }},
	} {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			told := filepath.Join(h.dir, "told")
			h.env = append(h.env, "TOLD="+told)
			master, slave := terminal(t)
			p := h.launch(Spec{
				Args: []string{holdfast, "run", "--name", "p", "--", "sh", "-c",
					`trap 'echo INT >> "$TOLD"' INT; trap 'echo HUP >> "$TOLD"' HUP; trap 'echo TERM >> "$TOLD"; exit 3' TERM
					echo up >> "$TOLD"; while :; do sleep 0.01; done`},
				Stdin: slave, Stdout: slave, Stderr: slave, Terminal: true,
			})
			await(t, "it is up", func() bool { return len(lines(told)) == 1 })
			business := h.pid("p", "MainPID")
			if s := statOf(t, business); s.pgid != business {
				t.Errorf("the business is in the terminal's foreground: %+v", s)
			}
			way.end(master)
			if status := p.wait(); status.ExitStatus() != 3 {
				t.Errorf("it ended with status %#x, want exit code 3, as the business", status)
			}
			if got := fmt.Sprint(lines(told)); got != "[up TERM]" {
				t.Errorf("the business was told %s, want the stop's SIGTERM only", got)
			}
			h.nothingLeft("p")
		})
	}
}

func TestRunAsProcess1(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, script string
		code         int
	}{
		// It looks for zombies itself, and would hang if they stayed.
		{"2,000 orphans", orphans + `while grep -lq '^State:.Z' /proc/[0-9]*/status 2>/dev/null; do sleep 0.01; done; exit 7`, 7},
		{"SIGKILL", "kill -KILL $$", 128 + 9},
		{"SIGSEGV", "kill -SEGV $$", 128 + 11},
		{"success", "exit 0", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			inNamespace(t, h)
			r := h.launch(Spec{Args: []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
				holdfast, "run", "--name", "p", "--restart=no", "--settle=0", "--", "sh", "-c", tt.script}}).result()
			h.said(r, tt.code)
			h.nothingLeft("p")
		})
	}
	t.Run("SIGTERM stops it", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		inNamespace(t, h)
		p := h.launch(Spec{Args: []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
			holdfast, "run", "--name", "p", "--settle=0", "--", "sleep", "1000"}})
		first := 0
		await(t, "it is up", func() bool { first = h.find("sleep", "1000"); return first != 0 })
		guardian := statOf(t, first).ppid
		kill(t, first, unix.SIGKILL)
		await(t, "another one runs", func() bool { next := h.find("sleep", "1000"); return next != 0 && next != first })
		kill(t, guardian, unix.SIGTERM)
		h.said(p.result(), 128+15)
		h.nothingLeft("p")
	})
}

//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAFailedStartLeavesNothing(t *testing.T) {
	t.Parallel()
	nowhere := func(t *testing.T, h *host) string {
		if os.Geteuid() != 0 {
			t.Skip("only root can start a program as another user")
		}
		dir := filepath.Join(h.dir, "closed")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	tests := []struct {
		name   string
		args   func(t *testing.T, h *host) []string
		code   int
		says   []string
		status string // ExecMainStatus; "" when nothing was guarded
	}{
		{"a program that dies of a wrong flag",
			func(*testing.T, *host) []string {
				return []string{"--", "sh", "-c", "echo one; echo no such flag >&2; exit 7"}
			},
			1, []string{"p failed to start (Result=exit-code)", "exited with 7", "\n    one\n", "\n    no such flag"}, "7"},
		{"one that is killed at once",
			func(*testing.T, *host) []string { return []string{"--", "sh", "-c", "kill -SEGV $$"} },
			1, []string{"p failed to start (Result=", "SIGSEGV"}, "11"},
		{"one that leaves children behind",
			func(*testing.T, *host) []string {
				return []string{"--", "sh", "-c", "setsid sleep 1000 & (sleep 1000 &); exit 1"}
			},
			1, []string{"exited with 1"}, "1"},
		{"a script without its interpreter",
			func(_ *testing.T, h *host) []string {
				return []string{"--", h.file("script", "#!/no/such/interpreter\n", 0o755)}
			},
			1, []string{"status=203/EXEC", "its interpreter /no/such/interpreter is not"}, "203"},
		{"a file that is no program",
			func(_ *testing.T, h *host) []string { return []string{"--", h.file("text", "hello\n", 0o755)} },
			1, []string{"status=203/EXEC"}, "203"},
		{"a user who may not enter the directory",
			func(t *testing.T, h *host) []string {
				return []string{"--user=nobody", "--chdir=" + nowhere(t, h), "--", "sleep", "1000"}
			},
			1, []string{"status=200/CHDIR", "permission denied"}, "200"},
		{"a PID file in a directory that cannot be written",
			func(t *testing.T, h *host) []string {
				dir := filepath.Join(h.dir, "readonly")
				mount(t, dir, unix.MS_RDONLY, "")
				return []string{"--pidfile", filepath.Join(dir, "pid"), "--", "sleep", "1000"}
			},
			2, []string{"readonly/pid", "read-only file system"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			r := h.run(append([]string{"start", "--name", "p", "--settle=1min"}, tt.args(t, h)...)...)
			h.nothingLeft("p")
			h.said(r, tt.code, tt.says...)
			if r.stdout != "" || !strings.HasPrefix(r.stderr, "holdfast: ") {
				t.Errorf("stdout %q, stderr %q", r.stdout, r.stderr)
			}
			if tt.status != "" {
				h.shows("p", "ActiveState", "failed", "ExecMainStatus", tt.status, "MainPID", "0", "GuardianPID", "0", "NRestarts", "0")
			}
			h.ok("start", "--name", "p", "--", "sleep", "1000") // the way is free
			h.ok("stop", "p")
		})
	}
}

// mount puts a tmpfs at path until the test ends.
func mount(t *testing.T, path string, flags uintptr, options string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", path, "tmpfs", flags, options); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			t.Errorf("umount %s: %v", path, err)
		}
	})
}

// A start under way can end in more ways than its own. Whichever it is, and whatever
// the program thinks of signals, nothing is left.
func TestAnInterruptedStartLeavesNothing(t *testing.T) {
	t.Parallel()
	programs := []struct{ name, script string }{
		{"an obedient program", "echo up; exec sleep 1000"},
		{"a stubborn program", `trap "" TERM INT HUP; (trap "" TERM; setsid sleep 1000) & echo up; while :; do sleep 1000; done`},
	}
	ways := []struct {
		name   string
		end    func(t *testing.T, launcher *process, guardian int)
		code   int
		says   string
		orphan bool // the guardian cannot clean up any more
	}{
		{"Ctrl+C", func(t *testing.T, p *process, _ int) { kill(t, p.pid, unix.SIGINT) }, 1, "the start was interrupted; nothing is left running", false},
		{"SIGTERM", func(t *testing.T, p *process, _ int) { kill(t, p.pid, unix.SIGTERM) }, 1, "the start was interrupted; nothing is left running", false},
		{"the terminal is closed", func(t *testing.T, p *process, _ int) { kill(t, p.pid, unix.SIGHUP) }, 1, "the start was interrupted; nothing is left running", false},
		{"kill -9 of the launcher", func(t *testing.T, p *process, _ int) { kill(t, p.pid, unix.SIGKILL) }, -1, "", false},
		{"kill -9 of the guardian", func(t *testing.T, _ *process, g int) { kill(t, g, unix.SIGKILL) }, 1, "p was not started: the guardian", true},
		{"stop", func(t *testing.T, p *process, _ int) { p.h.ok("stop", "p") }, 1, "the start was cancelled by a stop", false},
	}
	for _, program := range programs {
		for _, way := range ways {
			t.Run(program.name+", "+way.name, func(t *testing.T) {
				t.Parallel()
				h := newHost(t)
				p := h.start("start", "--name", "p", "--settle=10min", "-p", "TimeoutStopSec=200ms", "--", "sh", "-c", program.script)
				log := filepath.Join(h.dir, "log", "p", "output.log")
				await(t, "the program is up", func() bool { return len(lines(log)) > 0 })
				guardian := readPID(t, h.runtime("p", "pid"))
				way.end(t, p, guardian)
				h.said(p.result(), way.code, way.says)
				if way.code == -1 { // nobody waited for the end
					await(t, "the guardian has ended", func() bool { return h.init.ended(guardian).Known })
				}
				h.nothingLeft("p")
				h.ok("start", "--name", "p", "--", "sleep", "1000")
				h.ok("stop", "p")
			})
		}
	}
}

// The same at any earlier moment.
func TestAStartInterruptedAtAnyMoment(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for _, signal := range []unix.Signal{unix.SIGINT, unix.SIGKILL} {
		for delay := range 30 {
			p := h.start("start", "--name", "p", "--settle=1ms", "--", "sleep", "1000")
			moment := unix.NsecToTimespec(int64(delay) * 1e6)
			unix.Nanosleep(&moment, nil) // any will do
			unix.Kill(p.pid, signal)     // if it is not over already
			r := p.result()
			if r.code == 0 || r.code == -1 && h.run("is-active", "p").code == 0 {
				h.ok("stop", "p")
			}
			await(t, "nothing is left", func() bool { return len(h.below()) == 0 })
			h.nothingLeft("p")
		}
	}
}

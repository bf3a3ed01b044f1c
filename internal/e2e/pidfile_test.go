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

func TestPIDFileElsewhere(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, content string }{ // of the file that is there before; "-": none
		{"none", "-"},
		{"empty", ""},
		{"garbage", "not a number\n"},
		{"zero", "0\n"},
		{"stale", "2147483646\n"},
		{"negative", "-1\n"},
		{"of another form", "  2147483646 and more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			path := filepath.Join(h.dir, "web.pid")
			if tt.content != "-" {
				h.file("web.pid", tt.content, 0o600)
			}
			h.ok("start", "--name", "p", "--pidfile", path, "--", "sleep", "1000")
			guardian := readPID(t, path)
			h.shows("p", "GuardianPID", strconv.Itoa(guardian), "PIDFile", path)
			info, err := os.Lstat(path)
			if err != nil || info.Mode() != 0o644 {
				t.Errorf("%v, %v; want mode 0644, which everybody can read", info.Mode(), err)
			}
			if _, err := os.Lstat(h.runtime("p", "pid")); err == nil {
				t.Error("a second PID file stands in the runtime directory")
			}
			h.ok("stop", "p")
			if _, err := os.Lstat(path); err == nil {
				t.Error("the PID file is left")
			}
			if left, _ := filepath.Glob(filepath.Join(h.dir, ".web.pid*")); len(left) > 0 {
				t.Errorf("left beside it: %v", left)
			}
			h.nothingLeft("p")
		})
	}
}

func TestPIDFileOfSomebodyElse(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	other := h.launch(Spec{Args: []string{"sleep", "1000"}})
	content := fmt.Sprintf("%d\n", other.pid)
	path := h.file("web.pid", content, 0o644)
	r := h.fails(2, []string{path, fmt.Sprintf("process %d (sleep), which is alive", other.pid)},
		"start", "--name", "p", "--pidfile", path, "--", "sleep", "1000")
	if strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("it said %q, want one sentence", r.stderr)
	}
	if text, _ := os.ReadFile(path); string(text) != content {
		t.Errorf("the file says %q by now", text)
	}
	kill(t, other.pid, unix.SIGKILL)
	other.wait()
	h.ok("start", "--name", "p", "--pidfile", path, "--", "sleep", "1000")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestPIDFileIsNeverWrittenThroughALink(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	target := h.file("precious", "content\n", 0o600)
	path := filepath.Join(h.dir, "web.pid")
	for _, to := range []string{target, filepath.Join(h.dir, "nothing")} {
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
		h.ok("start", "--name", "p", "--pidfile", path, "--", "sleep", "1000")
		h.shows("p", "GuardianPID", strconv.Itoa(readPID(t, path)))
		if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%v, %v", info, err)
		}
		h.ok("stop", "p")
	}
	if text, err := os.ReadFile(target); string(text) != "content\n" {
		t.Errorf("the link's target says %q, %v", text, err)
	}
	if _, err := os.Lstat(filepath.Join(h.dir, "nothing")); err == nil {
		t.Error("the link's target was made")
	}
	for _, path := range []string{"/dev/null", h.dir} {
		h.fails(2, []string{path}, "start", "--name", "p", "--pidfile", path, "--", "sleep", "1000")
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Fatal("/dev/null is no device any more")
	}
	h.nothingLeft("p")
}

func TestPIDFileIsRemovedOnlyWhileItIsOurs(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"1\n", "garbage\n", ""} {
		h := newHost(t)
		path := filepath.Join(h.dir, "web.pid")
		h.ok("start", "--name", "p", "--pidfile", path, "--", "sleep", "1000")
		h.file("web.pid", content, 0o644)
		h.ok("stop", "p")
		if text, err := os.ReadFile(path); err != nil || string(text) != content {
			t.Errorf("after the end it says %q (%v), want %q still", text, err, content)
		}
	}
	h := newHost(t) // and if it is gone, that is as well
	path := filepath.Join(h.dir, "web.pid")
	h.ok("start", "--name", "p", "--pidfile", path, "--", "sleep", "1000")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestPIDFileIsRemovedWhenTheServiceEndsByItself(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"exit 0", "exit 3", "kill -KILL $$"} {
		h := newHost(t)
		path := filepath.Join(h.dir, "web.pid")
		h.ok("start", "--name", "p", "--settle=0", "--restart=no", "--pidfile", path, "--", "sh", "-c", end)
		await(t, "the service has ended", func() bool { return h.show("p", "GuardianPID") == "0" })
		await(t, "the guardian has, too", func() bool { return len(h.below()) == 0 })
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s: the PID file is left", end)
		}
		h.nothingLeft("p")
	}
}

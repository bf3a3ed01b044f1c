//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Prefixes of a command line give a command more rights than the service has.
func TestCommandsWithPrivileges(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root has privileges to give")
	}
	h := newHost(t)
	const look = `/bin/sh -c 'echo %s: $$(id -u) $$(grep -E "NoNewPrivs|CapBnd" /proc/self/status | tr -s "[:space:]" " ")'`
	line := func(directive, prefix string) string {
		return directive + "=" + prefix + fmt.Sprintf(look, strings.TrimSpace(directive+" "+prefix)) + "\n"
	}
	file := h.file("p.service", "[Service]\nType=oneshot\nUser=nobody\nNoNewPrivileges=yes\nCapabilityBoundingSet=CAP_CHOWN\n"+
		line("ExecStartPre", "+")+line("ExecStartPre", "!")+line("ExecStartPre", "")+line("ExecStart", ""), 0o644)
	h.ok("start", file)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Fields(string(regexp.MustCompile(`CapBnd:.*`).Find(status)))[1]
	const chown = "0000000000000001"
	for _, want := range []string{
		"ExecStartPre +: 0 CapBnd: " + all + " NoNewPrivs: 0",
		"ExecStartPre !: 0 CapBnd: " + chown + " NoNewPrivs: 1",
		"ExecStartPre: 65534 CapBnd: " + chown + " NoNewPrivs: 1",
		"ExecStart: 65534 CapBnd: " + chown + " NoNewPrivs: 1",
	} {
		if log := h.ok("logs", "p"); !strings.Contains(log, want+"\n") {
			t.Errorf("no line %q in:\n%s", want, log)
		}
	}
	h.nothingLeft("p")
}

// aRoot is a directory with a shell and what that needs.
func aRoot(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	loader, err := exec.Command("ldd", "/bin/sh").Output()
	if err != nil {
		t.Skip("what /bin/sh needs is not known:", err)
	}
	for _, path := range append(regexp.MustCompile(`/\S+`).FindAllString(string(loader), -1), "/bin/sh") {
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, path), text, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRootDirectory(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can change its root")
	}
	root := aRoot(t)
	if err := os.Mkdir(filepath.Join(root, "srv"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(root, "fifo"), 0o600); err != nil { // to wait at, without a program
		t.Fatal(err)
	}
	h := newHost(t)
	file := h.file("p.service", "[Service]\nRootDirectory="+root+"\nWorkingDirectory=/srv\nStateDirectory=web\n"+
		"ExecStartPre=+/bin/sh -c 'echo >/srv/of-plus'\n"+
		`ExecStart=/bin/sh -c 'echo in $$(pwd), state in $$STATE_DIRECTORY; echo here >/srv/file; read x </fifo'`+"\nRestart=always\n", 0o644)
	h.ok("start", file)
	await(t, "it has written", func() bool { return len(lines(filepath.Join(root, "srv/file"))) == 1 })
	if seen, err := os.Readlink(fmt.Sprintf("/proc/%d/root", h.pid("p", "MainPID"))); err != nil || seen != root {
		t.Errorf("its root is %s, %v; want %s", seen, err, root)
	}
	if log := h.ok("logs", "p"); !strings.Contains(log, "in /srv, state in /var/lib/web\n") {
		t.Errorf("it said %q", log)
	}
	if _, err := os.Stat(filepath.Join(root, "var/lib/web")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(root, "srv/of-plus")); err != nil { // as systemd 252 has it
		t.Error("the command with all privileges has another root:", err)
	}
	business := h.pid("p", "MainPID")
	kill(t, business, 9) // the next one is in there, too
	await(t, "another one runs", func() bool { pid := h.pid("p", "MainPID"); return pid != 0 && pid != business })
	if seen, err := os.Readlink(fmt.Sprintf("/proc/%d/root", h.pid("p", "MainPID"))); err != nil || seen != root {
		t.Errorf("its root is %s, %v; want %s", seen, err, root)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")

	file = h.file("q.service", "[Service]\nType=exec\nRootDirectory=/no/such\nExecStart=/bin/sh\n", 0o644)
	h.fails(1, []string{"CHROOT", "no such file or directory"}, "start", file)
}

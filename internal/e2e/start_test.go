//go:build linux

package e2e

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestStartReturnsWhenThePIDFileIsRight(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for range 10 {
		h.ok("start", "--name", "p", "--settle=0", "--", "sleep", "1000")
		guardian, business := h.daemonized("p")
		h.shows("p", "GuardianPID", strconv.Itoa(guardian), "MainPID", strconv.Itoa(business), "ActiveState", "active", "SubState", "running")
		h.ok("stop", "p")
		h.nothingLeft("p")
	}
}

func TestStartUnderATerminal(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	master, slave := terminal(t)
	p := h.launch(Spec{
		Args:  []string{holdfast, "start", "--name", "p", "--", "sh", "-c", "exec sleep 1000"},
		Stdin: slave, Stdout: slave, Stderr: slave, Terminal: true,
	})
	if status := p.wait(); status.ExitStatus() != 0 {
		t.Fatalf("start: %v", status)
	}
	guardian, business := h.daemonized("p")
	for _, pid := range []int{guardian, business} {
		for fd, file := range filesOf(t, pid) {
			if strings.HasPrefix(file, "/dev/pts/") || file == "/dev/tty" {
				t.Errorf("process %d has the terminal open: %d is %s", pid, fd, file)
			}
		}
		if tty := statOf(t, pid).ttyNr; tty != 0 {
			t.Errorf("process %d has terminal %d", pid, tty)
		}
	}
	master.Close() // who hangs up is not heard
	h.shows("p", "MainPID", strconv.Itoa(business), "GuardianPID", strconv.Itoa(guardian), "NRestarts", "0")
	h.ok("stop", "p")
}

// A shell that is process 1 of its PID namespace starts holdfast, as in a container.
func TestStartBelowProcess1(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	inNamespace(t, h)
	p := h.launch(Spec{Args: []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", `
		"$0" start --name p -- sleep 1000 || exit
		guardian=$(cat "$HOLDFAST_RUNTIME_DIR/p/pid")
		cat /proc/$guardian/stat
		set -- /proc/[0-9]*; echo $#
		"$0" stop p`, holdfast}})
	r := p.result()
	out := strings.Split(r.stdout, "\n")
	if r.code != 0 || len(out) < 3 {
		t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if s := parseStat(t, out[1]); s.ppid != 1 || s.ttyNr != 0 || strings.HasPrefix(out[1], fmt.Sprintf("%d ", s.session)) {
		t.Errorf("the guardian: %+v", s)
	}
	if out[2] != "3" {
		t.Errorf("%s processes are there, want shell, guardian and business", out[2])
	}
}

// inNamespace skips the test where PID namespaces cannot be made.
func inNamespace(t *testing.T, h *host) {
	t.Helper()
	p := h.launch(Spec{Args: []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "true"}})
	if r := p.result(); r.code != 0 {
		t.Skipf("no PID namespaces here: %s", r.stderr)
	}
}

func TestOnlyKnownFilesAreOpen(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	leak := h.file("leak", "", 0o600)
	p := h.launch(Spec{Args: []string{holdfast, "start", "--name", "p", "--", "sleep", "1000"}, Leak: leak})
	if r := p.result(); r.code != 0 {
		t.Fatal(r.stderr)
	}
	guardian, business := h.daemonized("p")
	fifo, log := h.runtime("p", "log"), filepath.Join(h.dir, "log", "p", "guardian.log")
	known := []string{
		"/dev/null", "/dev/kmsg", log, h.runtime("p", "lock"), fifo, filepath.Join(h.dir, "log", "p", "output.log"),
		"anon_inode:[eventpoll]", "anon_inode:[eventfd]", "socket:[",
	}
	guardians := filesOf(t, guardian)
	for fd, file := range guardians {
		found := false
		for _, name := range known {
			found = found || file == name || strings.HasSuffix(name, "[") && strings.HasPrefix(file, name)
		}
		if !found {
			t.Errorf("the guardian has %s open as %d", file, fd)
		}
	}
	if guardians[0] != "/dev/null" || guardians[1] != log || guardians[2] != log {
		t.Errorf("the guardian's stdio: %v", guardians)
	}
	await(t, "the handshake is closed", func() bool { // of the sockets it keeps the one it listens on
		sockets := 0
		for _, file := range filesOf(t, guardian) {
			if strings.HasPrefix(file, "socket:[") {
				sockets++
			}
		}
		return sockets == 1
	})
	if got := filesOf(t, business); len(got) != 3 || got[0] != "/dev/null" || got[1] != fifo || got[2] != fifo {
		t.Errorf("the business's files: %v", got)
	}
	h.ok("stop", "p")
}

func TestTheBusinessGetsTheCallersSurroundings(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	notIts := []string{
		"HOLDFAST_DAEMON", "_GO_DAEMON", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
		"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "PIDFILE", "MAINPID",
	}
	for _, name := range notIts {
		h.env = append(h.env, name+"=1")
	}
	h.env = append(h.env, "KEPT=a=b", "EMPTY=")
	dir := filepath.Join(h.dir, "a directory")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	// dash cannot set SIGCHLD; the others are what nohup, shells and cron leave ignored.
	p := h.launch(Spec{Dir: dir, Args: []string{"sh", "-c",
		`trap '' HUP INT QUIT PIPE USR1 TERM; umask 027; exec "$0" start --name p --env ADDED=1 -- sleep 1000`, holdfast}})
	if r := p.result(); r.code != 0 {
		t.Fatal(r.stderr)
	}
	guardian, business := h.daemonized("p")
	environ := environOf(t, business)
	if got := variables(environ, "KEPT", "EMPTY", "ADDED"); len(got) != 3 {
		t.Errorf("kept and added: %q", got)
	}
	for _, got := range variables(environ, notIts...) {
		if strings.HasSuffix(got, "=1") {
			t.Errorf("not meant for the business: %s", got)
		}
	}
	if got, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", business)); err != nil || got != dir {
		t.Errorf("its directory is %s (%v), want %s", got, err, dir)
	}
	if got, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", guardian)); err != nil || got != "/" {
		t.Errorf("the guardian's directory is %s (%v), so it holds a file system busy", got, err)
	}
	if got := statusOf(t, business, "Umask"); got != "0027" {
		t.Errorf("its umask is %s", got)
	}
	s := statOf(t, business)
	if s.pgid != business || s.session != statOf(t, guardian).session {
		t.Errorf("it does not lead a group in the guardian's session: %+v", s)
	}
	for _, set := range []string{"SigIgn", "SigBlk", "SigCgt"} {
		if got := statusOf(t, business, set); strings.Trim(got, "0") != "" {
			t.Errorf("its %s is %s, want none", set, got)
		}
	}
	h.ok("stop", "p")
}

// What the PID file holds goes with whoever reads it meanwhile.
func TestAReaderOfThePIDFileNeverSeesAPart(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	path := filepath.Join(h.dir, "web.pid")
	stop, seen := make(chan struct{}), make(chan string, 1)
	go func() {
		defer close(seen)
		for {
			select {
			case <-stop:
				return
			default:
			}
			file, err := os.Open(path)
			if err != nil {
				continue
			}
			text, _ := io.ReadAll(file)
			file.Close()
			if len(text) < 2 || text[len(text)-1] != '\n' {
				seen <- string(text)
				return
			}
		}
	}()
	for range 5 {
		h.ok("start", "--name", "p", "--settle=0", "--pidfile", path, "--", "sleep", "1000")
		h.ok("stop", "p")
	}
	close(stop)
	if text, partial := <-seen; partial {
		t.Errorf("a reader saw %q", text)
	}
}

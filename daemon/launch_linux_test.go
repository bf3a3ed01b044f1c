package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// started fails the test unless the stage ended with a guardian, and returns its report.
func started(t *testing.T, r result) report {
	t.Helper()
	var found report
	if r.Launcher.Err != "" || !r.Launcher.Reaped {
		t.Fatalf("the launcher (%s) found %+v", r.Exit, r.Launcher)
	}
	if err := json.Unmarshal(r.Launcher.Body, &found); err != nil {
		t.Fatalf("the answer: %v", err)
	}
	if !slices.Equal(r.Survivors, []int{found.PID}) {
		t.Errorf("alive after the launcher's exit: %v, want the guardian %d", r.Survivors, found.PID)
	}
	return found
}

// failed fails the test unless the stage ended with an error that says all of
// says, and with nothing left.
func failed(t *testing.T, s stage, r result, says ...string) {
	t.Helper()
	for _, words := range says {
		if !strings.Contains(r.Launcher.Err, words) {
			t.Errorf("the launcher (%s) says %q, want %q in it", r.Exit, r.Launcher.Err, words)
		}
	}
	if strings.Contains(r.Launcher.Err, "\n") || r.Launcher.Err == "" {
		t.Errorf("the launcher (%s) says %q, want one line", r.Exit, r.Launcher.Err)
	}
	if !r.Launcher.Reaped {
		t.Error("the intermediate was not reaped")
	}
	if len(r.Survivors) > 0 {
		t.Errorf("processes %v survived", r.Survivors)
	}
	if _, err := os.Lstat(s.Options.PIDFile); s.Options.PIDFile != "" && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the PID file: %v", err)
	}
}

func newStage(t *testing.T, act string) stage {
	return stage{
		Options: Options{PIDFile: filepath.Join(t.TempDir(), "pid"), Timeout: eternity, Grace: eternity},
		Play:    play{Act: act},
	}
}

func TestGuardianIsADaemon(t *testing.T) {
	t.Parallel()
	s := newStage(t, "start")
	s.Terminal = terminal(t)
	s.Play.Terminal = s.Terminal
	s.Options.Args = []string{"web", "guardian", "--odd arg"}
	leaked, err := role{Name: intermediateRole, Handshake: 9, Inode: 1}.environ()
	if err != nil {
		t.Fatal(err)
	}
	s.Leaks = []string{"_GO_DAEMON=1", leaked[len(leaked)-1], "DAEMON_TEST_LEAKED=1", "KEPT=a=b"}
	r, leave := s.run(t)
	g := started(t, r)

	if r.Launcher.Terminal == 0 {
		t.Error("the launcher had no terminal, so this test shows nothing")
	}
	if g.Terminal != 0 || g.OpenTerminal == "" || g.AcquireTerminal != unix.EPERM.Error() {
		t.Errorf("terminal %d, /dev/tty: %q, acquiring it: %q", g.Terminal, g.OpenTerminal, g.AcquireTerminal)
	}
	if g.SID == g.PID || g.PGID == g.PID || g.PGID != g.SID {
		t.Errorf("process %d in session %d, group %d, want it to lead neither", g.PID, g.SID, g.PGID)
	}
	if err := unix.Kill(g.SID, 0); err != unix.ESRCH {
		t.Errorf("the session's leader, the intermediate: %v", err)
	}
	if want := fmt.Sprintln(g.PID); r.Launcher.PIDFile != want {
		t.Errorf("when Launch returned the PID file held %q, want %q", r.Launcher.PIDFile, want)
	}
	if g.Dir != "/" || g.Umask != "0027" || !reflect.DeepEqual(g.Args, s.Options.Args) {
		t.Errorf("in %s with umask %s as %q", g.Dir, g.Umask, g.Args)
	}
	for _, entry := range g.Environ {
		if strings.HasPrefix(entry, "_GO_DAEMON") || strings.HasPrefix(entry, roleVariable) {
			t.Errorf("left in the environment: %s", entry)
		}
	}
	if !slices.Contains(g.Environ, "KEPT=a=b") {
		t.Error("the caller's environment is not all there")
	}
	checkDescriptors(t, g)
	leave()
	if err := unix.Kill(g.PID, 0); err != unix.ESRCH {
		t.Errorf("the guardian after the test: %v", err)
	}
}

// checkDescriptors wants /dev/null three times, the two pipes that were named,
// the handshake, and otherwise only the Go runtime's own: its poller, and the
// CPU limit of its cgroup.
func checkDescriptors(t *testing.T, g report) {
	t.Helper()
	pipes, sockets := 0, 0
	for fd, name := range g.Descriptors {
		switch {
		case fd < 3 && name == os.DevNull, strings.HasPrefix(name, "anon_inode:"), strings.HasPrefix(name, "/sys/fs/cgroup/"):
		case strings.HasPrefix(name, "pipe:"):
			pipes++
		case strings.HasPrefix(name, "socket:"):
			sockets++
		default:
			t.Errorf("descriptor %d is %s", fd, name)
		}
	}
	if pipes != 2 || sockets != 1 || g.Descriptors[2] != os.DevNull {
		t.Errorf("descriptors %v", g.Descriptors)
	}
}

func TestParentIsNearestSubreaper(t *testing.T) {
	t.Parallel()
	r, _ := newStage(t, "start").run(t)
	g := started(t, r)
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", g.PPID))
	if err != nil || g.PPID == 1 {
		t.Errorf("the parent is %d: %s, %v", g.PPID, stat, err)
	}
	environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", g.PPID))
	if !strings.Contains(string(environ), `"Process":"keeper"`) {
		t.Errorf("the parent, process %d, is not the keeper", g.PPID)
	}
}

func TestLauncherBelowProcessOne(t *testing.T) {
	t.Parallel()
	s := newStage(t, "start")
	s.Namespace = true
	r, _ := s.run(t)
	if g := started(t, r); g.PPID != 1 || g.SID == g.PID {
		t.Errorf("process %d, parent %d, session %d", g.PID, g.PPID, g.SID)
	}
}

func TestLargePayloadAndAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t, "start")
	s.Options.PIDFile = ""
	s.Filler, s.Play.Answer = 3<<20, 1<<20
	r, _ := s.run(t)
	if g := started(t, r); g.Filler != 3<<20 || len(g.Padding) != 1<<20 {
		t.Errorf("%d bytes arrived, %d came back", g.Filler, len(g.Padding))
	}
}

func TestOutput(t *testing.T) {
	t.Parallel()
	s := newStage(t, "talk")
	s.Options.Output = filepath.Join(t.TempDir(), "output")
	r, _ := s.run(t)
	if r.Launcher.Err != "" {
		t.Fatal(r.Launcher.Err)
	}
	content, err := os.ReadFile(s.Options.Output)
	if string(content) != "a word on stderr\na word on stdout\n" {
		t.Errorf("the output is %q, %v", content, err)
	}
}

func TestOutputCannotBeOpened(t *testing.T) {
	t.Parallel()
	s := newStage(t, "start")
	s.Options.Output = filepath.Join(t.TempDir(), "missing", "output")
	r, _ := s.run(t)
	failed(t, s, r, "cannot open the output", s.Options.Output)
}

func TestPIDFileCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := newStage(t, "start")
	s.Options.PIDFile = filepath.Join(t.TempDir(), "missing", "pid")
	r, _ := s.run(t)
	failed(t, s, r, "PID file "+s.Options.PIDFile, "no such file")
}

func TestGuardianFails(t *testing.T) {
	t.Parallel()
	s := newStage(t, "fail")
	s.Play.Answer = 64 << 10
	r, _ := s.run(t)
	failed(t, s, r, "the guardian failed: xxx")
	if len(r.Launcher.Failed) != 64<<10 || !slices.Equal(r.Events, []string{"cleaned up"}) {
		t.Errorf("%d bytes of answer, events %q", len(r.Launcher.Failed), r.Events)
	}
}

func TestGuardianDies(t *testing.T) {
	t.Parallel()
	s := newStage(t, "die")
	s.Options.Output = filepath.Join(t.TempDir(), "output")
	r, _ := s.run(t)
	failed(t, s, r, "the guardian (process ", "ended before it answered, see "+s.Options.Output)
}

func TestSabotage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, role, what string
		says             []string
	}{
		{"guardian dies at once", guardianRole, "die", []string{"ended before it answered"}},
		{"guardian is killed at once", guardianRole, "kill", []string{"ended before it answered"}},
		{"intermediate dies", intermediateRole, "die", []string{"the intermediate (process", "exit status 7"}},
		{"intermediate is killed", intermediateRole, "kill", []string{"the intermediate (process", "signal: killed"}},
		{"first fork refused", "launcher", "forkless", []string{"cannot fork the intermediate", "resource temporarily unavailable"}},
		{"second fork refused", intermediateRole, "forkless", []string{"cannot fork the guardian", "resource temporarily unavailable"}},
		{"binary gone before the first fork", "launcher", "vanish", []string{"cannot fork the intermediate", "no such file"}},
		{"binary gone before the second fork", intermediateRole, "vanish", []string{"cannot fork the guardian", "no such file"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, "start")
			s.Binary = copied(t)
			s.Sabotage = map[string]string{tt.role: tt.what}
			if tt.what == "forkless" {
				if os.Getuid() != 0 {
					t.Skip("needs root to become nobody")
				}
				s.Nobody = true // root has no limit
				s.Options.PIDFile = ""
			}
			r, _ := s.run(t)
			failed(t, s, r, tt.says...)
		})
	}
}

// The intermediate is killed as soon as there is a guardian: before, while or
// after it writes the PID file, gives leave and exits. All or nothing must come of it.
func TestIntermediateIsKilledNearItsEnd(t *testing.T) {
	t.Parallel()
	for range 10 {
		s := newStage(t, "start")
		s.Sabotage = map[string]string{guardianRole: "orphan"}
		r, leave := s.run(t)
		if r.Launcher.Err == "" {
			started(t, r)
		} else {
			failed(t, s, r, "the intermediate (process", "signal: killed")
		}
		leave()
	}
}

func TestStoppedProcessIsKilled(t *testing.T) {
	t.Parallel()
	for _, role := range []string{intermediateRole, guardianRole} {
		t.Run(role, func(t *testing.T) {
			s := newStage(t, "start")
			s.Sabotage = map[string]string{role: "stop"}
			s.Options.Timeout, s.Options.Grace = 300*time.Millisecond, 100*time.Millisecond
			r, _ := s.run(t)
			failed(t, s, r, "no answer within 300ms")
			if !r.Launcher.TimedOut {
				t.Error("the error is not ErrTimeout")
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	for act, grace := range map[string]time.Duration{"wait": eternity, "ignore": 100 * time.Millisecond} {
		t.Run(act, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, act)
			s.Options.Timeout, s.Options.Grace = 300*time.Millisecond, grace
			r, _ := s.run(t)
			failed(t, s, r, "no answer within 300ms")
			if !r.Launcher.TimedOut {
				t.Error("the error is not ErrTimeout")
			}
		})
	}
}

func TestLauncherIsCancelled(t *testing.T) {
	t.Parallel()
	s := newStage(t, "wait")
	s.Signal = unix.SIGINT
	r, _ := s.run(t)
	failed(t, s, r, "the start was cancelled")
	if want := []string{"waiting", "started: " + ErrCancelled.Error()}; !slices.Equal(r.Events, want) || !r.Launcher.Cancelled {
		t.Errorf("events %q, want %q; %+v", r.Events, want, r.Launcher)
	}
}

func TestLastWordsOfACancelledGuardian(t *testing.T) {
	t.Parallel()
	s := newStage(t, "explain")
	s.Signal = unix.SIGINT
	r, _ := s.run(t)
	failed(t, s, r, "the start was cancelled", "the guardian failed: the last words")
	if string(r.Launcher.Failed) != "the last words" || !r.Launcher.Cancelled {
		t.Errorf("%+v", r.Launcher)
	}
}

func TestStubbornGuardianOfACancelledLauncher(t *testing.T) {
	t.Parallel()
	s := newStage(t, "ignore")
	s.Signal = unix.SIGINT
	s.Options.Grace = 100 * time.Millisecond
	r, _ := s.run(t)
	failed(t, s, r, "the start was cancelled")
}

func TestLauncherIsKilled(t *testing.T) {
	t.Parallel()
	s := newStage(t, "wait")
	s.Signal = unix.SIGKILL
	r, _ := s.run(t)
	want := []string{"waiting", "started: " + ErrCancelled.Error()}
	if r.Exit != "signal: killed" || !slices.Equal(r.Events, want) {
		t.Errorf("the launcher: %s; events %q, want %q", r.Exit, r.Events, want)
	}
	if _, err := os.Lstat(s.Options.PIDFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the PID file: %v", err)
	}
}

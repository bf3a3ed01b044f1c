package proc

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var ends = []struct {
	script string
	code   int
	signal syscall.Signal
}{
	{"read go; exit 0", 0, -1},
	{"read go; exit 7", 7, -1},
	{"read go; kill -SEGV $$", -1, syscall.SIGSEGV},
	{"read go; kill -TERM $$", -1, syscall.SIGTERM},
}

// waiting starts a script that waits for its standard input.
func waiting(t *testing.T, script string) (cmd *exec.Cmd, id ID, goOn func()) {
	t.Helper()
	cmd = exec.Command("sh", "-c", script)
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		id, err = Identify(cmd.Process.Pid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return cmd, id, func() { in.Close() }
}

func TestAnExitIsLearnedFromTheZombie(t *testing.T) {
	for _, tt := range ends {
		t.Run(tt.script, func(t *testing.T) {
			t.Parallel()
			cmd, id, goOn := waiting(t, tt.script)
			told := make(chan Ended, 1)
			if err := id.watch(func(e Ended) { told <- e }); err != nil {
				t.Fatal(err)
			}
			goOn()
			select {
			case e := <-told:
				if e.Unknown || e.ID != id || e.Spawned || e.Status.ExitStatus() != tt.code || e.Status.Signal() != tt.signal {
					t.Errorf("%+v", e)
				}
			case <-time.After(patience):
				t.Fatal("not told")
			}
			if e := id.Exit("", 0); e.Unknown || e.Status.ExitStatus() != tt.code || e.Status.Signal() != tt.signal {
				t.Errorf("afterwards: %+v", e)
			}
			cmd.Wait()
			if e := id.Exit("", 0); !e.Unknown {
				t.Errorf("of a process that was reaped without a witness: %+v", e)
			}
			if err := id.watch(func(Ended) {}); !errors.Is(err, ErrGone) {
				t.Errorf("to watch a process that was reaped: %v", err)
			}
		})
	}
}

func TestAnExitIsLearnedAfterTheReaping(t *testing.T) {
	for _, tt := range ends {
		t.Run(tt.script, func(t *testing.T) {
			t.Parallel()
			cmd, id, goOn := waiting(t, tt.script)
			fd, err := unix.PidfdOpen(id.PID, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			goOn()
			cmd.Wait()
			e := id.endedBy(fd)
			if e.Unknown && olderThan(t, "6.15") {
				t.Skip("Linux keeps exits since 6.15")
			}
			if e.Unknown || e.Status.ExitStatus() != tt.code || e.Status.Signal() != tt.signal {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestAWitnessTellsWhatNobodySaw(t *testing.T) {
	t.Parallel()
	w := Witness(filepath.Join(t.TempDir(), "witness"))
	defer w.Dismiss()
	_, first, goOn := waiting(t, "read go; exit 1")
	defer goOn()
	other, err := w.Hold(first)
	if err != nil {
		t.Skipf("no witnesses here: %v", err)
	}
	for _, tt := range ends { // each takes the place of the one before
		cmd, id, goOn := waiting(t, tt.script)
		seal, err := w.Hold(id)
		if err != nil {
			t.Fatal(err)
		}
		goOn()
		cmd.Wait()
		if e := id.Exit(w, other); !e.Unknown {
			t.Errorf("it spoke for another process: %+v", e)
		}
		if e := id.Exit(w, seal); e.Unknown || e.Status.ExitStatus() != tt.code || e.Status.Signal() != tt.signal {
			t.Errorf("%s: %+v", tt.script, e)
		}
	}
	w.Dismiss()
	if left, _ := filepath.Glob(string(w)); left != nil {
		t.Error("it is left behind")
	}
}

// olderThan compares the running kernel's version.
func olderThan(t *testing.T, version string) bool {
	t.Helper()
	var name unix.Utsname
	unix.Uname(&name)
	sorted := exec.Command("sort", "-V", "-C")
	sorted.Stdin = strings.NewReader(version + "\n" + unix.ByteSliceToString(name.Release[:]) + "\n")
	return sorted.Run() != nil
}

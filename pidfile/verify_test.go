package pidfile

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	written := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	before, after := written.Add(-time.Minute), written.Add(time.Minute)
	tests := []struct {
		name   string
		owner  process
		exists bool
		want   State
	}{
		{"nobody has the number", process{}, false, Stale},
		{"started before the file was written", process{started: before}, true, Alive},
		{"started within the margin", process{started: written.Add(margin)}, true, Alive},
		{"started after the file was written", process{started: after}, true, Recycled},
		{"start not known", process{}, true, Alive},
		{"ended, not reaped", process{started: before, zombie: true}, true, Zombie},
		{"someone else's zombie", process{started: after, zombie: true}, true, Recycled},
		{"a thread was never meant", process{started: before, thread: true}, true, Recycled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := judge(tt.owner, tt.exists, written); got != tt.want {
				t.Errorf("judge(%+v, %v) = %v, want %v", tt.owner, tt.exists, got, tt.want)
			}
		})
	}
}

// verify checks Verify's finding and that its sentence names the path and says
// what is wanted.
func verify(t *testing.T, path string, want State, says string) Finding {
	t.Helper()
	got, err := Verify(path)
	if err != nil || got.State != want {
		t.Fatalf("Verify = %v (%v), %v, want %v", got.State, got, err, want)
	}
	if !strings.Contains(got.String(), path) || !strings.Contains(got.String(), says) {
		t.Errorf("the finding reads %q, want it to name the path and say %q", got, says)
	}
	return got
}

func TestVerifyContent(t *testing.T) {
	t.Parallel()
	verify(t, filepath.Join(t.TempDir(), "pid"), Missing, "does not exist")
	verify(t, put(t, "\n"), Empty, "is empty")
	verify(t, put(t, "-7\n"), Garbage, `"-7"`)
}

func TestVerifyOwnProcess(t *testing.T) {
	t.Parallel()
	path := put(t, fmt.Sprintln(os.Getpid()))
	found := verify(t, path, Alive, "alive")
	if found.PID != os.Getpid() || found.Command == "" || !strings.Contains(found.String(), found.Command) {
		t.Errorf("found %+v", found)
	}
	// The same file, written long before this process started: the number was
	// someone else's then.
	long := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(path, long, long); err != nil {
		t.Fatal(err)
	}
	verify(t, path, Recycled, "reused by process")
}

func TestVerifyChild(t *testing.T) {
	t.Parallel()
	child := exec.Command("cat") // lives until its input ends
	input, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	path := put(t, fmt.Sprintln(child.Process.Pid))
	verify(t, path, Alive, "(cat)")
	input.Close()
	awaitZombie(t, child.Process.Pid)
	verify(t, path, Zombie, "waits to be reaped")
	child.Wait()
	verify(t, path, Stale, "no process")
}

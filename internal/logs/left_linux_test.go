package logs

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"holdfast/internal/logfile"
)

// What was on its way when a guardian was killed does not wait for more output.
func TestWhatAGuardianHasLeftIsCarriedAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	where := paths(filepath.Join(dir, "log"), filepath.Join(dir, "output.log"))
	leave(t, where.Stage, "one\n")
	c, err := Open(where, Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	await(t, "the line", func() bool { return content(t, filepath.Join(dir, "output.log")) == "one\n" })
}

// A line that was begun is known, wherever its beginning is.
func TestWhereALineBegins(t *testing.T) {
	t.Parallel()
	for left, starts := range map[string]bool{"": true, "one\n": true, "one": false} {
		dir := t.TempDir()
		where := paths(filepath.Join(dir, "log"), filepath.Join(dir, "output.log"))
		leave(t, where.Stage, left)
		s, err := openStream(where.FIFO, where.Stage, where.Output, Settings{Overflow: Drop}.complete(), func() {})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.startsLine(); got != starts {
			t.Errorf("after %q: %v", left, got)
		}
		s.release()
	}
}

// leave does as a guardian that was killed with this on the stage.
func leave(t *testing.T, path, text string) {
	t.Helper()
	stage, err := openStage(path)
	if err == nil {
		err = stage.clear(0, time.Now())
	}
	if err == nil {
		err = stage.put([]byte(text))
	}
	if err == nil {
		err = stage.close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Where the pipe cannot be watched the output arrives all the same.
func TestAPipeThatCannotBeWatched(t *testing.T) {
	t.Parallel()
	c, file := open(t, nil)
	c.streams[0].read.poller.Close()
	for _, all := range []string{"one\n", "one\none\n"} {
		business(t, c, "echo one")
		await(t, "the line", func() bool { return content(t, file) == all })
	}
}

// A full runtime directory is no reason to remove what is in the log's.
func TestAFullRuntimeDirectoryCostsNoOldFiles(t *testing.T) {
	t.Parallel()
	dir, runDir := t.TempDir(), filepath.Join(t.TempDir(), "full")
	mount(t, runDir, "size=64k,mode=700")
	if err := os.WriteFile(filepath.Join(runDir, "ballast"), make([]byte, 1<<20), 0o600); err == nil {
		t.Fatal("the runtime directory is not full")
	}
	before, file := openWith(t, dir, Settings{MaxFiles: Unlimited}, nil)
	business(t, before, "echo one")
	before.Drain()
	if err := errors.Join(before.Rotate(), before.Close()); err != nil {
		t.Fatal(err)
	}
	c, err := Open(paths(filepath.Join(runDir, "log"), file), Settings{MaxFiles: Unlimited, Timestamps: UTCTimestamps}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	business(t, c, "echo two")
	await(t, "trouble", func() bool { return c.Trouble() != "" })
	if rest, err := logfile.Log(file).Rest(); err != nil || len(rest) != 1 {
		t.Errorf("%d old files are left, %v", len(rest), err)
	}
}

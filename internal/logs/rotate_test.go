package logs

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast/internal/logfile"
)

func TestRotation(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]Settings{
		"straight": {},
		"stamped":  {Timestamps: UTCTimestamps},
		"dropping": {Overflow: Drop}, // which does not come to pass
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings.MaxSize, settings.MaxFiles = 64<<10, Unlimited
			c, file := openWith(t, t.TempDir(), settings, nil)
			last := 400_000
			if settings.Overflow == Drop {
				last = 60_000 // less than what it waits for
			}
			business(t, c, fmt.Sprintf("seq 1 %d; printf 'no end'", last))
			c.Drain()
			same(t, "log", unstamped(whole(t, file)), numbers(1, last)+"no end")
			files, err := logfile.Log(file).Files()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				text := content(t, f.Path)
				if len(text) > 64<<10+20 || !f.Current && (len(text) < 63<<10 || !strings.HasSuffix(text, "\n")) {
					t.Errorf("%s has %d bytes and ends %q", f.Path, len(text), text[len(text)-5:])
				}
				if f.Current != (f.Path == file) || f.End-f.Start != int64(len(text)) {
					t.Errorf("%+v", f)
				}
			}
			if got := unstamped(c.Tail(1)[0] + "\n"); got != "no end\n" {
				t.Errorf("Tail = %q", got)
			}
		})
	}
}

func TestALineThatIsLongerThanAFile(t *testing.T) {
	t.Parallel()
	c, file := openWith(t, t.TempDir(), Settings{MaxSize: 8 << 10, MaxFiles: Unlimited}, nil)
	line := strings.Repeat("x", 300<<10)
	endless := strings.Repeat("y", 3<<20)
	for _, text := range []string{"one\n", line + "\n", "two\n", endless, "\nthree\n"} {
		go io.WriteString(c.Stdout(), text)
		await(t, "the text", func() bool {
			c.Drain()
			return strings.HasSuffix(strings.ReplaceAll(whole(t, file), split, ""), text)
		})
	}
	text := whole(t, file)
	if marks := strings.Count(text, split); marks == 0 || marks > 3 {
		t.Errorf("%d splits", marks)
	}
	same(t, "log", strings.ReplaceAll(text, split, ""), "one\n"+line+"\ntwo\n"+endless+"\nthree\n")
	files, _ := logfile.Log(file).Files()
	if got := content(t, files[1].Path); got != line+"\n" {
		t.Errorf("the second file has %d bytes", len(got))
	}
}

func TestRotateOnRequest(t *testing.T) {
	t.Parallel()
	c, file := open(t, nil)
	rotate := func() {
		t.Helper()
		if err := c.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	rotate() // an empty one stays
	business(t, c, "echo one")
	c.Drain()
	rotate()
	business(t, c, "echo two")
	c.Drain()
	same(t, "file", content(t, file), "two\n")
	same(t, "log", whole(t, file), "one\ntwo\n")

	// As logrotate(8) does: what comes before it says so is for the old file still.
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	business(t, c, "echo three")
	c.Drain()
	same(t, "old file", content(t, file+".1"), "two\nthree\n")
	rotate()
	business(t, c, "echo four")
	c.Drain()
	same(t, "file", content(t, file), "four\n")

	// And with copytruncate.
	if err := os.Truncate(file, 0); err != nil {
		t.Fatal(err)
	}
	business(t, c, "echo five")
	c.Drain()
	same(t, "file", content(t, file), "five\n")
	if c.Trouble() != "" {
		t.Error(c.Trouble())
	}
}

// A log that cannot be rotated goes on, and says so.
func TestARotationThatFails(t *testing.T) {
	t.Parallel()
	c, file := openWith(t, t.TempDir(), Settings{MaxSize: 8 << 10, MaxFiles: Unlimited}, nil)
	s := c.streams[0]
	if err := os.Symlink("nowhere", s.out.log.Rotated(8<<10)); err != nil {
		t.Fatal(err)
	}
	business(t, c, "seq -f %01023g 1 20")
	c.Drain()
	if !strings.Contains(c.Trouble(), "already exists") {
		t.Errorf("Trouble = %q", c.Trouble())
	}
	if text := content(t, file); strings.Count(text, "\n") != 20 {
		t.Errorf("the file has %d lines", strings.Count(text, "\n"))
	}
}

func TestWhatIsKept(t *testing.T) {
	const hour = time.Hour
	settings := func(change func(*Settings)) Settings {
		s := Settings{MaxFiles: Unlimited}.complete()
		change(&s)
		return s
	}
	files := []kept{{"a", 10, 5 * hour}, {"b", 10, 3 * hour}, {"c", 10, hour}} // oldest first
	tests := []struct {
		name     string
		settings Settings
		surplus  int
	}{
		{"everything", settings(func(*Settings) {}), 0},
		{"a number of files", settings(func(s *Settings) { s.MaxFiles = 2 }), 1},
		{"none", settings(func(s *Settings) { s.MaxFiles = 0 }), 3},
		{"those that are not too old", settings(func(s *Settings) { s.MaxAge = 2 * hour }), 2},
		{"those that have room, the current file before all", settings(func(s *Settings) { s.MaxSize, s.MaxTotal = 4, 24 }), 1},
		{"as long as the current file becomes no larger", settings(func(s *Settings) { s.MaxSize, s.MaxTotal = 8, 24 }), 2},
		{"what is under every limit", settings(func(s *Settings) { s.MaxSize, s.MaxFiles, s.MaxTotal = 4, 2, 15 }), 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.settings.surplus(files, 4); got != tt.surplus {
				t.Errorf("%d are removed, want %d", got, tt.surplus)
			}
		})
	}
}

func TestOldFilesAreCompressedAndRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	left := filepath.Join(dir, "output-000000000000001.log.gz.new") // by a compression that was killed
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, file := openWith(t, dir, Settings{MaxSize: 64 << 10, MaxFiles: 3, Compress: true}, nil)
	c.Keep(func(_ context.Context, path string) error { return logfile.Compress(path) })
	business(t, c, "seq 1 400000")
	c.Drain()
	await(t, "three compressed files", func() bool {
		zipped, _ := filepath.Glob(filepath.Join(dir, "*.log.gz"))
		all, _ := filepath.Glob(filepath.Join(dir, "output*"))
		return len(zipped) == 3 && len(all) == 5 // and the current one, and the index
	})
	c.Close()
	files, err := logfile.Log(file).Files()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range files {
		if f.Current {
			text.WriteString(content(t, f.Path))
			break
		}
		text.WriteString(unzipped(t, f.Path))
	}
	if got := text.String(); !strings.HasSuffix(numbers(1, 400_000), got) || len(got) < 180<<10 {
		t.Errorf("%d bytes are kept", len(got))
	}
}

func unzipped(t *testing.T, path string) string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStderrHasALogOfItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, file := openWith(t, dir, Settings{Stderr: true}, nil)
	c.StartRun(1, "0123")
	business(t, c, "echo one; echo two >&2; echo three; echo four >&2")
	c.Drain()
	same(t, "stdout", content(t, file), "one\nthree\n")
	same(t, "stderr", content(t, filepath.Join(dir, "stderr.log")), "two\nfour\n")
	if got := fmt.Sprint(c.Tail(3)); got != "[three two four]" {
		t.Errorf("Tail = %s", got)
	}
}

func TestARunIsFoundAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, file := openWith(t, dir, Settings{MaxSize: 4 << 10, MaxFiles: Unlimited}, nil)
	c.StartRun(1, "first")
	business(t, c, "seq 1 10")
	c.Drain()
	c.StartRun(2, "second")
	business(t, c, "seq 1 1000") // over several files
	c.Close()
	c, _ = openWith(t, dir, Settings{MaxSize: 4 << 10, MaxFiles: Unlimited}, nil)
	c.ContinueRun("second")
	if got := len(c.Tail(2000)); got != 1000 {
		t.Errorf("%d lines", got)
	}
	marks, err := logfile.Log(file).Marks()
	if err != nil {
		t.Fatal(err)
	}
	var runs []string
	for _, m := range marks {
		if m.Kind == logfile.RunBegun {
			runs = append(runs, fmt.Sprint(m.Run, m.ID, m.Position))
		}
	}
	if got := fmt.Sprint(runs); got != "[1 first 0 2 second 21]" && got != "[1first0 2second21]" {
		t.Errorf("runs %s", got)
	}
}

// The current file counts, too, however large LogMaxSize= lets it become.
func TestAllFilesTogether(t *testing.T) {
	t.Parallel()
	const most = 64 << 10
	c, file := openWith(t, t.TempDir(), Settings{MaxTotal: most, MaxFiles: Unlimited}, nil)
	c.Keep(nil)
	business(t, c, "seq 1 100000")
	c.Drain()
	await(t, "only what may stay", func() bool {
		files, _ := logfile.Log(file).Files()
		total := int64(0)
		for _, f := range files {
			if info, err := os.Stat(f.Path); err == nil { // else it is gone by now
				total += info.Size()
			}
		}
		return total <= most
	})
	if kept := whole(t, file); !strings.HasSuffix(numbers(1, 100_000), kept) || len(kept) < most/4 {
		t.Errorf("%d bytes are kept", len(kept))
	}
}

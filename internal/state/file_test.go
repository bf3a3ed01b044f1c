package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

type record struct {
	Number int
	Text   string
}

func TestSaveAndLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	var got record
	if err := Load(path, &got); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the first Save: %v", err)
	}
	// What a killed writer left behind does not outlive the next Save.
	if err := os.WriteFile(path+".new", []byte(strings.Repeat("x", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	want := record{7, "exited"}
	if err := Save(path, want); err != nil {
		t.Fatal(err)
	}
	if err := Load(path, &got); err != nil || got != want {
		t.Errorf("Load = %+v, %v", got, err)
	}
	if info, _ := os.Lstat(path); info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	alone(t, path)
}

func TestReadersSeeAWholeState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	text := strings.Repeat("long", 5000)
	if err := Save(path, record{0, text}); err != nil {
		t.Fatal(err)
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := range 300 {
			if err := Save(path, record{n, text[:n*50]}); err != nil {
				t.Error(err)
			}
		}
	})
	for range 300 {
		var got record
		if err := Load(path, &got); err != nil {
			t.Fatal(err)
		}
		if want := text[:got.Number*50]; got.Text != want && got.Text != text {
			t.Fatalf("state %d has %d bytes", got.Number, len(got.Text))
		}
	}
	writer.Wait()
}

func TestADamagedState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	for _, content := range []string{"", `{"Number":`, "\x00\x00\x00", `{"Number":"seven"}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		var got record
		err := Load(path, &got)
		if err == nil || !strings.Contains(err.Error(), "state.json: damaged: ") {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestAFailedSaveKeepsTheOldState(t *testing.T) {
	full := filepath.Join(t.TempDir(), "full")
	mount(t, full, 0, "size=32k")
	tests := []struct {
		name  string
		value any
		want  func(error) bool
	}{
		{"disk full", record{2, strings.Repeat("x", 100<<10)}, func(err error) bool { return errors.Is(err, syscall.ENOSPC) }},
		{"not JSON", func() {}, func(err error) bool { return err != nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(full, "state.json")
			if err := Save(path, record{1, "old"}); err != nil {
				t.Fatal(err)
			}
			if err := Save(path, tt.value); !tt.want(err) {
				t.Errorf("Save: %v", err)
			}
			var got record
			if err := Load(path, &got); err != nil || got != (record{1, "old"}) {
				t.Errorf("Load = %+v, %v", got, err)
			}
			alone(t, path)
		})
	}
}

// alone fails if the file has anything beside it.
func alone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("beside the state: %v", entries)
	}
}

package state

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOrElse(t *testing.T) {
	readOnlyRoot, free := filepath.Join(t.TempDir(), "root"), t.TempDir()
	mount(t, readOnlyRoot, unix.MS_RDONLY, "mode=755")
	none, run := filepath.Join(readOnlyRoot, "tmp/holdfast-0"), filepath.Join(readOnlyRoot, "run/holdfast")
	usual, memory := filepath.Join(free, "run/holdfast"), filepath.Join(free, "shm")
	had := filepath.Join(t.TempDir(), "had")
	if err := os.Mkdir(had, 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		usual    string
		process1 bool
		instead  []string
		want     string
	}{
		{"the usual place, made or not", usual, true, []string{had}, usual},
		{"a read-only one, for process 1", run, true, []string{none, memory}, memory},
		{"for others before that has come", run, false, []string{none, memory}, run},
		{"for others afterwards", run, false, []string{none, had}, had},
		{"the first that is good", run, true, []string{had, memory}, had},
		{"none at all", run, true, []string{none}, run},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := orElse(tt.usual, os.Geteuid(), tt.process1, tt.instead); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if _, err := os.Lstat(memory); err == nil {
		t.Error("it was made already")
	}
}

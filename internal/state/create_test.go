package state

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCreate(t *testing.T) {
	dir := locate(t, "web")
	for range 2 { // new, and there already
		if err := dir.Create(); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]fs.FileMode{dir.Runtime: 0o700, dir.Log: 0o750} {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestCreateClosesAnOpenRuntimeDirectory(t *testing.T) {
	dir := locate(t, "web")
	if err := os.MkdirAll(dir.Runtime, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Lstat(dir.Runtime); info.Mode().Perm() != 0o700 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
}

func TestCreateFollowsALinkForTheLogOnly(t *testing.T) {
	dir := locate(t, "web")
	if err := os.Mkdir(filepath.Dir(dir.Log), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(t.TempDir(), dir.Log); err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(); err != nil {
		t.Error(err)
	}
}

func TestCreateRefuses(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(t *testing.T, dir Dir) error
		want    string
	}{
		{"a file in the runtime directory's place",
			func(t *testing.T, dir Dir) error { return os.WriteFile(dir.Runtime, nil, 0o600) }, "web: is not a directory; set HOLDFAST_RUNTIME_DIR"},
		{"a symbolic link in its place",
			func(t *testing.T, dir Dir) error { return os.Symlink(t.TempDir(), dir.Runtime) }, "web: is a symbolic link"},
		{"a link to nothing",
			func(t *testing.T, dir Dir) error { return os.Symlink("nothing", dir.Runtime) }, "web: is a symbolic link"},
		{"a file above it",
			func(t *testing.T, dir Dir) error {
				above := filepath.Dir(dir.Runtime)
				if err := os.Remove(above); err != nil {
					return err
				}
				return os.WriteFile(above, nil, 0o600)
			}, "run: not a directory"},
		{"somebody else's",
			func(t *testing.T, dir Dir) error { return given(t, dir.Runtime) }, "web: belongs to uid 4711, not to you (uid 0)"},
		{"a read-only file system", readOnly, "web: not writable: read-only file system"},
		{"a directory above it where we may not write",
			func(t *testing.T, dir Dir) error {
				if os.Geteuid() == 0 {
					t.Skip("root may write anywhere")
				}
				return os.Chmod(filepath.Dir(dir.Runtime), 0o500)
			}, "web: permission denied"},
		{"a file in the log directory's place",
			func(t *testing.T, dir Dir) error { return os.WriteFile(dir.Log, nil, 0o600) }, "web: is not a directory; set HOLDFAST_LOG_DIR"},
		{"somebody else's log directory",
			func(t *testing.T, dir Dir) error { return given(t, dir.Log) }, "belongs to uid 4711"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := locate(t, "web")
			for _, path := range []string{filepath.Dir(dir.Runtime), filepath.Dir(dir.Log)} {
				if err := os.Mkdir(path, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := tt.prepare(t, dir); err != nil {
				t.Fatal(err)
			}
			if err := dir.Create(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// given makes a directory that belongs to somebody else.
func given(t *testing.T, path string) error {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		return err
	}
	return os.Chown(path, 4711, 4711)
}

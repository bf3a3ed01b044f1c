package pidfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

func put(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pid")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// holdsOnly fails the test unless the directory of path holds the named files
// and no other: no temporary file was left.
func holdsOnly(t *testing.T, path string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the directory holds %q, want %q", got, want)
	}
}

func TestWriteIsNumberAndLineEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	for _, pid := range []int{1, 4711, maxPID} {
		if err := Write(path, pid); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if want := strconv.Itoa(pid) + "\n"; err != nil || string(content) != want {
			t.Errorf("the file holds %q, %v, want %q", content, err, want)
		}
		if got, err := Read(path); got != pid || err != nil {
			t.Errorf("Read = %d, %v, want %d", got, err, pid)
		}
	}
	holdsOnly(t, path, "pid")
}

func TestWriteModeIsIndependentOfUmask(t *testing.T) {
	// Not parallel: the umask belongs to the whole process.
	defer unix.Umask(unix.Umask(0o077))
	dir := t.TempDir()
	path := filepath.Join(dir, "pid")
	if err := Write(path, 42); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("mode = %v, %v, want 0644", info.Mode(), err)
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	for _, pid := range []int{0, -1, -4711} {
		path := filepath.Join(t.TempDir(), "pid")
		if err := Write(path, pid); err == nil {
			t.Errorf("Write(%d) succeeded", pid)
		}
		holdsOnly(t, path)
	}
}

func TestWriteReplacesSymlink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target, path := filepath.Join(dir, "target"), filepath.Join(dir, "pid")
	if err := os.WriteFile(target, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, 42); err != nil {
		t.Fatal(err)
	}
	if content, _ := os.ReadFile(target); string(content) != "precious" {
		t.Errorf("the link's target holds %q now", content)
	}
	if got, err := Read(path); got != 42 || err != nil {
		t.Errorf("Read = %d, %v", got, err)
	}
	holdsOnly(t, path, "pid", "target")
}

func TestIrregularFiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		make     func(path string) error
		says     string
		writable bool // a symbolic link is replaced
	}{
		{"symbolic link", func(p string) error { return os.Symlink("nowhere", p) }, "symbolic link", true},
		{"link to a good file", func(p string) error {
			if err := os.WriteFile(p+".real", []byte("42\n"), 0o600); err != nil {
				return err
			}
			return os.Symlink(p+".real", p)
		}, "symbolic link", true},
		{"directory", func(p string) error { return os.Mkdir(p, 0o700) }, "directory", false},
		{"FIFO", func(p string) error { return unix.Mkfifo(p, 0o600) }, "FIFO", false},
		{"socket", func(p string) error { return bindSocket(p) }, "socket", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pid")
			if err := tt.make(path); err != nil {
				t.Fatal(err)
			}
			isRefused := func(what string, err error) {
				t.Helper()
				if !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%s: %v, want a refusal that names path and %s", what, err, tt.says)
				}
			}
			_, err := Read(path)
			isRefused("Read", err)
			_, err = Verify(path)
			isRefused("Verify", err)
			isRefused("Remove", Remove(path, 42))
			if err := Write(path, 42); tt.writable && err != nil {
				t.Errorf("Write: %v", err)
			} else if !tt.writable {
				isRefused("Write", err)
			}
		})
	}
	_, err := Read(os.DevNull)
	if !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), "device") {
		t.Errorf("Read(%s): %v", os.DevNull, err)
	}
	if err := Write(os.DevNull, 42); !errors.Is(err, ErrNotRegular) {
		t.Errorf("Write(%s): %v", os.DevNull, err)
	}
}

func bindSocket(path string) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Bind(fd, &unix.SockaddrUnix{Name: path})
}

func TestWriteInMissingDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "missing")
	err := Write(filepath.Join(dir, "pid"), 42)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), dir) {
		t.Errorf("in a missing directory: %v", err)
	}
}

func TestReadMissing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pid")
	if _, err := Read(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("Read: %v", err)
	}
	if err := Remove(path, 42); err != nil {
		t.Errorf("Remove: %v", err)
	}
}

func TestRemoveOnlyOurs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, content string
		want          error
	}{
		{"ours", "42\n", nil},
		{"someone else's", "43\n", ErrNotOurs},
		{"empty", "", ErrEmpty},
		{"garbage", "42 43\n", ErrGarbage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := put(t, tt.content)
			if err := Remove(path, 42); !errors.Is(err, tt.want) {
				t.Errorf("Remove: %v, want %v", err, tt.want)
			}
			_, err := os.Lstat(path)
			if gone := errors.Is(err, fs.ErrNotExist); gone != (tt.want == nil) {
				t.Errorf("gone = %v", gone)
			}
		})
	}
}

func TestReadersNeverSeeAPart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// In memory, as /run is: thousands of fsyncs keep a disk busy for a minute.
	if memory, err := os.MkdirTemp("/dev/shm", "pidfile"); err == nil {
		t.Cleanup(func() { os.RemoveAll(memory) })
		dir = memory
	}
	path := filepath.Join(dir, "pid")
	long, short := 123456789, 7
	if err := Write(path, long); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for reads := 0; ; reads++ {
				select {
				case <-done:
					if reads == 0 {
						t.Error("a reader never came to read")
					}
					return
				default:
				}
				content, err := os.ReadFile(path)
				if err != nil || string(content) != "123456789\n" && string(content) != "7\n" {
					t.Errorf("a reader saw %q, %v", content, err)
					return
				}
			}
		})
	}
	for i := range 3000 {
		if err := Write(path, []int{short, long}[i%2]); err != nil {
			t.Error(err)
			break
		}
	}
	close(done)
	readers.Wait()
	holdsOnly(t, path, "pid")
}

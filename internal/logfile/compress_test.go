package logfile

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// The compressor of a guardian that was killed lives on. It neither takes what that of the next
// guardian has written for its own, nor removes the file for it.
func TestTwoCompressors(t *testing.T) {
	t.Parallel()
	first := error(nil)
	for size := int64(64 << 20); first == nil && size <= 1<<30; size *= 4 { // until it is not too fast
		log := Log(filepath.Join(t.TempDir(), "output.log"))
		path := log.Rotated(size)
		if err := os.WriteFile(path, nil, 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		begin := func(written int64) <-chan error {
			ended := make(chan error, 1)
			go func() { ended <- Compress(path) }()
			for so := int64(-1); so < written && len(ended) == 0; {
				found, _ := filepath.Glob(path + ".gz*.new")
				for _, temporary := range found {
					if info, err := os.Stat(temporary); err == nil {
						so = info.Size()
					}
				}
			}
			return ended
		}
		one := begin(size / 2000) // half of what it comes to
		log.RemoveUnfinished()
		two := begin(0)
		first = <-one
		if _, err := os.Stat(path); err != nil {
			whole(t, path+compressed, size)
		}
		if second := <-two; first != nil && second != nil {
			t.Errorf("nobody has compressed it: %v; %v", first, second)
		}
		whole(t, path+compressed, size)
		if left, _ := filepath.Glob(filepath.Dir(path) + "/*"); len(left) != 1 {
			t.Errorf("there is %q", left)
		}
	}
}

func whole(t *testing.T, path string, size int64) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, zipped); n != size || err != nil {
		t.Errorf("%d bytes of %d, %v", n, size, err)
	}
	if info, err := file.Stat(); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

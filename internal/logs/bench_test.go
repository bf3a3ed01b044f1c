package logs

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkLines carries lines of 100 bytes, which another process writes 64 KiB
// at a time, beside the least that could do the same.
func BenchmarkLines(b *testing.B) {
	b.Run("capture", func(b *testing.B) {
		c, file := open(b, nil)
		benchmark(b, file, c.Writer(), c.Drain)
	})
	b.Run("bare", func(b *testing.B) {
		dir := b.TempDir()
		file := filepath.Join(dir, "output.log")
		read, write, err := openFIFO(filepath.Join(dir, "log"))
		if err != nil {
			b.Fatal(err)
		}
		defer read.Close()
		defer write.Close()
		out, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			b.Fatal(err)
		}
		defer out.Close()
		fd := int(read.Fd())
		unix.SetNonblock(fd, false)
		done := make(chan bool)
		go func() {
			defer close(done)
			block := make([]byte, blockSize)
			for left := 100 * b.N; left > 0; {
				n, err := unix.Read(fd, block)
				if err != nil {
					b.Error(err)
					return
				}
				if _, err := unix.Write(int(out.Fd()), block[:n]); err != nil {
					b.Error(err)
					return
				}
				left -= n
			}
		}()
		benchmark(b, file, write, func() { <-done })
	})
}

func benchmark(b *testing.B, file string, stdout *os.File, wait func()) {
	writer := play(b, "lines", strconv.Itoa(b.N))
	writer.Stdout = stdout
	b.SetBytes(100)
	b.ResetTimer()
	if err := writer.Run(); err != nil {
		b.Fatal(err)
	}
	wait()
	b.StopTimer()
	if info, err := os.Stat(file); err != nil || info.Size() != int64(100*b.N) {
		b.Fatalf("%d bytes arrived of %d: %v", info.Size(), 100*b.N, err)
	}
}

package logfile

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// unfinished ends the name of a file that is being compressed. What comes before it is nobody
// else's: a killed guardian's compressor may live on, while the next guardian has begun anew.
const unfinished = ".new"

// Compress replaces a rotated file by a compressed one of the same time, owner and mode,
// and never lets a reader see a part of it. If the file is removed meanwhile, nothing is
// left of it.
func Compress(path string) (err error) {
	plain, err := os.Open(path)
	if err != nil {
		return err
	}
	defer plain.Close()
	info, err := plain.Stat()
	if err != nil {
		return err
	}
	if !strings.HasSuffix(path, suffix) || !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a rotated log file", path)
	}
	zipped, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+compressed+".*"+unfinished)
	if err != nil {
		return err
	}
	temporary := zipped.Name()
	defer func() {
		zipped.Close()
		if err != nil {
			os.Remove(temporary)
		}
	}()
	writer := gzip.NewWriter(zipped)
	writer.Name, writer.ModTime = filepath.Base(path), info.ModTime()
	if _, err := io.Copy(writer, plain); err != nil {
		return err
	}
	if err := errors.Join(writer.Close(), sameOwner(zipped, info), zipped.Chmod(info.Mode().Perm()), zipped.Sync()); err != nil {
		return err
	}
	if err := os.Chtimes(temporary, info.ModTime(), info.ModTime()); err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return err
	}
	if err := os.Rename(temporary, path+compressed); err != nil {
		return err
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// sameOwner gives the file to the other's owner, where that is allowed.
func sameOwner(file *os.File, info fs.FileInfo) error {
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known || os.Geteuid() != 0 {
		return nil
	}
	return file.Chown(int(stat.Uid), int(stat.Gid))
}

// RemoveUnfinished removes what a compression has left that was killed. One that goes on then
// fails, and leaves the file as it is.
func (l Log) RemoveUnfinished() {
	dir := filepath.Dir(string(l))
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		name := entry.Name()
		ours := strings.HasPrefix(name, filepath.Base(l.stem())+"-") && strings.Contains(name, suffix+compressed+".")
		if ours && strings.HasSuffix(name, unfinished) {
			os.Remove(filepath.Join(dir, name))
		}
	}
}

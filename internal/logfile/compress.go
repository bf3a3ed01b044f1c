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

// unfinished ends the name of a file that is being compressed.
const unfinished = compressed + ".new"

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
	temporary := path + unfinished
	zipped, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return err
	}
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
	if err := errors.Join(writer.Close(), zipped.Sync(), sameOwner(zipped, info)); err != nil {
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

// RemoveUnfinished removes what a compression has left that was killed.
func (l Log) RemoveUnfinished() {
	dir := filepath.Dir(string(l))
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, filepath.Base(l.stem())+"-") && strings.HasSuffix(name, suffix+unfinished) {
			os.Remove(filepath.Join(dir, name))
		}
	}
}

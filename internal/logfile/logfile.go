// Package logfile is a service's log as it lies on disk: its files in order, and where
// in them a moment or a run begins.
//
// A log is one stream of bytes. The position of a byte in it never changes, whichever
// file it is in: a rotated file has the position of its end in its name, and an index
// beside the files says which position was reached when.
package logfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Log is known by the path of its current file, such as /var/log/holdfast/web/output.log.
// The rotated ones and the index stand beside it.
type Log string

const (
	suffix     = ".log"
	compressed = ".gz"
	digits     = 15 // of a position in a name, so that the names sort: a petabyte
)

// Rotated is the path of the rotated file that ends at that position.
func (l Log) Rotated(end int64) string {
	return fmt.Sprintf("%s-%0*d%s", l.stem(), digits, end, suffix)
}

// Index is the path of the index; see [Mark].
func (l Log) Index() string { return l.stem() + ".index" }

func (l Log) stem() string { return strings.TrimSuffix(string(l), suffix) }

// A File is a part of a log.
type File struct {
	Path       string
	Start, End int64 // the positions of its first byte, and after its last
	Compressed bool
	Current    bool
	id         fs.FileInfo // of the current one
}

// Rest lists the rotated files, oldest first.
func (l Log) Rest() ([]File, error) {
	entries, err := os.ReadDir(filepath.Dir(string(l)))
	if err != nil {
		return nil, err
	}
	prefix := filepath.Base(l.stem()) + "-"
	var files []File
	for _, entry := range entries { // sorted, so a compressed file follows the plain one that it will replace
		number, ours := strings.CutPrefix(entry.Name(), prefix)
		number, zipped := strings.CutSuffix(number, compressed)
		number, named := strings.CutSuffix(number, suffix)
		end, err := strconv.ParseInt(number, 10, 64)
		if !ours || !named || err != nil || len(number) < digits || end < 0 {
			continue
		}
		if last := len(files) - 1; last >= 0 && files[last].End == end {
			continue
		}
		files = append(files, File{Path: filepath.Join(filepath.Dir(string(l)), entry.Name()), End: end, Compressed: zipped})
	}
	slices.SortFunc(files, func(a, b File) int { return int(min(1, max(-1, a.End-b.End))) })
	return files, nil
}

// Files lists all files, oldest first, and the current one, if there is one, last. A hole
// between two is what another program took away.
func (l Log) Files() (files []File, err error) {
	for range retries {
		before, err := l.current()
		if err != nil {
			return nil, err
		}
		if files, err = l.Rest(); err != nil {
			return nil, err
		}
		for i := range files {
			var previous int64
			if i > 0 {
				previous = files[i-1].End
			}
			files[i].Start = files[i].startAfter(previous)
		}
		start, err := l.Start()
		if err != nil {
			return nil, err
		}
		after, err := l.current()
		switch {
		case err != nil:
			return nil, err
		case before == nil && after == nil:
			return files, nil
		case before != nil && after != nil && os.SameFile(before, after):
			return append(files, File{Path: string(l), Start: start, End: start + after.Size(), Current: true, id: after}), nil
		}
	}
	return files, nil // rotated faster than it can be listed: the log as it was a moment ago
}

// retries is how often the files are listed anew when one is not where it was: it was
// rotated, compressed or removed meanwhile, which mostly takes longer than to look.
const retries = 10

// current is nil when there is no current file.
func (l Log) current() (fs.FileInfo, error) {
	info, err := os.Stat(string(l))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return info, err
}

// startAfter is where the file begins, which is after the previous one's end.
func (f File) startAfter(previous int64) int64 {
	size, err := contentSize(f)
	if err != nil {
		return previous
	}
	if f.Compressed && previous > 0 {
		size += max(0, f.End-previous-size) &^ (1<<32 - 1)
	}
	return max(previous, f.End-size)
}

// Start is the position at which the current file begins, or would.
func (l Log) Start() (int64, error) {
	files, err := l.Rest()
	if err != nil {
		return 0, err
	}
	var start int64
	if len(files) > 0 {
		start = files[len(files)-1].End
	}
	marks, err := l.Marks()
	for _, mark := range marks {
		if mark.Kind == Begun {
			start = max(start, mark.Position)
		}
	}
	return start, err
}

// contentSize is the uncompressed size of a file; gzip keeps it in its last four bytes
// (RFC 1952, 2.3.1), modulo 4 GiB.
func contentSize(f File) (int64, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !f.Compressed {
		return info.Size(), err
	}
	var size [4]byte
	_, err = file.ReadAt(size[:], info.Size()-int64(len(size)))
	return int64(binary.LittleEndian.Uint32(size[:])), err
}

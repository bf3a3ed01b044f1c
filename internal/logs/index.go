package logs

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"holdfast/internal/logfile"
)

// How far a mark may be behind the output: a second, and then 4 KiB or a minute. So the
// index of a busy log is a hundredth of it.
const (
	markTime  = time.Second
	markSize  = 4 << 10
	markPause = time.Minute
)

// How large the index may become: whichever is more, largeIndex bytes or a part of the log.
// The marks of a busy log stay well below; those of a crash loop, one for each run, need not.
const (
	largeIndex = 256 << 10
	largePart  = 64
)

// unsavedMarks is how many bytes of marks wait until they can be written.
const unsavedMarks = 64 << 10

// index collects marks and writes them when it can. It is a convenience: what keeps it
// from being written keeps nothing else.
type index struct {
	path     string
	unsaved  []byte
	time     time.Time // of the last mark
	position int64
	large    int64 // the size at which to look whether it is too large
}

func (i *index) add(m logfile.Mark) {
	i.time, i.position = m.Time, m.Position
	if i.unsaved = m.Append(i.unsaved); len(i.unsaved) > unsavedMarks {
		i.unsaved = append(i.unsaved[:0], newer(i.unsaved, unsavedMarks/2)...)
	}
}

// newer is the last marks of text, no more than so many bytes.
func newer(text []byte, most int) []byte {
	text = text[len(text)-most:]
	return text[bytes.IndexByte(text, '\n')+1:]
}

// passed makes a mark, if it is time, at the position that the log has at that time.
func (i *index) passed(now time.Time, position int64) {
	since, grown := now.Sub(i.time), position-i.position
	if since < 0 || since >= markTime && (grown >= markSize || since >= markPause) {
		i.add(logfile.Mark{Kind: logfile.At, Time: now, Position: position})
	}
}

func (i *index) save(log logfile.Log) {
	if len(i.unsaved) == 0 {
		return
	}
	file, err := os.OpenFile(i.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		return
	}
	defer file.Close()
	if n, err := file.Write(i.unsaved); err == nil || n > 0 {
		i.unsaved = i.unsaved[:0]
	}
	if info, err := file.Stat(); err == nil && info.Size() > max(i.large, largeIndex) {
		i.prune(log, file, info.Size())
	}
}

// prune removes the older marks, if the index has become too large.
func (i *index) prune(log logfile.Log, file *os.File, size int64) {
	files, err := log.Files()
	if err != nil {
		return
	}
	i.large = largeIndex
	if n := len(files); n > 0 {
		i.large = max(largeIndex, (files[n-1].End-files[0].Start)/largePart)
	}
	if size <= i.large {
		return
	}
	err = write(i.path+".new", func(w io.Writer) error { return newest(w, file, size, i.large/2) })
	if err != nil || os.Rename(i.path+".new", i.path) != nil {
		os.Remove(i.path + ".new")
	}
}

// newest copies the last marks, no more than so many bytes, and the one that says where the
// present file begins.
func newest(w io.Writer, marks io.ReaderAt, size, most int64) error {
	r := bufio.NewReader(io.NewSectionReader(marks, 0, size))
	var begun []byte
	for at := int64(0); at < size-most; {
		line, err := r.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull { // which is no mark
			return err
		}
		at += int64(len(line))
		if bytes.HasPrefix(line, []byte(logfile.Begun+" ")) {
			begun = append(begun[:0], line...)
		}
	}
	if _, err := w.Write(begun); err != nil {
		return err
	}
	_, err := io.Copy(w, r)
	return err
}

func write(path string, content func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	return errors.Join(content(file), file.Close())
}

package logfile

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A disk is a log that the test writes as a capture does.
type disk struct {
	t    testing.TB
	log  Log
	size int64  // of the current file
	end  int64  // the position reached
	all  string // everything that was written
	now  time.Time
}

func newDisk(t testing.TB) *disk {
	return &disk{t: t, log: Log(filepath.Join(t.TempDir(), "output.log")), now: time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)}
}

func (d *disk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *disk) appendTo(path, text string) {
	d.t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	d.must(err)
	defer f.Close()
	_, err = f.WriteString(text)
	d.must(err)
}

func (d *disk) write(text string) {
	d.t.Helper()
	d.appendTo(string(d.log), text)
	d.all += text
	d.size += int64(len(text))
	d.end += int64(len(text))
}

func (d *disk) mark(kind Kind, run int) {
	d.t.Helper()
	m := Mark{Kind: kind, Time: d.now, Position: d.end, Run: run, ID: fmt.Sprintf("%032x", run)}
	d.appendTo(d.log.Index(), string(m.Append(nil)))
}

// rotate makes the current file an old one.
func (d *disk) rotate() File {
	d.t.Helper()
	f := File{Path: d.log.Rotated(d.end), Start: d.end - d.size, End: d.end}
	d.must(os.Rename(string(d.log), f.Path))
	d.size = 0
	d.write("")
	d.mark(Begun, 0)
	return f
}

// compress replaces a rotated file.
func (d *disk) compress(f File) {
	d.t.Helper()
	text, err := os.ReadFile(f.Path)
	d.must(err)
	zipped, err := os.Create(f.Path + compressed + ".new")
	d.must(err)
	defer zipped.Close()
	w := gzip.NewWriter(zipped)
	_, err = w.Write(text)
	d.must(err)
	d.must(w.Close())
	d.must(os.Rename(zipped.Name(), f.Path+compressed))
	d.must(os.Remove(f.Path))
}

// numbers is what seq(1) prints.
func numbers(from, to int) string {
	var b strings.Builder
	for n := from; n <= to; n++ {
		fmt.Fprintln(&b, n)
	}
	return b.String()
}

// lastLines is what tail -n prints.
func lastLines(text string, n int) string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines[max(0, len(lines)-n):], "")
}

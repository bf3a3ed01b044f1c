//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lineCheck is what is expected of the lines of a writer.
type lineCheck struct {
	wide   bool
	stamps string // utc, or "" for none
	drops  bool   // whether markers may stand for lines
	from   bool   // whether the oldest files may be gone
}

// logRead is what a service's log was found to hold.
type logRead struct {
	lineCheck
	files, compressed int // rotated ones
	bytes             int64
	last              int // the number of the last line, or of the last one dropped
	dropped, markers  int
	first             int
	err               error

	want, stamp []byte
}

// complete is nil if the log has the lines up to n, each once and in order.
func (l *logRead) complete(n int) error {
	if l.err == nil && l.last != n {
		return fmt.Errorf("%d lines, want %d", l.last, n)
	}
	return l.err
}

// readLog reads the rotated files in the order of their names and then output.log.
func (h *host) readLog(name string, check lineCheck) *logRead {
	h.t.Helper()
	l := &logRead{lineCheck: check}
	dir := filepath.Join(h.dir, "log", name)
	entries, err := os.ReadDir(dir)
	if err != nil {
		h.t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		end, plain := endOf(entry.Name())
		if end < 0 || plain != entry.Name() && slices.Contains(names, plain) {
			continue // no rotated file, or the compressed copy of one that is still there
		}
		names = append(names, entry.Name())
	}
	l.files = len(names)
	for i, file := range append(names, "output.log") {
		if err := l.file(filepath.Join(dir, file), i == 0); err != nil {
			l.err = fmt.Errorf("%s: %w", file, err)
			break
		}
	}
	return l
}

// endOf is the position in the name of a rotated file, and the name before it was
// compressed; or -1.
func endOf(name string) (end int64, plain string) {
	plain = strings.TrimSuffix(name, ".gz")
	digits, found := strings.CutPrefix(strings.TrimSuffix(plain, ".log"), "output-")
	end, err := strconv.ParseInt(digits, 10, 64)
	if !found || err != nil || len(digits) != 15 || !strings.HasSuffix(plain, ".log") {
		return -1, ""
	}
	return end, plain
}

func (l *logRead) file(path string, oldest bool) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var content io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		l.compressed++
		if content, err = gzip.NewReader(file); err != nil {
			return err
		}
	}
	reader := bufio.NewReaderSize(content, 1<<20)
	for {
		line, err := reader.ReadSlice('\n')
		l.bytes += int64(len(line))
		switch {
		case err == io.EOF && len(line) > 0:
			return fmt.Errorf("it does not end at a line's end but with %q", shortened(line))
		case err == io.EOF:
			end, _ := endOf(filepath.Base(path))
			if oldest && l.from && end >= 0 {
				l.bytes = end
			}
			if end >= 0 && end != l.bytes {
				return fmt.Errorf("it ends at %d", l.bytes)
			}
			return nil
		case err != nil:
			return err
		}
		if err := l.line(line); err != nil {
			return err
		}
	}
}

// line takes the next line.
func (l *logRead) line(line []byte) error {
	if l.stamps != "" {
		var err error
		if line, err = l.stamped(line); err != nil {
			return err
		}
	}
	if l.drops && bytes.HasPrefix(line, []byte("holdfast: ")) {
		return l.marker(string(line))
	}
	if l.from && l.last == 0 {
		number, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		n, err := strconv.Atoi(string(number))
		if err != nil {
			return err
		}
		l.last = n - 1
		l.first = n
	}
	l.last++
	l.want = appendLine(l.want[:0], l.last, l.wide)
	if !bytes.Equal(line, l.want) {
		at := 0
		for at < min(len(line), len(l.want)) && line[at] == l.want[at] {
			at++
		}
		at = max(0, at-20)
		return fmt.Errorf("after line %d, at byte %d of the next, comes %q, want %q", l.last-1, at, shortened(line[at:]), shortened(l.want[at:]))
	}
	return nil
}

// stamped returns the line without its time.
func (l *logRead) stamped(line []byte) ([]byte, error) {
	stamp, rest, found := bytes.Cut(line, []byte(" "))
	if !found {
		return nil, fmt.Errorf("no stamp: %q", shortened(line))
	}
	if bytes.Equal(stamp, l.stamp) {
		return rest, nil
	}
	l.stamp = append(l.stamp[:0], stamp...)
	at, err := time.Parse("2006-01-02T15:04:05.000000Z", string(stamp))
	if err != nil {
		return nil, fmt.Errorf("no stamp: %w", err)
	}
	if age := time.Since(at); age > 24*time.Hour || age < -time.Hour {
		return nil, fmt.Errorf("a stamp of another time: %s", stamp)
	}
	return rest, nil
}

// marker takes a line of the guardian's own: so many lines are not there.
func (l *logRead) marker(line string) error {
	var count, size, missing int
	if _, err := fmt.Sscanf(line, "holdfast: %d lines dropped (%d bytes): ", &count, &size); err != nil || count < 1 {
		return errors.Join(fmt.Errorf("no marker: %q", line), err)
	}
	for range count {
		l.last++
		l.want = appendLine(l.want[:0], l.last, l.wide)
		missing += len(l.want)
	}
	if missing != size {
		return fmt.Errorf("%q, but these are %d bytes", line, missing)
	}
	l.dropped += count
	l.markers++
	return nil
}

func shortened(line []byte) []byte { return line[:min(len(line), 100)] }

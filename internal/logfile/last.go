package logfile

import (
	"bufio"
	"bytes"
	"io"
	"slices"
)

// last finds where the last n lines between two positions begin. A last line that has no
// end yet counts. What it had to read of compressed files, which go forwards only, it
// returns: the text that stands there.
func last(files []File, n int, from, to int64) (at int64, text []byte, err error) {
	at = to
	if n == 0 {
		return at, nil, nil
	}
	for _, file := range slices.Backward(files) {
		begin, end := max(from, file.Start), min(to, file.End)
		if begin >= end {
			continue
		}
		part := span{file, begin, end, to}
		if file.Compressed {
			var found []byte
			if found, n, err = part.lastForwards(n); err == nil {
				at, text = end-int64(len(found)), append(found, text...)
			}
		} else {
			at, n, err = part.lastBackwards(n)
			text = nil // it is not where the reading begins
		}
		if err != nil || n == 0 {
			return at, text, err
		}
	}
	return at, text, nil
}

// A span is what a file holds between two positions.
type span struct {
	File
	begin, end int64
	to         int64 // a line end right before it begins no line
}

// lastForwards returns the last n lines, and how many are to be found before.
func (s span) lastForwards(n int) (text []byte, left int, err error) {
	content, err := s.open(s.begin)
	if err != nil {
		return nil, n, err
	}
	defer content.close()
	lines := bufio.NewReader(io.LimitReader(content, s.end-s.begin))
	var kept [][]byte
	ends, found := 0, false // of lines, in what is kept
	for at := s.begin; err == nil; {
		var line []byte
		if line, err = lines.ReadBytes('\n'); len(line) > 0 {
			kept = append(kept, line)
		}
		at += int64(len(line))
		if !bytes.HasSuffix(line, []byte{'\n'}) || at == s.to {
			continue
		}
		if ends++; ends == n { // what follows the first one is enough
			kept, ends, found = kept[1:], ends-1, true
		}
	}
	if err != io.EOF {
		return nil, n, err
	}
	if left = n - ends; found {
		left = 0
	}
	return bytes.Join(kept, nil), left, nil
}

// lastBackwards returns where the last n lines begin, and how many are to be found before.
func (s span) lastBackwards(n int) (at int64, left int, err error) {
	content, err := s.open(s.begin)
	if err != nil {
		return 0, n, err
	}
	defer content.close()
	buffer := make([]byte, 32<<10)
	for after := s.end; after > s.begin; {
		begin := max(s.begin, after-int64(len(buffer)))
		block := buffer[:after-begin]
		if _, err := content.file.ReadAt(block, begin-s.Start); err != nil && err != io.EOF {
			return 0, n, err
		}
		for {
			i := bytes.LastIndexByte(block, '\n')
			if i < 0 {
				break
			}
			end := begin + int64(i) + 1
			if block = block[:i]; end == s.to {
				continue
			}
			if n--; n == 0 {
				return end, 0, nil
			}
		}
		after = begin
	}
	return s.begin, n, nil
}

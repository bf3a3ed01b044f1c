package logs

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// Last prints the last n lines of file to w, all of them if n is negative. A
// last line that has no end yet counts. It reads no more of the file than that.
// The error is [fs.ErrNotExist] when there is no file.
func Last(w io.Writer, file string, n int) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	start, end, err := seekLast(f, n)
	if err != nil {
		return err
	}
	// Not beyond the end as it was: a busy business would never let us finish.
	if _, err = io.CopyN(w, f, end-start); errors.Is(err, io.EOF) {
		return nil // truncated meanwhile
	}
	return err
}

// seekLast sets f to the start of the last n lines, and returns where that is
// and where the file ends.
func seekLast(f *os.File, n int) (start, end int64, err error) {
	if end, err = f.Seek(0, io.SeekEnd); err != nil {
		return 0, 0, err
	}
	if start, err = startOfLast(f, end, n); err != nil {
		return 0, 0, err
	}
	_, err = f.Seek(start, io.SeekStart)
	return start, end, err
}

// startOfLast looks for the line ends from the end backwards, block by block.
func startOfLast(f io.ReaderAt, end int64, n int) (int64, error) {
	if n == 0 {
		return end, nil
	}
	buffer := make([]byte, 32<<10)
	for after := end; n > 0 && after > 0; {
		begin := max(0, after-int64(len(buffer)))
		block := buffer[:after-begin]
		if _, err := f.ReadAt(block, begin); err != nil && err != io.EOF {
			return 0, err
		}
		for i := len(block); ; {
			if i = bytes.LastIndexByte(block[:i], '\n'); i < 0 {
				break
			}
			if begin+int64(i) == end-1 {
				continue // ends the last line, and begins none
			}
			if n--; n == 0 {
				return begin + int64(i) + 1, nil
			}
		}
		after = begin
	}
	return 0, nil
}

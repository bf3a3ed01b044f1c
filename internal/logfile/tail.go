package logfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"slices"
)

// Tail returns the last n lines of what stands at position from or after it, at most so
// many bytes of them, whichever files they are in. A last line that has no end yet counts;
// of a first one that is too long it is the end. What cannot be read ends it.
func (l Log) Tail(from int64, n, most int) (text []byte) {
	for range retries {
		files, err := l.Files()
		if err != nil {
			return nil
		}
		text, err = tailOf(files, from, n, most)
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return text
}

func tailOf(files []File, from int64, n, most int) (text []byte, err error) {
	for _, file := range slices.Backward(files) {
		if from >= file.End || len(text) >= most || linesFrom(text, n) > 0 {
			break
		}
		part, err := file.tail(min(file.End-max(from, file.Start), int64(most-len(text))))
		text = append(part, text...)
		if err != nil {
			return text[linesFrom(text, n):], err
		}
	}
	return text[linesFrom(text, n):], nil
}

// tail is the last bytes before the file's end.
func (f File) tail(count int64) ([]byte, error) {
	content, err := f.open(f.End - count)
	if err != nil {
		return nil, err
	}
	defer content.close()
	text := make([]byte, count)
	got, err := io.ReadFull(content, text)
	return text[:got], err
}

// linesFrom is where in text the last n lines begin; 0 if it has no more than these.
func linesFrom(text []byte, n int) int {
	if n <= 0 {
		return len(text)
	}
	end := len(bytes.TrimSuffix(text, []byte{'\n'}))
	for ; n > 0 && end >= 0; n-- {
		end = bytes.LastIndexByte(text[:end], '\n')
	}
	return end + 1
}

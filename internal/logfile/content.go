package logfile

import (
	"compress/gzip"
	"io"
	"io/fs"
	"os"
)

// content is what an open file holds, from a position on.
type content struct {
	io.Reader
	file *os.File
}

// open fails with [fs.ErrNotExist] where the file was rotated, compressed or removed since
// it was listed.
func (f File) open(position int64) (*content, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	c, err := f.from(file, max(0, position-f.Start))
	if err != nil {
		file.Close()
		return nil, err
	}
	return c, nil
}

func (f File) from(file *os.File, offset int64) (*content, error) {
	if f.Current {
		if info, err := file.Stat(); err != nil {
			return nil, err
		} else if !os.SameFile(info, f.id) {
			return nil, fs.ErrNotExist
		}
	}
	if !f.Compressed {
		_, err := file.Seek(offset, io.SeekStart)
		return &content{file, file}, err
	}
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	if _, err = io.CopyN(io.Discard, unzipped, offset); err != nil && err != io.EOF {
		return nil, err
	}
	return &content{unzipped, file}, nil
}

func (c *content) close() { c.file.Close() }

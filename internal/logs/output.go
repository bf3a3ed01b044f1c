package logs

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// output is the log file. It is opened whenever there is something to write and
// it is not open, so whatever went wrong may come right again.
type output struct {
	path string
	file *os.File
}

func (o *output) open() (err error) {
	o.file, err = os.OpenFile(o.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	return err
}

// write appends block, and returns how much of it is in the file and why not
// all.
func (o *output) write(block []byte) (int, error) {
	if o.file != nil && o.removed() {
		o.close()
	}
	if o.file == nil {
		if err := o.open(); err != nil {
			return 0, err
		}
	}
	return o.file.Write(block)
}

// removed reports whether the file has no name any more: what we wrote would
// fill the disk and nobody could read it.
func (o *output) removed() bool {
	var stat unix.Stat_t
	return unix.Fstat(int(o.file.Fd()), &stat) == nil && stat.Nlink == 0
}

func (o *output) close() error {
	if o.file == nil {
		return nil
	}
	err := o.file.Close()
	o.file = nil
	return err
}

func diskFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

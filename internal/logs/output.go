package logs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/logfile"
)

// output is the current file of a log, the one that is written to. It is opened whenever
// it is not open, so whatever went wrong may come right again.
//
// Nothing is appended by O_APPEND, which splice(2) refuses; there is only one writer,
// the holder of the service's lock.
type output struct {
	log   logfile.Log
	limit int64 // the size at which it is rotated

	file  *os.File
	id    os.FileInfo // of the file and its directory, when it was opened
	dir   os.FileInfo
	begin int64 // the position of its first byte
	size  int64
	index index
}

// openFirst also finds out where in the log the file begins.
func (o *output) openFirst() error {
	err := o.open()
	if err != nil && !diskFull(err) {
		return err
	}
	begin, indexErr := o.log.Start()
	o.begin = begin
	if marks, _ := o.log.Marks(); len(marks) > 0 { // the rotated files may have been removed by hand
		o.begin = max(begin, marks[len(marks)-1].Position-o.size)
	}
	o.index.path = o.log.Index()
	if o.begin != begin {
		o.mark(logfile.Mark{Kind: logfile.Begun, Position: o.begin})
	}
	return errors.Join(err, indexErr)
}

// position is where the next byte goes.
func (o *output) position() int64 { return o.begin + o.size }

func (o *output) room() int64 { return o.limit - o.size }

func (o *output) open() error {
	path := string(o.log)
	file, err := openOutput(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o750); err == nil {
			file, err = openOutput(path)
		}
	}
	if err != nil {
		return err
	}
	id, err := file.Stat()
	var dir os.FileInfo
	if err == nil {
		dir, err = os.Stat(filepath.Dir(path))
	}
	if err != nil {
		file.Close()
		return err
	}
	o.file, o.id, o.dir, o.size = file, id, dir, id.Size()
	return nil
}

// openOutput does not go through os.OpenFile, which would ask the poller about the file.
func openOutput(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NONBLOCK, 0o640)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	unix.SetNonblock(fd, false) // it was for a FIFO in the file's place
	return os.NewFile(uintptr(fd), path), nil
}

// refresh looks at what others may have done to the file since the last time: it was
// truncated, removed or replaced, or its whole directory was. One that was only renamed
// within its directory goes on being written to, until [Capture.Rotate]: whoever did
// that has more to do, and says when he is done (logrotate(8)).
func (o *output) refresh() error {
	if o.file == nil {
		return o.reopen()
	}
	known, err := o.file.Stat()
	if err != nil {
		return err
	}
	if size := known.Size(); size < o.size {
		o.begin += o.size - size
		o.size = size
		o.mark(logfile.Mark{Kind: logfile.Begun, Position: o.begin})
	} else {
		o.size = size
	}
	if now, err := os.Stat(string(o.log)); err == nil && os.SameFile(known, now) {
		return nil
	} else if errors.Is(err, fs.ErrNotExist) && links(known) > 0 {
		if dir, err := os.Stat(filepath.Dir(string(o.log))); err == nil && os.SameFile(dir, o.dir) {
			return nil
		}
	}
	return o.reopen()
}

func links(info os.FileInfo) uint64 {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 1
	}
	return uint64(stat.Nlink)
}

// reopen goes on in the file that has the name now, or makes it.
func (o *output) reopen() error {
	end := o.position()
	o.close()
	o.size = 0
	o.begin = end
	if err := o.open(); err != nil {
		return err
	}
	o.mark(logfile.Mark{Kind: logfile.Begun, Position: o.begin})
	return nil
}

// write puts text at the position, where it may stand already.
func (o *output) write(text []byte, position int64) error {
	n, err := o.file.WriteAt(text, position-o.begin)
	end := position - o.begin + int64(n)
	if err == nil && end < o.size { // more stood there, of what comes next
		err = o.file.Truncate(end)
		o.size = end
	}
	o.size = max(o.size, end)
	return err
}

// tail reads the last bytes of the file.
func (o *output) tail(n int64) []byte {
	text := make([]byte, min(n, o.size))
	if o.file == nil || len(text) == 0 {
		return nil
	}
	m, _ := o.file.ReadAt(text, o.size-int64(len(text)))
	return text[:max(m, 0)]
}

// startsLine reports whether the byte at the position begins a line.
func (o *output) startsLine(position int64) bool {
	at := position - o.begin
	if at <= 0 || o.file == nil {
		return true
	}
	var before [1]byte
	_, err := o.file.ReadAt(before[:], at-1)
	return err != nil || before[0] == '\n'
}

// rotate gives the file its name among the rotated ones, and begins a new one.
func (o *output) rotate() (renamed bool, err error) {
	end := o.position()
	if err := renameNew(string(o.log), o.log.Rotated(end)); err != nil {
		return false, err
	}
	o.close()
	o.begin, o.size = end, 0
	o.mark(logfile.Mark{Kind: logfile.Begun, Position: end})
	return true, o.open()
}

// renameNew replaces nothing.
func renameNew(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: fs.ErrExist}
	}
	return os.Rename(from, to)
}

func (o *output) mark(m logfile.Mark) {
	m.Time = time.Now()
	o.index.add(m)
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

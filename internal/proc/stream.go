package proc

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Redirection says what becomes a standard stream: a file that is opened for the new process alone, data that can
// be read, or else the same as the earlier stream of that number.
type Redirection struct {
	Path string
	Flag int // of open(2); a file that it creates has the mode 0666 without the umask
	Data []byte
	Like int
}

// openStreams opens the standard streams. What is opened is for the caller to close, also after an error.
func openStreams(spec *Spec) (files []uintptr, opened []*os.File, err error) {
	files = make([]uintptr, 3)
	var null *os.File
	for i, given := range []*os.File{spec.Stdin, spec.Stdout, spec.Stderr} {
		r := spec.Redirect[i]
		switch {
		case r == nil && given != nil:
			files[i] = given.Fd()
			continue
		case r == nil && null != nil:
			files[i] = null.Fd()
			continue
		case r == nil:
			if null, err = os.OpenFile(os.DevNull, os.O_RDWR, 0); err != nil {
				return nil, opened, &SpawnError{StepStdin, os.DevNull, errors.Unwrap(err)}
			}
			given = null
		case r.Path != "":
			given, err = openStream(r)
		case r.Data != nil:
			given, err = dataFile(r.Data)
		default:
			files[i] = files[r.Like]
			continue
		}
		if err != nil {
			return nil, opened, &SpawnError{[]Step{StepStdin, StepStdout, StepStderr}[i], r.Path, err}
		}
		opened = append(opened, given)
		files[i] = given.Fd()
	}
	return files, opened, nil
}

// openStream never waits: for a FIFO that nobody reads the start fails, where systemd's would hang.
func openStream(r *Redirection) (*os.File, error) {
	const always = unix.O_CLOEXEC | unix.O_NOCTTY | unix.O_NONBLOCK
	fd, err := ignoringEINTR(func() (int, error) { return unix.Open(r.Path, r.Flag|always, 0o666) })
	switch {
	case err == unix.ENXIO:
		return nil, fmt.Errorf("%w: a FIFO that nobody reads, or a socket", err)
	case err != nil:
		return nil, err
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), r.Path), nil
}

// dataFile is a file without a name, at its beginning.
func dataFile(data []byte) (*os.File, error) {
	file, err := unnamedFile()
	if err != nil {
		return nil, err
	}
	if _, err = file.Write(data); err == nil {
		_, err = file.Seek(0, 0)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func closeAll(files []*os.File) {
	for _, file := range files {
		file.Close()
	}
}

func ignoringEINTR(call func() (int, error)) (n int, err error) {
	for n, err = call(); err == syscall.EINTR; {
		n, err = call()
	}
	return n, err
}

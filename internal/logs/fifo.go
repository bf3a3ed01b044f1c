package logs

import (
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// pipeSize is what the pipe is made to hold where that can be chosen, in bytes;
// nowhere does it hold more. 1 MiB is what Linux allows everybody: pipe(7).
const pipeSize = 1 << 20

// openFIFO opens both ends of the FIFO at path, and makes it if there is none.
//
// Each end is an open file of its own, so that the reader's is non-blocking and
// the business's is not. The business's is opened for reading and writing, which
// POSIX leaves undefined for a FIFO, and Linux, the BSDs and macOS do alike; so the
// other open need not wait for a writer. They do not go through os.OpenFile, which
// would make both non-blocking.
func openFIFO(path string) (_ *reader, write *os.File, err error) {
	if err := makeFIFO(path); err != nil {
		return nil, nil, err
	}
	const flags = unix.O_CLOEXEC | unix.O_NOFOLLOW
	writeFD, err := unix.Open(path, unix.O_RDWR|flags, 0)
	if err != nil {
		return nil, nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	growPipe(writeFD)
	readFD, err := unix.Open(path, unix.O_RDONLY|flags, 0)
	if err != nil {
		unix.Close(writeFD)
		return nil, nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	read, err := newReader(readFD, path)
	if err != nil {
		unix.Close(writeFD)
		return nil, nil, err
	}
	read.size = pipeCapacity(writeFD)
	return read, os.NewFile(uintptr(writeFD), path), nil
}

// makeFIFO leaves a FIFO as it is, since a business may be writing to it, and
// puts a new one in the place of anything else.
func makeFIFO(path string) error {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode()&fs.ModeNamedPipe != 0 {
			return nil
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("%s: in the FIFO's place: %w", path, err)
		}
	}
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return &fs.PathError{Op: "mkfifo", Path: path, Err: err}
	}
	return nil
}

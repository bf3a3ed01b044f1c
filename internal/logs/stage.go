package logs

import (
	"encoding/binary"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A stage is a file in the runtime directory in which output waits that has left the
// pipe and is not in the log yet, for what cannot go from one into the other in the
// kernel: lines that get a stamp, and a file system without splice(2).
//
// A guardian may be killed at any moment. What is on the stage goes to one place in the
// log, which its head names together with the time of the stamps; so the next guardian
// does again exactly what this one did last, and no line is lost, torn or doubled. The
// kernel moves the output from the pipe to the stage, so nothing is lost there either.
// (Where there is no splice(2) it is this program that moves it, and what it has in its
// hands when it is killed is lost.)
type stage struct {
	file *os.File
	head head
	fill int64 // bytes of output on it
	held []byte
}

type head struct {
	Done     int64 // bytes of it that are in the log
	Position int64 // in the log, of the next one
	Time     int64 // of arrival, in microseconds since 1970
}

const headSize = 3 * 8

func openStage(path string) (*stage, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	s := &stage{file: file}
	info, err := file.Stat()
	if err == nil && info.Size() > headSize {
		s.fill = info.Size() - headSize
		var text [headSize]byte
		if _, err = file.ReadAt(text[:], 0); err == nil {
			_, err = binary.Decode(text[:], binary.LittleEndian, &s.head)
		}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return s, nil
}

// hasStage reports whether a guardian before this one has left something.
func hasStage(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > headSize
}

// waiting is how many bytes are not in the log yet.
func (s *stage) waiting() int64 { return max(0, s.fill-s.head.Done) }

// clear makes room for output that arrives now. It first takes away what is done.
func (s *stage) clear(position int64, now time.Time) error {
	if err := s.file.Truncate(headSize); err != nil {
		return err
	}
	s.fill = 0
	return s.note(head{Position: position, Time: now.UnixMicro()})
}

// note replaces the head. It lies in one page, which the kernel writes whole or not at
// all, whenever this process is killed.
func (s *stage) note(h head) error {
	text, err := binary.Append(nil, binary.LittleEndian, h)
	if err == nil {
		_, err = s.file.WriteAt(text, 0)
	}
	if err == nil {
		s.head = h
	}
	return err
}

// take moves up to most bytes from the pipe to the stage; 0 when the pipe is empty.
func (s *stage) take(pipe, most int) (int, error) {
	n, err := splice(pipe, s.file, headSize+s.fill, most)
	if unsupported(err) {
		n, err = s.carry(pipe, most)
	}
	s.fill += int64(n)
	return n, err
}

// carry does it by this program's hands.
func (s *stage) carry(pipe, most int) (int, error) {
	if len(s.held) == 0 {
		text := make([]byte, min(most, windowSize))
		n, err := readPipe(pipe, text)
		if err != nil {
			return 0, err
		}
		s.held = text[:n]
	}
	n, err := s.file.WriteAt(s.held, headSize+s.fill)
	s.held = s.held[n:]
	return n, err
}

// put adds a text of our own.
func (s *stage) put(text []byte) error {
	n, err := s.file.WriteAt(text, headSize+s.fill)
	s.fill += int64(n)
	return err
}

// next reads what comes next into text.
func (s *stage) next(text []byte) ([]byte, error) {
	n, err := s.file.ReadAt(text[:min(int64(len(text)), s.waiting())], headSize+s.head.Done)
	return text[:n], err
}

// endsLine reports whether what is on the stage ends with a line's end.
func (s *stage) endsLine() bool {
	var last [1]byte
	s.file.ReadAt(last[:], headSize+s.fill-1)
	return last[0] == '\n'
}

// did says that n bytes, which became size bytes of the log, are there.
func (s *stage) did(n int, size int64) error {
	h := s.head
	h.Done += int64(n)
	h.Position += size
	return s.note(h)
}

func (s *stage) close() error { return s.file.Close() }

func readPipe(pipe int, text []byte) (int, error) {
	for {
		n, err := unix.Read(pipe, text)
		switch err {
		case nil:
			return n, nil
		case unix.EAGAIN:
			return 0, nil
		case unix.EINTR:
		default:
			return 0, &fs.PathError{Op: "read", Path: "log pipe", Err: err}
		}
	}
}

package logs

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// moveStraight moves a block in the kernel, and does not look at it unless the file is
// all but full.
func (s *stream) moveStraight(fd int) (int, error) {
	most, full, room := blockSize, false, s.out.room()
	if s.echo != nil {
		most = windowSize
	}
	if room < int64(most) {
		waiting, err := pipeWaiting(fd)
		switch {
		case err != nil:
			return 0, os.NewSyscallError("ioctl", err)
		case waiting == 0:
			return 0, nil
		case int64(waiting) <= room: // it all fits
			most = min(most, waiting)
		case room > windowSize/2: // the end of the file is to be seen in the window
			most = min(most, int(room-windowSize/2))
		default:
			next, err := s.window.look(fd)
			if err != nil {
				return 0, err
			}
			most, full = s.place(s.out.position()).cut(next)
		}
	}
	before, position := time.Now(), s.out.position()
	n, err := s.spliceAll(fd, most, full)
	if n > 0 {
		s.out.index.passed(before, position)
		s.tell(position, n)
	}
	switch {
	case errors.Is(err, unix.EFBIG) && s.out.size > 0: // a limit that is not ours: setrlimit(2)
		err = s.rotate()
	case err == nil && (full || room < int64(n)):
		err = s.turn(n, full)
	}
	if full && n == 0 && err == nil { // the next line belongs into the new file
		return s.moveStraight(fd)
	}
	return n, err
}

// spliceAll moves up to most bytes, or exactly so many.
func (s *stream) spliceAll(fd, most int, exactly bool) (n int, err error) {
	for n < most {
		m, err := splice(fd, s.out.file, s.out.size, most-n)
		n += m
		s.out.size += int64(m)
		if err != nil || m == 0 || !exactly {
			return n, err
		}
	}
	return n, nil
}

func (s *stream) place(position int64) place {
	size := position - s.out.begin
	return place{room: s.out.limit - size, start: s.out.startsLine(position), empty: size == 0}
}

// tell gives the echo what has just gone into the file without passing through here.
func (s *stream) tell(position int64, n int) {
	if s.echo == nil {
		return
	}
	if s.text == nil {
		s.text = make([]byte, windowSize)
	}
	m, _ := s.out.file.ReadAt(s.text[:n], position-s.out.begin)
	s.echo.put(s.text[:m])
}

// turn rotates a file that is full, or in the middle of a line that has no end.
func (s *stream) turn(n int, full bool) error {
	if !full {
		if s.over += n; s.over < splitSize {
			return nil
		}
		if err := s.out.write([]byte(split), s.out.position()); err != nil {
			return err
		}
	}
	return s.rotate()
}

// rotate goes on with the old file where it cannot be renamed, and tries again later.
func (s *stream) rotate() error {
	s.over = 0
	renamed, err := s.out.rotate()
	s.mu.Lock()
	before := s.unrotated
	s.unrotated = nil
	if !renamed {
		s.unrotated = err
	}
	s.news.tellOther(before, s.unrotated)
	s.mu.Unlock()
	if s.out.limit = s.settings.MaxSize; !renamed {
		s.out.limit = s.out.size + splitSize
		return nil
	}
	s.rotated()
	return err
}

// unsupported reports a file system that splice(2) cannot write to.
func unsupported(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS)
}

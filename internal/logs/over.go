package logs

import (
	"errors"
	"io"
	"os"
	"time"
)

// moveOver brings what is on the stage into the log, and the next block onto the stage.
func (s *stream) moveOver(fd int) (n int, err error) {
	if s.stage.waiting() == 0 {
		if n, err = s.takeOn(fd); s.stage.waiting() == 0 {
			return n, err
		}
	}
	if s.text == nil {
		s.text = make([]byte, windowSize)
	}
	for s.stage.waiting() > 0 {
		if err := s.bring(); err != nil {
			return n, err
		}
	}
	return max(n, 1), nil
}

// takeOn brings the next block onto the stage.
func (s *stream) takeOn(fd int) (int, error) {
	if s.spill != nil {
		s.spill.pipe.Lock()
		defer s.spill.pipe.Unlock()
		if n, done, err := s.spill.end(fd); done {
			return n, err
		}
	}
	waiting, err := pipeWaiting(fd)
	if err != nil || waiting == 0 {
		return 0, os.NewSyscallError("ioctl", err)
	}
	now := time.Now()
	if err := s.stage.clear(s.out.position(), now); err != nil {
		return 0, err
	}
	s.out.index.passed(now, s.out.position())
	n, err := s.stage.take(fd, windowSize)
	if s.spill != nil && n > 0 {
		s.spill.inLine = !s.stage.endsLine()
	}
	return n, err
}

// bring brings as much from the stage into the log as belongs into one file.
func (s *stream) bring() error {
	position := s.stage.head.Position
	if position < s.out.begin || position > s.out.position() { // the file is another one by now
		position = s.out.position()
		if err := s.stage.note(head{s.stage.head.Done, position, s.stage.head.Time}); err != nil {
			return err
		}
	}
	next, err := s.stage.next(s.text)
	if err != nil && err != io.EOF {
		return err
	}
	text, n, full := next, 0, false
	place := s.place(position)
	if stamp := s.stamp(); stamp != nil {
		text, n, full = place.stamped(s.stamped[:0], next, stamp)
		s.stamped = text
	} else {
		n, full = place.cut(next)
		text = next[:n]
	}
	if err := s.out.write(text, position); err != nil {
		return err
	}
	if err := s.stage.did(n, int64(len(text))); err != nil {
		return err
	}
	if s.echo != nil {
		s.echo.put(next[:n])
	}
	if full || place.room < int64(len(text)) {
		return s.turn(len(text), full)
	}
	return nil
}

// stamp is what stands in front of each line; nil for nothing.
func (s *stream) stamp() []byte {
	const layout = "2006-01-02T15:04:05.000000Z07:00 "
	at := time.UnixMicro(s.stage.head.Time)
	switch s.settings.Timestamps {
	case UTCTimestamps:
		return at.UTC().AppendFormat(nil, layout)
	case LocalTimestamps:
		return at.Local().AppendFormat(nil, layout)
	}
	return nil
}

// errBusy says that somebody moves something and does not come to an end with it.
var errBusy = errors.New("busy")

// saveRest saves what a full disk has left in the pipe for the next guardian.
func (s *stream) saveRest(fd int) error {
	if !s.moving.lockSoon() {
		return errBusy
	}
	defer s.moving.Unlock()
	if s.spill != nil {
		if err := s.spill.tell(fd); err != nil {
			return err
		}
	}
	waiting, err := pipeWaiting(fd)
	if err != nil || waiting == 0 {
		return os.NewSyscallError("ioctl", err)
	}
	if s.stage == nil {
		if s.stage, err = openStage(s.path); err != nil {
			return err
		}
	}
	if s.stage.waiting() == 0 {
		if err := s.stage.clear(s.out.position(), time.Now()); err != nil {
			return err
		}
	}
	for moved := 0; moved < pipeSize; {
		n, err := s.stage.take(fd, pipeSize-moved)
		if n == 0 || err != nil {
			return err
		}
		moved += n
	}
	return nil
}

package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/logfile"
)

// drain empties the pipe for a caller who does not wait for ever.
func (s *stream) drain() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.read.use(func(fd int) { s.empty(fd, pipeSize) })
	}()
	patience := time.NewTimer(drainPatience)
	defer patience.Stop()
	for moved := s.moved.Load(); ; {
		select {
		case <-done:
			return
		case <-patience.C:
		}
		before := moved
		if moved = s.moved.Load(); moved == before {
			return
		}
		patience.Reset(drainPatience)
	}
}

// rotateNow is for somebody who has asked for it.
func (s *stream) rotateNow() error {
	s.moving.Lock()
	defer s.moving.Unlock()
	file := s.out.file
	switch err := s.out.refresh(); {
	case err != nil:
		return err
	case s.out.file != file: // another one has the name
		return nil
	}
	if _, err := os.Lstat(string(s.out.log)); errors.Is(err, fs.ErrNotExist) {
		return s.out.reopen()
	}
	if s.out.size == 0 {
		return nil
	}
	return errors.Join(s.rotate(), s.unrotated)
}

func (s *stream) startRun(number int, id string) {
	if !s.moving.lockSoon() {
		return
	}
	defer s.moving.Unlock()
	s.began = s.out.position()
	s.out.mark(logfile.Mark{Kind: logfile.RunBegun, Position: s.began, Run: number, ID: id})
}

func (s *stream) continueRun(id string) {
	marks, _ := s.out.log.Marks()
	for _, mark := range marks {
		if mark.Kind == logfile.RunBegun && mark.ID == id && s.moving.lockSoon() {
			s.began = mark.Position
			s.moving.Unlock()
		}
	}
}

// writer undoes what an earlier run may have chosen: whether writes block belongs to the
// open file, which all runs share, and Node.js makes its stdout non-blocking.
func (s *stream) writer() *os.File {
	unix.SetNonblock(int(s.write.Fd()), false)
	return s.write
}

// ails says what keeps output from the log now, and what becomes of it.
func (s *stream) ails() string {
	s.mu.Lock()
	err, unrotated := s.trouble, s.unrotated
	s.mu.Unlock()
	switch {
	case err == nil && s.spill != nil && s.spill.loses():
		return fmt.Sprintf("output is being dropped (%d lines so far)", s.spill.dropped.Load())
	case err == nil && unrotated != nil:
		return fmt.Sprintf("the log file cannot be rotated, and grows: %v", unrotated)
	case err == nil:
		return ""
	case s.spill != nil:
		return fmt.Sprintf("output is being dropped (%d lines so far): %v", s.spill.dropped.Load(), err)
	}
	return fmt.Sprintf("the program's output is waiting, and the program will too: %v", err)
}

package logs

import (
	"errors"
	"fmt"
	"os"
	"time"
)

func (s *stream) close() error {
	if s.isClosed() {
		return nil
	}
	s.drain()
	close(s.closed)
	err := s.read.interrupt() // ends carry, if it waits for output
	patience := time.NewTimer(drainPatience)
	defer patience.Stop()
	select {
	case <-s.done:
	case <-patience.C:
		return s.hangs()
	}
	var kept error
	s.read.use(func(fd int) { kept = s.saveRest(fd) })
	if kept == errBusy {
		return s.hangs()
	}
	return errors.Join(err, kept, s.release())
}

// hangs is the error of a log that takes nothing and says nothing.
func (s *stream) hangs() error {
	return fmt.Errorf("%s does not answer; what it has not taken is lost", s.out.log)
}

// hold keeps everything where it is until [stream.proceed].
func (s *stream) hold() error {
	if !s.moving.lockSoon() {
		return fmt.Errorf("%s does not answer", s.out.log)
	}
	if s.spill != nil && !s.spill.hold() {
		s.moving.Unlock()
		return errors.New("output is being dropped, and only this process knows how much; try again when the log can be written")
	}
	return nil
}

func (s *stream) proceed() {
	if s.spill != nil {
		s.spill.pipe.Unlock()
	}
	s.moving.Unlock()
}

func (s *stream) release() error {
	if s.read != nil {
		s.read.close()
		s.write.Close()
	}
	s.window.close()
	s.out.index.save(s.out.log)
	var err error
	if s.stage != nil {
		if err = s.stage.close(); s.stage.waiting() == 0 {
			os.Remove(s.path)
		}
	}
	return errors.Join(err, s.out.close())
}

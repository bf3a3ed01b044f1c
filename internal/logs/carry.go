package logs

import (
	"errors"
	"time"
)

// carry is the one goroutine that moves what comes in by itself. What a guardian before
// this one has left does not wait for more to come.
func (s *stream) carry() {
	defer close(s.done)
	pause, last := time.Duration(0), 1
	for !s.isClosed() {
		n, err := s.carryAll()
		if err != nil {
			if pause = min(max(2*pause, firstPause), longestPause); s.rest(pause) {
				pause = 0
			}
			continue
		}
		if n == 0 && last == 0 { // woken again, by nothing that can be had
			s.rest(firstPause)
		}
		pause, last = 0, n
		if s.read.wait() != nil { // it cannot be watched, so it is looked at now and then
			s.rest(firstPause)
		}
	}
}

// carryAll moves what is in the pipe, and what comes meanwhile. It returns how many bytes
// that was, and what keeps the rest from the log.
func (s *stream) carryAll() (moved int, err error) {
	gone := s.read.use(func(fd int) {
		for n := 1; n > 0 && err == nil && !s.isClosed(); moved += n {
			s.gather(fd)
			if n, err = s.move(fd); n > 0 {
				s.took = time.Now()
			}
		}
	})
	return moved, errors.Join(err, gone)
}

// How long is waited before the log is tried again that could not be written.
const (
	firstPause   = 50 * time.Millisecond
	longestPause = 5 * time.Second
)

// rest reports whether it was cut short.
func (s *stream) rest(pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return false
	case <-s.retry:
	case <-s.closed:
	}
	return true
}

package logs

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"holdfast/internal/logfile"
)

// blockSize is the most that is moved at once, in bytes.
const blockSize = pipeSize

// A stream carries one FIFO into one log: straight from one into the other in the
// kernel where that can be, else over the stage.
type stream struct {
	settings Settings
	fifo     string
	write    *os.File // blocking: the business's stdout and stderr
	read     *reader
	closed   chan struct{}
	done     chan struct{} // closed when carry has ended
	retry    chan struct{} // what kept the output from the log has gone
	rotated  func()
	news     *news

	moving  turn // one block at a time, in order, whoever moves it
	out     output
	window  window
	began   int64  // the position at which the present run begins
	over    int    // bytes of the open line beyond the file's size
	staged  bool   // everything goes over the stage
	stage   *stage // nil while there is none
	path    string // of the stage
	text    []byte // a block in this program's hands
	stamped []byte
	spill   *spill // nil unless Overflow is Drop
	echo    *echo  // nil without one

	moved atomic.Int64 // bytes, by this guardian
	took  time.Time    // when carry moved something last

	mu        sync.Mutex // never held while a disk or a terminal is waited for
	trouble   error      // what keeps output from the log
	unrotated error      // why the file is larger than it should be
}

func openStream(fifo, stage string, log logfile.Log, settings Settings, rotated func()) (*stream, error) {
	s := &stream{
		settings: settings, fifo: fifo, path: stage, rotated: rotated,
		staged: settings.Timestamps != NoTimestamps || settings.Overflow == Drop,
		out:    output{log: log, limit: settings.MaxSize},
		moving: newTurn(), closed: make(chan struct{}), done: make(chan struct{}), retry: make(chan struct{}, 1),
	}
	s.trouble = s.out.openFirst()
	if s.trouble != nil && !diskFull(s.trouble) {
		return nil, s.trouble
	}
	var err error
	if s.read, s.write, err = openFIFO(fifo); err == nil && (s.staged || hasStage(stage)) {
		s.stage, err = openStage(stage)
	}
	if err != nil {
		s.release()
		return nil, err
	}
	s.began = s.out.position()
	return s, nil
}

// start begins to carry.
func (s *stream) start(echo *echo) {
	s.echo = echo
	if s.settings.Overflow == Drop {
		s.spill = &spill{stream: s, inLine: !s.startsLine()}
	}
	go s.carry()
}

// startsLine reports whether what comes out of the pipe next begins a line.
func (s *stream) startsLine() bool {
	if s.stage != nil && s.stage.waiting() > 0 {
		return s.stage.endsLine()
	}
	return s.out.startsLine(s.out.position())
}

func (s *stream) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// empty moves what is in the pipe, at most so many bytes.
func (s *stream) empty(fd, most int) {
	for moved := 0; moved < most; {
		n, err := s.move(fd)
		if n == 0 || err != nil {
			return
		}
		moved += n
	}
}

// move moves one block and returns its length, 0 when the pipe is empty. It looks each time
// at what others have done to the file, for a program may never pause.
func (s *stream) move(fd int) (n int, err error) {
	s.moving.Lock()
	defer s.moving.Unlock()
	if s.spill != nil {
		s.spill.watch()
		defer func() {
			if err == nil {
				s.spill.calm()
			}
		}()
	}
	if err = s.out.refresh(); err == nil {
		n, err = s.moveBlock(fd)
	}
	for s.logFull(err) && s.removeOldest() {
		if n, err = s.moveBlock(fd); n > 0 {
			break
		}
	}
	s.moved.Add(int64(n))
	s.out.index.save(s.out.log)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.trouble != nil {
		select {
		case s.retry <- struct{}{}:
		default:
		}
		if s.spill != nil {
			s.spill.lost.Store(0)
		}
	}
	before := s.trouble
	s.trouble = err
	s.news.tellOther(before, err)
	return n, err
}

func (s *stream) moveBlock(fd int) (int, error) {
	if s.out.file == nil {
		if err := s.out.reopen(); err != nil {
			return 0, err
		}
	}
	if s.stage != nil && (s.staged || s.stage.waiting() > 0) {
		return s.moveOver(fd)
	}
	if s.stage != nil { // what another guardian has left is in the log
		s.stage.close()
		os.Remove(s.path)
		s.stage = nil
	}
	n, err := s.moveStraight(fd)
	if unsupported(err) {
		if s.stage, err = openStage(s.path); err != nil {
			return 0, err
		}
		s.staged = true
		return s.moveOver(fd)
	}
	return n, err
}

// logFull reports that the disk with the log is full; that of the stage is another one.
func (s *stream) logFull(err error) bool {
	var at *fs.PathError
	return diskFull(err) && !(errors.As(err, &at) && at.Path == s.path)
}

// removeOldest makes room on a full disk.
func (s *stream) removeOldest() bool {
	files, err := s.out.log.Rest()
	if err != nil || len(files) == 0 || os.Remove(files[0].Path) != nil {
		return false
	}
	s.news.tellRemoval(files[0].Path)
	return true
}

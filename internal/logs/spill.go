package logs

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A spill takes the output of a business that must not wait: when the log has not taken
// a block for a while and the pipe is half full, it takes lines out of the pipe, and
// counts them. What was on its way already, a line that was begun included, is kept.
//
// The count is in this process only: killed in such a moment, it says nothing of them.
type spill struct {
	stream  *stream
	given   atomic.Int64 // when the log was given what it has not taken; 0: it has all
	running atomic.Bool
	timer   *time.Timer
	dropped atomic.Int64 // lines, since this guardian began
	lost    atomic.Int64 // when the last of them were; 0: the trouble is over

	pipe    sync.Mutex // held by whoever takes something out of the pipe
	inLine  bool       // what was taken out last ended within a line
	begun   bool       // something was dropped that the log does not tell of
	rest    []byte     // of the line that was begun before
	resting bool       // that line has not ended
	lines   int
	bytes   int
	why     string // they were dropped
	skip    bool   // the rest of a line goes the way of its beginning
	text    []byte
}

// How long the log may take for a block, and how often the pipe is looked at while it
// takes longer.
const (
	spillPatience = 500 * time.Millisecond
	spillPause    = 20 * time.Millisecond
	lossPause     = 5 * time.Second // for so long one loss and the next are the same trouble
)

// watch is called before the log is given something, calm when it has taken that.
func (p *spill) watch() {
	if !p.given.CompareAndSwap(0, time.Now().UnixNano()) {
		return
	}
	if p.timer == nil {
		p.timer = time.AfterFunc(spillPatience, p.run)
		return
	}
	p.timer.Reset(spillPatience)
}

func (p *spill) calm() {
	p.given.Store(0)
	p.timer.Stop()
	if p.lost.Load() != 0 && !p.loses() {
		p.lost.Store(0)
		p.stream.news.tellChange()
	}
}

func (p *spill) stuck() bool {
	given := p.given.Load()
	return given != 0 && time.Since(time.Unix(0, given)).Abs() >= spillPatience
}

// run drops until the log takes something again.
func (p *spill) run() {
	if p.running.Swap(true) {
		return
	}
	defer p.running.Store(false)
	for p.stuck() && !p.stream.isClosed() {
		p.stream.read.use(p.dropSome)
		time.Sleep(spillPause)
	}
}

func (p *spill) dropSome(fd int) {
	p.pipe.Lock()
	defer p.pipe.Unlock()
	if p.stream.isClosed() {
		return
	}
	size := pipeCapacity(fd)
	waiting, err := pipeWaiting(fd)
	if err != nil || waiting < size/2 {
		return
	}
	p.why = p.reason()
	if p.text == nil {
		p.text = make([]byte, windowSize)
	}
	for waiting > size/4 {
		n, err := readPipe(fd, p.text[:min(windowSize, waiting-size/4)])
		if n == 0 || err != nil {
			return
		}
		waiting -= n
		p.drop(p.text[:n])
	}
}

func (p *spill) drop(text []byte) {
	if p.skip { // of a line that was counted
		end := bytes.IndexByte(text, '\n') + 1
		if p.skip = end == 0; p.skip {
			return
		}
		text, p.inLine = text[end:], false
	}
	if !p.begun {
		p.begun, p.resting = true, p.inLine
	}
	if p.resting {
		end := bytes.IndexByte(text, '\n') + 1
		p.resting = end == 0
		if p.resting {
			end = len(text)
		}
		p.rest = append(p.rest, text[:end]...)
		if text = text[end:]; len(p.rest) > splitSize { // no line for a memory
			p.bytes += len(p.rest)
			p.rest, p.resting = p.rest[:0], false
		}
	}
	if len(text) == 0 {
		return
	}
	p.lose()
	lines := bytes.Count(text, []byte{'\n'})
	p.lines += lines
	p.bytes += len(text)
	p.dropped.Add(int64(lines))
	p.inLine = text[len(text)-1] != '\n'
}

// lose notes that lines are lost, and tells if that is news: a full disk was told of.
func (p *spill) lose() {
	told := p.loses()
	p.lost.Store(time.Now().UnixNano())
	p.stream.mu.Lock()
	told = told || p.stream.trouble != nil
	p.stream.mu.Unlock()
	if !told {
		p.stream.news.tellChange()
	}
}

// loses reports whether the log has just been too slow, or still is.
func (p *spill) loses() bool {
	lost := p.lost.Load()
	return lost != 0 && time.Since(time.Unix(0, lost)).Abs() < lossPause
}

// hold locks the pipe, unless something was dropped that the log does not tell of.
func (p *spill) hold() bool {
	p.pipe.Lock()
	if p.begun || p.skip {
		p.pipe.Unlock()
		return false
	}
	return true
}

// tell puts onto the stage, behind what waits there, what the log has to know of a spill
// that the guardian's end ends.
func (p *spill) tell(fd int) error {
	p.pipe.Lock()
	defer p.pipe.Unlock()
	for {
		n, done, err := p.end(fd)
		if err != nil || !done || n == 0 {
			return err
		}
	}
}

// end puts onto the stage what the log has to know of a spill that is over. done is false
// when there is nothing to tell.
func (p *spill) end(fd int) (n int, done bool, err error) {
	if !p.begun && !p.skip {
		return 0, false, nil
	}
	var next []byte
	if p.skip || p.bytes > 0 && p.inLine { // the rest of a line goes first
		if p.text == nil {
			p.text = make([]byte, windowSize)
		}
		if n, err = readPipe(fd, p.text); err != nil || n == 0 && p.skip {
			return 0, true, err
		}
		end := bytes.IndexByte(p.text[:n], '\n') + 1
		switch {
		case n == 0: // it has not come yet
			p.skip = true
			p.lines++
		case end == 0:
			p.bytes += n
			return n, true, nil
		case p.skip:
			p.skip = false
		default:
			p.lines++
			p.dropped.Add(1)
			p.bytes += end
		}
		if end > 0 {
			next, p.inLine = p.text[end:n], p.text[n-1] != '\n'
		}
	}
	text := p.rest
	if p.begun && p.bytes > 0 {
		text = fmt.Appendf(text, "holdfast: %d lines dropped (%d bytes): %s\n", p.lines, p.bytes, p.why)
		p.inLine = len(next) > 0 && p.inLine
	}
	p.begun, p.rest, p.lines, p.bytes = true, append(text, next...), 0, 0
	stage, out := p.stream.stage, &p.stream.out
	if stage.waiting() == 0 {
		err = stage.clear(out.position(), time.Now())
	}
	if err == nil {
		err = stage.put(p.rest)
	}
	if err != nil {
		return 0, true, err
	}
	p.begun, p.rest = false, nil
	return max(n, 1), true, nil
}

func (p *spill) reason() string {
	p.stream.mu.Lock()
	defer p.stream.mu.Unlock()
	if errno := syscall.Errno(0); errors.As(p.stream.trouble, &errno) {
		return errno.Error()
	}
	return "the log was slower than the program"
}

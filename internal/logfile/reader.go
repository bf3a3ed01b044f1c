package logfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// A reader goes through a log from a position on, whichever files it is in now. It knows
// its position, so it finds its place again after any number of rotations.
//
// That the current file was truncated is recognised by its being shorter than what was
// read; one that has grown beyond that again before we looked is not.
type reader struct {
	log    Log
	at     int64       // the position of the next byte; negative for wherever the log begins
	to     int64       // where to end
	ahead  []byte      // what stands there, where it was read already
	notice func(error) // told of what cannot be read, which does not end the reading
	buffer []byte

	file     File // the one that is open
	content  *content
	replaced bool     // another file has the current one's name
	before   *content // a current file that was read to its end
	begun    bool     // a file was read
}

// next returns what comes next, until it is called again, and its position. After io.EOF
// there may be more later.
func (r *reader) next() (block []byte, position int64, err error) {
	for r.at < r.to {
		if len(r.ahead) > 0 {
			block, r.ahead = r.ahead, nil
			return block, r.pass(len(block)), nil
		}
		if r.content == nil {
			if err := r.find(); err != nil {
				return nil, 0, err
			}
			continue // it may begin beyond the end
		}
		n, err := r.read()
		switch {
		case n > 0:
			return r.buffer[:n], r.pass(n), nil
		case err == nil:
		case r.file.Current && err != io.EOF:
			return nil, 0, err
		case r.file.Current:
			switch more, err := r.turn(); {
			case err != nil:
				return nil, 0, err
			case !more:
				return nil, 0, io.EOF
			}
		default:
			if err != io.EOF {
				r.notice(fmt.Errorf("the rest of %s is left out: %w", r.file.Path, err))
			}
			r.at = r.file.End
			r.content.close()
			r.content = nil
		}
	}
	return nil, 0, io.EOF
}

// read reads no more than to the end, and of a rotated file no more than it should hold,
// which one that is broken may exceed.
func (r *reader) read() (int, error) {
	end := r.to
	if !r.file.Current {
		end = min(end, r.file.End)
	}
	n, err := r.content.Read(r.buffer[:max(1, min(int64(len(r.buffer)), end-r.at))])
	if n > 0 && r.at >= end {
		return 0, errors.New("it holds more than was written")
	}
	return n, err
}

func (r *reader) pass(n int) (position int64) {
	position = r.at
	r.at += int64(n)
	return position
}

// find opens the file that holds the position; io.EOF says that there is none yet.
func (r *reader) find() error {
	for range retries {
		files, err := r.log.Files()
		if errors.Is(err, fs.ErrNotExist) {
			return io.EOF
		}
		if err != nil {
			return err
		}
		r.recognise(files)
		file, ok := holding(files, r.at, r.begun)
		if !ok {
			return io.EOF
		}
		content, err := file.open(max(r.at, file.Start))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil && file.Current:
			return err
		case err != nil:
			r.notice(fmt.Errorf("%s is left out: %w", file.Path, err))
			r.at = file.End
			continue
		}
		r.close()
		r.skip(file.Start)
		r.file, r.content, r.replaced, r.begun = file, content, false, true
		return nil
	}
	return fmt.Errorf("%s is rotated faster than it can be read", r.log)
}

// recognise finds the current file that we have read among those that were rotated, and
// so its end, whatever others have done to it in between.
func (r *reader) recognise(files []File) {
	if r.before == nil {
		return
	}
	known, err := r.before.file.Stat()
	if err != nil {
		return
	}
	for _, file := range files {
		if file.Current || file.Compressed {
			continue
		}
		if info, err := os.Stat(file.Path); err == nil && os.SameFile(info, known) {
			r.at = file.End
		}
	}
}

// holding finds the file to go on with. Where the current one is another than that which
// was read before, it cannot begin earlier than that has ended, whatever the index says:
// its mark may not be written yet.
func holding(files []File, position int64, begun bool) (File, bool) {
	for _, file := range files {
		if back := position - file.Start; file.Current && begun && back > 0 {
			file.Start, file.End = file.Start+back, file.End+back
		}
		if file.Current || file.End > position {
			return file, true
		}
	}
	return File{}, false
}

// skip passes over what is not there any more.
func (r *reader) skip(to int64) {
	if missed := to - r.at; missed > 0 && r.at >= 0 {
		r.notice(fmt.Errorf("%d bytes of %s were removed before they could be read", missed, r.log))
	}
	r.at = max(r.at, to)
}

// turn decides what comes after the end of the current file, as it is now: nothing yet
// unless more is true.
func (r *reader) turn() (more bool, err error) {
	known, err := r.content.file.Stat()
	if err != nil {
		return false, err
	}
	if size := known.Size(); size < r.at-r.file.Start {
		if more, err := r.restart(size); more || err != nil {
			return more, err
		}
	}
	if r.replaced { // and what was written before that, but after we had read, is read now
		r.before, r.content = r.content, nil
		return true, nil
	}
	now, err := os.Stat(r.file.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		// One that was only renamed may still be written to. One that was removed is let
		// go, or the system would not tell that its directory was too.
		if known.Sys().(*syscall.Stat_t).Nlink == 0 {
			r.close()
		}
		return false, nil
	case err != nil:
		return false, err
	}
	r.replaced = !os.SameFile(known, now)
	return r.replaced, nil
}

// restart goes on in a file that was truncated by another program. Its writer does that
// too, to the last bytes, and then writes the same again: nothing but waiting is to be
// done, and no mark says that the file begins anew.
func (r *reader) restart(size int64) (bool, error) {
	marks, err := r.log.Marks()
	if err != nil {
		return false, err
	}
	start, err := r.log.Start()
	if err != nil {
		return false, err
	}
	switch {
	case start > r.file.Start:
		r.skip(start)
	case size > 0 && len(marks) > 0:
		return false, nil
	default:
		start = r.at
	}
	r.file.Start = start
	_, err = r.content.file.Seek(r.at-start, io.SeekStart)
	return err == nil, err
}

func (r *reader) close() {
	for _, c := range []*content{r.content, r.before} {
		if c != nil {
			c.close()
		}
	}
	r.content, r.before = nil, nil
}

package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// Follow prints the last n lines of file to w, all of them if n is negative, and
// then what is appended, until ctx ends, which is no error. The file may be made
// later, be truncated, and be replaced; the directory has to be there and to
// stay. Nothing is polled: the system reports changes in the directory.
//
// A file that was truncated is read from its beginning. It is recognised by
// being shorter than what was read; one that has grown beyond that again before
// we looked is not.
func Follow(ctx context.Context, w io.Writer, file string, n int) error {
	file = filepath.Clean(file)
	dir, name := filepath.Dir(file), filepath.Base(file)
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("cannot follow %s: %w", file, err)
	}
	defer watcher.Close()
	// Before the first look, so that no change falls in between.
	if err := watcher.Add(dir); err != nil {
		return fmt.Errorf("cannot follow %s: %w", file, err)
	}
	f := &follower{path: file, to: w}
	defer f.close()
	if err := f.begin(n); err != nil {
		return err
	}
	for changed := true; ; {
		if changed {
			if err := f.catchUp(ctx); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case event := <-watcher.Events:
			if event.Name == dir && event.Has(fsnotify.Remove|fsnotify.Rename) {
				return fmt.Errorf("cannot follow %s any more: its directory was removed or renamed", file)
			}
			changed = filepath.Base(event.Name) == name
		case err := <-watcher.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return fmt.Errorf("cannot follow %s any more: %w", file, err)
			}
			changed = true // something did, and we were not told what
		}
	}
}

// follower stands at the place up to which the file was printed.
type follower struct {
	path string
	to   io.Writer
	file *os.File // nil while there is none
}

func (f *follower) begin(n int) error {
	if err := f.open(); f.file == nil {
		return err
	}
	_, _, err := seekLast(f.file, n)
	return err
}

// open leaves file nil, without an error, when there is none.
func (f *follower) open() error {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f.file = file
	return nil
}

func (f *follower) close() {
	if f.file != nil {
		f.file.Close()
		f.file = nil
	}
}

// catchUp prints all there is, of a file that was replaced and then of the one
// in its place.
func (f *follower) catchUp(ctx context.Context) error {
	for ctx.Err() == nil {
		if f.file == nil {
			if err := f.open(); f.file == nil {
				return err
			}
		}
		if err := f.restartIfTruncated(); err != nil {
			return err
		}
		if err := f.print(ctx); err != nil {
			return err
		}
		switch replaced, err := f.replaced(); {
		case err != nil:
			return err
		case !replaced:
			return nil
		}
		// What was written before it was replaced, but after we read.
		if err := f.print(ctx); err != nil {
			return err
		}
		f.close()
	}
	return nil
}

func (f *follower) restartIfTruncated() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	at, err := f.file.Seek(0, io.SeekCurrent)
	if err == nil && info.Size() < at {
		_, err = f.file.Seek(0, io.SeekStart)
	}
	return err
}

// replaced reports whether another file has the name now, or this one has none
// any more. One that was only renamed may still be written to; one that was
// removed is let go, or the system would not tell that its directory was too.
func (f *follower) replaced() (bool, error) {
	known, err := f.file.Stat()
	if err != nil {
		return false, err
	}
	now, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return known.Sys().(*syscall.Stat_t).Nlink == 0, nil
	}
	return err == nil && !os.SameFile(known, now), err
}

// print looks at ctx now and then: a busy business may never let it reach the
// end.
func (f *follower) print(ctx context.Context) error {
	for ctx.Err() == nil {
		if _, err := io.CopyN(f.to, f.file, 1<<20); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

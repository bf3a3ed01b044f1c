package logfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

// Follow prints what q asks for and is in the log by now, and then what comes, until ctx
// ends, which is no error. The log may begin later, be rotated, by us or by another
// program, and be truncated; its directory has to be there and to stay. Nothing is polled:
// the system reports changes in the directory.
func (l Log) Follow(ctx context.Context, w io.Writer, q Query) error {
	l = Log(filepath.Clean(string(l)))
	dir, name, index := filepath.Dir(string(l)), filepath.Base(string(l)), filepath.Base(l.Index())
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("cannot follow %s: %w", l, err)
	}
	defer watcher.Close()
	// Before the first look, so that no change falls in between.
	if err := watcher.Add(dir); err != nil {
		return fmt.Errorf("cannot follow %s: %w", l, err)
	}
	r, err := l.begin(&q)
	if err != nil {
		return err
	}
	defer r.close()
	p := newPrinter(w, l, &q)
	if err := catchUp(ctx, r, p); err != nil {
		return err
	}
	if err := p.release(); err != nil {
		return err
	}
	r.to = math.MaxInt64
	for changed := true; ; {
		if changed {
			if err := catchUp(ctx, r, p); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case event := <-watcher.Events:
			if event.Name == dir && event.Has(fsnotify.Remove|fsnotify.Rename) {
				return fmt.Errorf("cannot follow %s any more: its directory was removed or renamed", l)
			}
			changed = filepath.Base(event.Name) == name || filepath.Base(event.Name) == index
		case err := <-watcher.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return fmt.Errorf("cannot follow %s any more: %w", l, err)
			}
			changed = true // something did, and we were not told what
		}
	}
}

// catchUp looks at ctx now and then: a busy business may never let it reach the end.
func catchUp(ctx context.Context, r *reader, p *printer) error {
	for ctx.Err() == nil {
		block, position, err := r.next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = p.add(block, position)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

package logs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"holdfast/internal/logfile"
)

// A keeper looks after the rotated files, beside everything else: it removes those that
// are too many, too old or too large together, and has the others compressed.
type keeper struct {
	settings Settings
	news     *news
	logs     []logfile.Log
	wakes    chan struct{} // there is something to do
	quit     chan struct{}
	gone     sync.WaitGroup
	closing  sync.Once

	// compress compresses a file until it has, or the context ends; nil: nothing does.
	compress func(ctx context.Context, path string) error

	mu     sync.Mutex
	paused bool
	cancel context.CancelFunc // of the compression that is under way; nil without one
	ended  chan struct{}      // closed when that has ended
	err    error
}

func newKeeper(settings Settings) *keeper {
	return &keeper{settings: settings, wakes: make(chan struct{}, 1), quit: make(chan struct{})}
}

// Keep begins to look after the rotated files. Compress, if it is not nil, is to do what
// [logfile.Compress] does, until the context ends; it is called for one file at a time.
func (c *Capture) Keep(compress func(ctx context.Context, path string) error) {
	k := c.keeper
	k.compress, k.news = compress, &c.news
	for _, log := range k.logs {
		log.RemoveUnfinished()
	}
	k.gone.Go(k.run)
	k.wake()
}

func (k *keeper) wake() {
	select {
	case k.wakes <- struct{}{}:
	default: // it will look anyhow
	}
}

func (k *keeper) trouble() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.err
}

func (k *keeper) run() {
	old := time.NewTimer(time.Hour)
	old.Stop()
	for {
		select {
		case <-k.quit:
			old.Stop()
			return
		case <-k.wakes:
		case <-old.C:
		}
		next, err := k.tidy(time.Now())
		k.mu.Lock()
		before := k.err
		k.err = err
		k.mu.Unlock()
		k.news.tellOther(before, err)
		if old.Stop(); next > 0 {
			old.Reset(next)
		}
		k.compressNext()
	}
}

// tidy removes what is not to be kept, and returns when the next file will be too old.
func (k *keeper) tidy(now time.Time) (next time.Duration, err error) {
	for _, log := range k.logs {
		files, listErr := log.Rest()
		err = errors.Join(err, listErr)
		var sizes []kept
		for _, file := range files {
			info, statErr := os.Stat(file.Path)
			if statErr == nil {
				sizes = append(sizes, kept{file.Path, info.Size(), now.Sub(info.ModTime())})
			}
		}
		var current int64
		if info, statErr := os.Stat(string(log)); statErr == nil {
			current = info.Size()
		}
		stay := k.settings.surplus(sizes, current)
		for _, file := range sizes[:stay] {
			if removeErr := os.Remove(file.path); !errors.Is(removeErr, fs.ErrNotExist) {
				err = errors.Join(err, removeErr)
			}
		}
		if stay < len(sizes) && k.settings.MaxAge != Default().MaxAge {
			due := max(time.Second, k.settings.MaxAge-sizes[stay].age)
			if next == 0 || due < next {
				next = due
			}
		}
	}
	return next, err
}

// kept is a rotated file.
type kept struct {
	path string
	size int64
	age  time.Duration
}

// surplus is how many of the files, oldest first, are not to be kept.
func (s Settings) surplus(files []kept, current int64) int {
	total, keep := max(current, min(s.MaxSize, s.MaxTotal/2)), int64(0) // it may yet grow
	for i := len(files) - 1; i >= 0; i-- {
		total += files[i].size
		if keep == s.MaxFiles || total > s.MaxTotal || files[i].age > s.MaxAge {
			break
		}
		keep++
	}
	return len(files) - int(keep)
}

// compressNext begins to compress the newest file that is not, if no compression is
// under way. The older ones are nearer to their end.
func (k *keeper) compressNext() {
	if !k.settings.Compress || k.compress == nil {
		return
	}
	for _, log := range k.logs {
		files, _ := log.Rest()
		for i := len(files) - 1; i >= 0; i-- {
			if !files[i].Compressed {
				k.begin(files[i].Path)
				return
			}
		}
	}
}

func (k *keeper) begin(path string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.paused || k.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	k.cancel, k.ended = cancel, ended
	go func() {
		defer close(ended)
		defer cancel()
		err := k.compress(ctx, path)
		k.mu.Lock()
		defer k.mu.Unlock()
		if _, gone := os.Stat(path); err == nil || gone != nil { // else it is tried again when something has changed
			k.wake()
		}
		k.cancel = nil
	}()
}

// pause ends a compression that is under way; proceed begins it anew.
func (k *keeper) pause() {
	k.mu.Lock()
	k.paused = true
	cancel, ended := k.cancel, k.ended
	k.mu.Unlock()
	if cancel != nil {
		cancel()
		<-ended
	}
}

func (k *keeper) proceed() {
	k.mu.Lock()
	k.paused = false
	k.mu.Unlock()
	k.wake()
}

func (k *keeper) close() {
	k.closing.Do(func() { close(k.quit) })
	k.pause()
	k.gone.Wait()
}

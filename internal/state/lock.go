package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ErrLocked is returned by [TryLock] for a lock that somebody holds.
var ErrLocked = errors.New("locked by another process")

// TryLock takes the lock at path, or returns [ErrLocked] at once.
//
// The lock (flock(2)) belongs to the open file: it is held until the last
// descriptor of it is closed, in whatever process, however that process ends.
// It is handed on by passing the descriptor to a child and closing the file
// here. The descriptor is close-on-exec, and must never reach the business,
// whose descendants would keep it. The file is never removed: one who locked
// the old file and one who locked a new one would both believe to be alone.
func TryLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	// A passing waiter is no holder, but a thousand tries are enough: one that
	// was stopped in its few microseconds must not stop us too.
	for range 1000 {
		if err = flock(file, unix.LOCK_EX); err != unix.EWOULDBLOCK {
			break
		}
		if shared := flock(file, unix.LOCK_SH); shared != nil {
			break
		}
		unix.Flock(int(file.Fd()), unix.LOCK_UN)
		time.Sleep(time.Millisecond)
	}
	if err == nil {
		return file, nil
	}
	file.Close()
	if err == unix.EWOULDBLOCK {
		err = ErrLocked
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

// Wait returns nil when nobody holds the lock at path, which includes that the
// file does not exist, or ctx's error when that ends first.
//
// It asks again after a tenth of the time it has waited, at least 1 ms and at
// most 50 ms: flock(2) can wait by itself, but then nothing ends it before the
// lock is free.
func Wait(ctx context.Context, path string) error {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	defer file.Close()
	for began := time.Now(); ; {
		// Shared, so that waiters do not wait for each other.
		if err := flock(file, unix.LOCK_SH); err == nil {
			return nil
		} else if err != unix.EWOULDBLOCK {
			return fmt.Errorf("lock %s: %w", path, err)
		}
		pause := min(max(time.Since(began)/10, time.Millisecond), 50*time.Millisecond)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// flock takes the lock if it can be had without waiting.
func flock(file *os.File, how int) error {
	for {
		if err := unix.Flock(int(file.Fd()), how|unix.LOCK_NB); err != unix.EINTR {
			return err
		}
	}
}

//go:build !linux

package proc

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Await has told called, in a goroutine of its own, when the process ends, which need not be a child. What is
// lost: how it ended, which the kernel tells only its parent; and the wait occupies a thread.
func (id ID) Await(told func(Ended)) error {
	queue, err := unix.Kqueue()
	if err != nil {
		return fmt.Errorf("process %d: kqueue: %w", id.PID, err)
	}
	change := make([]unix.Kevent_t, 1)
	unix.SetKevent(&change[0], id.PID, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	change[0].Fflags = unix.NOTE_EXIT
	if _, err = unix.Kevent(queue, change, nil, nil); err == nil && !id.Alive() {
		err = ErrGone
	}
	if err != nil {
		unix.Close(queue)
		if errors.Is(err, unix.ESRCH) {
			err = ErrGone
		}
		return fmt.Errorf("process %d: kqueue: %w", id.PID, err)
	}
	go func() {
		defer unix.Close(queue)
		for {
			if _, err := unix.Kevent(queue, nil, change, nil); err != unix.EINTR {
				break
			}
		}
		told(Ended{ID: id, Unknown: true})
	}()
	return nil
}

// Exit cannot be told here of a process that was not a child.
func (id ID) Exit(Witness, uint64) Ended { return Ended{ID: id, Unknown: true} }

// Age is how long ago the process started.
func (id ID) Age() time.Duration { return max(0, time.Since(time.UnixMilli(int64(id.Start)))) }

// Hold cannot be done here: no kernel but Linux keeps an exit for somebody who is not the parent.
func (w Witness) Hold(ID) (uint64, error) { return 0, errors.ErrUnsupported }

// Dismiss has nothing to do.
func (w Witness) Dismiss() {}

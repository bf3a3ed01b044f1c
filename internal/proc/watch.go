package proc

import (
	"errors"
	"time"
)

// watchPause is how long is waited before it is tried again to watch a process.
const watchPause = time.Second

// watch is [ID.Await] that fails only with [ErrGone]: while the system has no means left to wait, such as a file
// descriptor, it is tried again and again.
func (id ID) watch(told func(Ended)) error {
	err := id.Await(told)
	if err == nil || errors.Is(err, ErrGone) {
		return err
	}
	go func() {
		for err != nil {
			time.Sleep(watchPause)
			if err = id.Await(told); errors.Is(err, ErrGone) {
				told(Ended{ID: id, Unknown: true})
				return
			}
		}
	}()
	return nil
}

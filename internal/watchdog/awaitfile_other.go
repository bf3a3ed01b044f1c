//go:build !linux

package watchdog

import "time"

// awaitFile calls changed from time to time until quit is closed: what has changed is not
// told here.
func awaitFile(_ string, quit <-chan struct{}, changed func()) error {
	go func() {
		const pause = 20 * time.Millisecond
		for tick := time.NewTicker(pause); ; changed() {
			select {
			case <-tick.C:
			case <-quit:
				tick.Stop()
				return
			}
		}
	}()
	return nil
}

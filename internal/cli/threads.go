package cli

import (
	"runtime"
	"sync"
)

// spareThreads is more than a guardian was ever seen to need at once.
const spareThreads = 6

// reserveThreads has Go's runtime make threads now, which it keeps. One that it cannot have
// when it wants it, as where a program has used up the task limit of a control group, ends
// the process.
func reserveThreads() {
	var held, gone sync.WaitGroup
	release := make(chan struct{})
	held.Add(spareThreads)
	for range spareThreads {
		gone.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread() // or the thread would end
			held.Done()
			<-release
		})
	}
	held.Wait()
	close(release)
	gone.Wait()
}

package logs

import "time"

// gather lets the output of a business that writes line by line come together, so that
// its lines cost less. A pipe that is read as it is filled holds each line in a page of
// its own, and its writer and its reader wait for each other all the time; one that is
// left alone for a moment holds forty in a page.
//
// Output that comes alone is not kept waiting, and none for longer than gatherTime. A small
// pipe would be full before.
func (s *stream) gather(pipe int) {
	begin := time.Now()
	if s.read.size < pipeSize || begin.Sub(s.took) >= gatherTime {
		return
	}
	waiting, err := pipeWaiting(pipe)
	if waiting > gatherLittle {
		return
	}
	for err == nil && 0 < waiting && waiting < gatherSize && time.Since(begin) < gatherTime {
		before := waiting
		time.Sleep(gatherPause)
		if waiting, err = pipeWaiting(pipe); waiting == before {
			return
		}
	}
}

const (
	gatherTime   = 2 * time.Millisecond
	gatherPause  = 250 * time.Microsecond
	gatherLittle = 32 << 10
	gatherSize   = pipeSize / 4
)

package logs

// PipeSize is how many bytes the program may print while nobody carries them away, before
// it has to wait; at best 1 MiB.
func (c *Capture) PipeSize() int { return c.streams[0].read.size }

// WantedPipeSize is what [Capture.PipeSize] is where the host allows it.
const WantedPipeSize = pipeSize

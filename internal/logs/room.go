package logs

// PipeSize is how many bytes the program may print while nobody carries them away, before
// it has to wait; at best 1 MiB.
func (c *Capture) PipeSize() int { return pipeCapacity(int(c.streams[0].write.Fd())) }

// WantedPipeSize is what [Capture.PipeSize] is where the host allows it.
const WantedPipeSize = pipeSize

package proc

// Witness is a file that keeps how a process ended until somebody asks, even if nobody is there when that
// happens: a pidfd, mounted on the path. It takes Linux 6.15 and the right to mount; without, the exit of a
// process that died while it had no guardian is known only as long as it is a zombie.
//
// It costs one entry in the table of mounts, and no process. Which process it speaks for is told by its seal, the
// number that the kernel gives each process once and for all.
type Witness string

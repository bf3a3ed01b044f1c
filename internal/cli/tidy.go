package cli

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"holdfast/internal/proc"
	"holdfast/internal/state"
	"holdfast/internal/watchdog"
	"holdfast/pidfile"
)

// tidy leaves nothing behind that belongs to a living guardian only.
func (p post) tidy() {
	if err := removePIDFile(p.service); err != nil {
		p.log.Warn().Err(err).Msg("left the PID file alone")
	}
	if err := errors.Join(p.capture.Close(), removeFIFOs(p.dir)); err != nil {
		p.log.Warn().Err(err).Msg("closing the log")
	}
}

// tidy is for what was left by a guardian that was killed when the end of its service was
// on record already, and the pipe of a survivor that has ended since. What cannot be removed
// is in nobody's way.
func (v view) tidy() {
	lock, err := state.TryLock(v.dir.LockFile())
	if err != nil { // there is a guardian again, or has never been one
		return
	}
	defer lock.Close()
	if found, err := pidfile.Verify(v.record.Service.PIDFile); err == nil && found.State != pidfile.Alive {
		pidfile.Remove(found.Path, found.PID)
	}
	removeFIFOs(v.dir)
	proc.Witness(v.dir.Witness()).Dismiss()
	os.Remove(v.dir.Notify())
	os.Remove(v.dir.Control())
}

// removePIDFile removes ours, if there is one.
func removePIDFile(service watchdog.Service) error {
	if service.PIDFile == "" {
		return nil
	}
	return pidfile.Remove(service.PIDFile, os.Getpid())
}

// removeFIFOs removes those that nobody has open. What outlives a stop, as KillMode=process
// has it, goes on to write there, for the next guardian to read.
func removeFIFOs(dir state.Dir) error {
	var all []error
	for _, fifo := range []string{dir.FIFO(), dir.StderrFIFO()} {
		if isHeld(fifo) {
			continue
		}
		if err := os.Remove(fifo); !errors.Is(err, fs.ErrNotExist) {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// isHeld reports whether a process has the FIFO open for which it was stdout or stderr. That
// one has it open for reading, too (see [holdfast/internal/logs]), and a FIFO that nobody
// reads cannot be opened to write.
func isHeld(fifo string) bool {
	fd, err := unix.Open(fifo, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	unix.Close(fd)
	return true
}

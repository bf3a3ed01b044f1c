// Package logs carries the business's output from its FIFO into its log.
//
// The business holds the FIFO open for reading and writing. So it never writes
// to a pipe without a reader: with the guardian gone its writes neither fail nor
// raise SIGPIPE, they wait in the pipe, and in the end the business waits, for
// the next guardian.
package logs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"holdfast/internal/logfile"
)

// Paths are where a capture finds and leaves things.
type Paths struct {
	FIFO, StderrFIFO     string      // what the business writes to
	Stage, StderrStage   string      // output on its way; see [stage]
	Output, StderrOutput logfile.Log // where it goes
}

// Capture is the guardian's end: it carries what the business writes into the log, in
// large blocks, as it comes.
//
// No error ends it or stops the business. What cannot be written waits, or is dropped,
// as [Settings] say, and is tried again.
type Capture struct {
	streams []*stream   // stdout's, and stderr's if it has its own
	through [2]*os.File // what the business has instead, if there are no streams
	keeper  *keeper
	echo    *echo // nil without one
	news    news
}

// Open makes the FIFOs where there are none, keeping those with output in them, and
// begins to carry them into the logs, which go on and whose files are made with mode
// 0640. If to is not nil it gets the same bytes: the stdout of a foreground run.
//
// A file that cannot be opened is an error, unless only a full disk is in the way; that
// passes.
func Open(paths Paths, settings Settings, to io.Writer) (*Capture, error) {
	settings = settings.complete()
	c := &Capture{keeper: newKeeper(settings)}
	err := c.open(paths.FIFO, paths.Stage, paths.Output, settings)
	if err == nil && settings.Stderr {
		err = c.open(paths.StderrFIFO, paths.StderrStage, paths.StderrOutput, settings)
	}
	if err == nil && to != nil {
		c.echo, err = newEcho(to)
	}
	if err != nil {
		for _, s := range c.streams {
			s.release()
		}
		return nil, err
	}
	for _, s := range c.streams {
		s.start(c.echo)
	}
	return c, nil
}

// Through returns a capture that carries nothing: the business writes to these files
// itself, there is no log, and no line of it is known here.
func Through(stdout, stderr *os.File) *Capture {
	return &Capture{keeper: newKeeper(Settings{}), through: [2]*os.File{stdout, stderr}}
}

func (c *Capture) open(fifo, stage string, log logfile.Log, settings Settings) error {
	s, err := openStream(fifo, stage, log, settings, c.keeper.wake)
	if err == nil {
		s.news = &c.news
		c.streams = append(c.streams, s)
		c.keeper.logs = append(c.keeper.logs, log)
	}
	return err
}

// Stdout and Stderr return what is to become the business's stdout and stderr. They stay
// open, for the next run, until [Capture.Close]; the caller does not close them.
func (c *Capture) Stdout() *os.File {
	if len(c.streams) == 0 {
		return c.through[0]
	}
	return c.streams[0].writer()
}

// Stderr is [Capture.Stdout] for stderr; often it is the same file.
func (c *Capture) Stderr() *os.File {
	if len(c.streams) == 0 {
		return c.through[1]
	}
	return c.streams[len(c.streams)-1].writer()
}

// Chown gives the FIFOs to a business that runs as another user, which otherwise
// could not open /dev/stdout. As in chown(2), -1 leaves uid or gid as it is.
func (c *Capture) Chown(uid, gid int) error {
	return c.each(func(s *stream) error { return s.write.Chown(uid, gid) })
}

// StartRun notes that a run begins, at which [Capture.Tail] begins anew.
func (c *Capture) StartRun(number int, id string) {
	for _, s := range c.streams {
		s.startRun(number, id)
	}
}

// ContinueRun has [Capture.Tail] begin where that run began, which another guardian has
// seen.
func (c *Capture) ContinueRun(id string) {
	for _, s := range c.streams {
		s.continueRun(id)
	}
}

// Tail returns the last n lines, or fewer, of the current run's output: long ones
// shortened, and safe to print on a terminal. A last line that has no end yet counts.
// Of two logs it returns stderr's lines, and before them stdout's if there is room.
func (c *Capture) Tail(n int) []string {
	var lines []string
	for _, s := range slices.Backward(c.streams) {
		lines = append(s.tail(n-len(lines)), lines...)
	}
	return lines
}

// Trouble says what keeps output from the log now, and what becomes of that output; ""
// when nothing does.
func (c *Capture) Trouble() string {
	var all []string
	for _, s := range c.streams {
		if ails := s.ails(); ails != "" {
			all = append(all, ails)
		}
	}
	if err := c.keeper.trouble(); err != nil {
		all = append(all, fmt.Sprintf("the old log files cannot be looked after: %v", err))
	}
	return strings.Join(all, "; ")
}

// drainPatience is how long the guardian waits for a disk.
const drainPatience = time.Second

// Drain returns when everything that was written to the FIFO before the call is in the
// log, or cannot be written. It does not wait for a writer that goes on, for it moves no
// more than the pipe can hold, nor for a disk that takes nothing for a second.
func (c *Capture) Drain() {
	for _, s := range c.streams {
		s.drain()
	}
}

// Rotate begins a new file, or, if somebody else has moved the present one away, as
// logrotate(8) does, goes on in the one that has its name now.
func (c *Capture) Rotate() error {
	if len(c.streams) == 0 {
		return errors.New("there is no log file: the output goes to the guardian's standard output and standard error")
	}
	return c.each((*stream).rotateNow)
}

// Rest ends a compression that is under way, and begins none until [Capture.Proceed].
func (c *Capture) Rest() { c.keeper.pause() }

// Proceed undoes [Capture.Rest].
func (c *Capture) Proceed() { c.keeper.proceed() }

// Hold stops the carrying between two blocks until release is called: what comes
// meanwhile waits in the pipe, and nothing is in this process only. It fails where that
// cannot be had soon.
func (c *Capture) Hold() (release func(), err error) {
	var held []*stream
	release = func() {
		for _, s := range held {
			s.proceed()
		}
	}
	for _, s := range c.streams {
		if err := s.hold(); err != nil {
			release()
			return nil, err
		}
		held = append(held, s)
	}
	if c.echo != nil {
		c.echo.flush()
	}
	return release, nil
}

// Close drains, ends the carrying and closes everything. What a full disk has left in
// the pipe is saved for the next guardian. The FIFOs stay, for a business that still
// writes to them; see [Capture.Remove]. Closing again does nothing.
func (c *Capture) Close() error {
	c.keeper.close()
	err := c.each((*stream).close)
	if c.echo != nil {
		c.echo.close()
	}
	return err
}

func (c *Capture) each(do func(*stream) error) error {
	var all []error
	for _, s := range c.streams {
		all = append(all, do(s))
	}
	return errors.Join(all...)
}

// Remove unlinks the FIFOs, for when no business is left to write to them.
func (c *Capture) Remove() error {
	return c.each(func(s *stream) error { return os.Remove(s.fifo) })
}

package watchdog

import (
	"context"
	"fmt"
	"os"

	"holdfast/internal/logs"
	"holdfast/internal/proc"
)

// LogSettings say how the business's output is kept.
type LogSettings = logs.Settings

// rotationRequested is what SIGUSR1 means.
type rotationRequested struct{}

// Rotate begins a new log file, or, if somebody has moved the present one away, goes on
// in the one that has its name now. It may be called from any goroutine.
func (g *Guardian) Rotate() error { return g.capture.Rotate() }

func (g *Guardian) rotate() {
	if err := g.Rotate(); err != nil {
		g.log.Warn().Err(err).Msg("cannot rotate the log")
	}
}

// logChanged is the message that something ails the log, or has ceased to.
type logChanged struct{}

// tellLog puts into the guardian's own log, which may have room, what ails the other.
func (g *Guardian) tellLog() {
	ails := g.capture.Trouble()
	switch {
	case ails == g.ails:
		return
	case ails == "":
		g.log.Info().Msg("the log is well again")
	default:
		g.log.Warn().Msg(ails)
	}
	g.ails = ails
}

// keepLog begins to look after the log, and the old log files.
func (g *Guardian) keepLog() {
	g.capture.Watch(func() { go g.send(logChanged{}) }, func(path string) {
		g.log.Warn().Str("file", path).Msg("the disk is full: an old log file was removed")
	})
	if len(g.Compressor) == 0 {
		g.capture.Keep(nil)
		return
	}
	g.capture.Keep(g.compress)
}

// compress has a process do it, for that costs memory which the guardian would not be
// rid of again.
func (g *Guardian) compress(ctx context.Context, path string) error {
	spec := proc.Spec{Path: g.Compressor[0], Args: append(g.Compressor[:len(g.Compressor):len(g.Compressor)], path), Env: os.Environ()}
	id, ended, err := g.reaper.SpawnAside(spec)
	if err == nil {
		select {
		case end := <-ended:
			if exit := plainExit(end); exit != (Exit{}) {
				err = fmt.Errorf("it %s", past(&exit))
			}
		case <-ctx.Done():
			g.reaper.KillAside(id)
			<-ended
			return ctx.Err()
		}
	}
	if err != nil {
		g.log.Warn().Err(err).Str("file", path).Msg("cannot compress a log file")
	}
	return err
}

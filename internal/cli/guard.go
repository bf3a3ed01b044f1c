package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/rs/zerolog"

	"holdfast/daemon"
	"holdfast/internal/control"
	"holdfast/internal/logfile"
	"holdfast/internal/logs"
	"holdfast/internal/notify"
	"holdfast/internal/proc"
	"holdfast/internal/state"
	"holdfast/internal/watchdog"
	"holdfast/pidfile"
)

// orders is what the launcher hands to the guardian: everything it has resolved and
// checked, so that the guardian reads no configuration of its own.
type orders struct {
	Service watchdog.Service
	Dir     state.Dir
	NoBlock bool
}

// guardDaemon is the life of a detached guardian.
func guardDaemon(launched *daemon.Guardian) int {
	var o orders
	if err := json.Unmarshal(launched.Payload, &o); err != nil {
		launched.Failed(failedBody(o.Service, fmt.Errorf("the launcher's orders make no sense: %w", err)))
		return exitFailed
	}
	record, err := guard(o.Service, o.Dir, launched.Files[0], nil, guardianLog(o.Dir, nil), func(g *watchdog.Guardian) {
		attend(launched, g, o.NoBlock)
	})
	if err != nil {
		launched.Failed(failedBody(o.Service, err))
		return exitFailed
	}
	return exitAs(record)
}

// attend starts the business and tells the launcher how that went.
func attend(launched *daemon.Guardian, g *watchdog.Guardian, noBlock bool) {
	ctx := context.Background()
	if noBlock {
		if reply, err := g.Ask(ctx, nil); err == nil {
			launched.Started(encode(reply))
		}
		go g.Ask(ctx, watchdog.StartRequested{})
		return
	}
	answered := make(chan struct{})
	go func() {
		select {
		case <-launched.Cancelled():
			if adopted(ctx, g) {
				os.Exit(exitFailed) // the business goes on, as before this guardian came
			}
			g.Ask(ctx, watchdog.StopRequested{})
		case <-answered:
		}
	}()
	reply, err := g.Ask(ctx, watchdog.StartRequested{})
	close(answered)
	switch {
	case errors.Is(err, watchdog.ErrOver): // an adopted business has ended before anybody could ask for it
		reply.Outcome = watchdog.StartFailed
		if reply.Record.State == watchdog.Dead {
			reply.Outcome = watchdog.Ended
		}
		launched.Failed(encode(reply))
	case err != nil:
		launched.Failed(failedBody(watchdog.Service{}, err))
	case reply.Over && reply.Outcome == watchdog.StartFailed:
		launched.Failed(encode(reply))
	default:
		if launched.Started(encode(reply)) != nil && !adopted(ctx, g) { // nobody is left to be told, so it did not start
			g.Ask(ctx, watchdog.StopRequested{})
		}
	}
}

// adopted reports whether the business is one that a dead guardian has started: it does
// not end with the start that found it.
func adopted(ctx context.Context, g *watchdog.Guardian) bool {
	reply, err := g.Ask(ctx, nil)
	return err == nil && reply.Record.Adopted()
}

// guard runs the guardian of a service from its first start to its last exit. open is
// called in a goroutine of its own once the guardian listens; it asks for the start, and
// returns when nobody waits for that any more. lock is the service's.
func guard(service watchdog.Service, dir state.Dir, lock *os.File, echo io.Writer, log zerolog.Logger, open func(*watchdog.Guardian)) (watchdog.Record, error) {
	syscall.Umask(int(service.UMask)) // the business inherits it
	if !service.Log.Stderr && isHeld(dir.StderrFIFO()) {
		service.Log.Stderr = true
		log.Info().Msg("stderr keeps a log of its own while this guardian lives, for what an earlier one has started still writes to it")
	}
	capture, err := openLog(service, dir, echo)
	if err != nil {
		return watchdog.Record{}, err
	}
	var previous watchdog.Record
	state.Load(dir.StateFile(), &previous) // a damaged or missing past is no reason not to guard
	guardian, err := watchdog.NewGuardian(service, dir, previous, capture, log)
	if err != nil {
		return watchdog.Record{}, err
	}
	if file := previous.Service.PIDFile; file != "" && file != service.PIDFile {
		pidfile.Remove(file, previous.Guardian.PID) // if that one could not, and if it is still there
	}
	var listener *net.UnixListener // nil where nobody could find it
	if dir.Runtime != "" {
		if listener, err = control.Listen(dir.Control()); err != nil {
			return watchdog.Record{}, err
		}
	}
	if err := guardian.Listen(); err != nil {
		listener.Close()
		return watchdog.Record{}, err
	}
	p := post{service, dir, lock, capture, listener, log, echo != nil}
	return p.keep(guardian, open), nil
}

// A post is what a guardian has in its hands.
type post struct {
	service    watchdog.Service
	dir        state.Dir
	lock       *os.File
	capture    *logs.Capture
	listener   *net.UnixListener
	log        zerolog.Logger
	foreground bool
}

// keep is the guardian's life, up to its end or to a handover.
func (p post) keep(guardian *watchdog.Guardian, open func(*watchdog.Guardian)) watchdog.Record {
	reserveThreads()
	guardian.Version = version
	guardian.Compressor = []string{"/proc/self/exe", compressLog}
	if p.foreground { // one that has detached itself is not what the manager has started
		guardian.Announce(notify.OurManager())
	}
	opened := make(chan struct{})
	server := control.NewServer(p.listener, guardian)
	guardian.PrepareHandover(p.succession(guardian, opened, server))
	if p.listener != nil {
		go server.Serve()
	}
	go func() {
		open(guardian)
		close(opened)
	}()
	record := guardian.Run()
	p.tidy()
	p.listener.Close()
	server.Pause() // for good: the last answers go out before this process ends
	os.Remove(p.dir.Control())
	if record.Trouble != "" && p.dir.Runtime != "" { // what is gone by now may have left the room that the last state needs
		state.Save(p.dir.StateFile(), record)
	}
	<-opened
	if os.Getpid() == 1 {
		p.dir.Discard()
	}
	return record
}

// openLog begins to carry the business's output; see [logs.Open]. Without a log directory
// the business has our own stdout and stderr.
func openLog(service watchdog.Service, dir state.Dir, echo io.Writer) (*logs.Capture, error) {
	if dir.Log == "" {
		return logs.Through(os.Stdout, os.Stderr), nil
	}
	return logs.Open(logs.Paths{
		FIFO: dir.FIFO(), Stage: dir.Stage(), Output: logfile.Log(dir.Output()),
		StderrFIFO: dir.StderrFIFO(), StderrStage: dir.StderrStage(), StderrOutput: logfile.Log(dir.StderrOutput()),
	}, service.Log, echo)
}

// exitAs ends the guardian as its business ended, so that whoever watches the guardian
// sees the truth. It returns where the business exited by itself, or where a signal
// cannot end this process (PID 1).
func exitAs(record watchdog.Record) int {
	if status := record.EndStatus(); status != nil {
		return *status
	}
	exit := record.LastExit()
	switch {
	case !record.Progress.Ran && record.State == watchdog.Failed:
		return exitFailed // it did not come to a run
	case !record.Progress.Ran:
		return exitDone
	case exit == nil || record.State == watchdog.Dead && record.Result != watchdog.Success:
		return exitDone // stopped before it ran, or while it waited for a restart
	case exit.Signal != 0:
		proc.DieBySignal(exit.Signal)
		return 128 + int(exit.Signal)
	case exit.NoFork, exit.Code == 0 && record.State == watchdog.Failed:
		return exitFailed
	}
	return exit.Code
}

func encode(reply watchdog.Reply) []byte {
	body, _ := json.Marshal(reply) // plain values: cannot fail
	return body
}

// failedBody is the answer of a guardian that never came to guard.
func failedBody(service watchdog.Service, err error) []byte {
	return encode(watchdog.Reply{Outcome: watchdog.StartFailed, Over: true, Record: watchdog.Record{
		Service: service, State: watchdog.Failed, Result: watchdog.Resources, Reason: err.Error(),
	}})
}

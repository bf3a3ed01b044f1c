package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"holdfast/internal/control"
	"holdfast/internal/proc"
	"holdfast/internal/state"
	"holdfast/internal/watchdog"
	"holdfast/pidfile"
)

func stopCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stop NAME…",
		Short: "End a service and everything it has started",
		Long: `Stop asks everything that the service has started to end, ends by force what does not
heed that within TimeoutStopSec=, and returns when nothing is left.

A service that does not run is no error.`,
		Args:              namesWanted,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			return forEach(args, func(name string) error { return stop(c.OutOrStdout(), name) })
		},
	}
}

func stop(stdout io.Writer, name string) error {
	v, err := inspect(name)
	if err != nil {
		return orUnknown(err)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	foreign := v.dir.Own()
	if foreign != nil && (v.guardian == killed || v.guardian == unreachable) {
		return failure(fmt.Errorf("%s: %w; without its guardian only that user can stop it, for what is on record there is theirs to write", name, foreign))
	}
	switch v.guardian {
	case absent:
		if foreign == nil {
			v.tidy()
		}
		fmt.Fprintf(stdout, "%s is not running\n", name)
		return nil
	case killed:
		return v.stopOrphan(ctx, stdout)
	case silent:
		return failure(v.unheard())
	}
	seen := v.alive(v.record.Guardian)
	asked, err := v.askToStop(ctx)
	switch {
	case err != nil:
	case seen:
		err = awaitEnd(ctx, proc.ID(asked))
	default: // it is in another PID namespace, perhaps, as a container's is
		err = state.Wait(ctx, v.dir.LockFile())
	}
	if ctx.Err() != nil {
		return failure(fmt.Errorf("interrupted; %s is still being stopped", name))
	}
	if err != nil {
		return failure(fmt.Errorf("%s: %w", name, err))
	}
	return reportStopped(stdout, name, asked)
}

// askToStop returns which guardian was asked.
func (v view) askToStop(ctx context.Context) (asked watchdog.Process, err error) {
	if v.guardian == unreachable {
		err := proc.ID(v.record.Guardian).Signal(syscall.SIGTERM) // which means the same
		if errors.Is(err, proc.ErrGone) {
			err = nil
		}
		return v.record.Guardian, err
	}
	reply, err := control.Ask(ctx, v.dir.Control(), control.Request{Verb: control.Stop})
	if errors.Is(err, control.ErrNoGuardian) { // it has ended before it could answer
		err = nil
	}
	return cmp.Or(reply.Record.Guardian, v.record.Guardian), err
}

// awaitEnd returns when the process is gone, or ctx's error when that ends first. For a
// guardian the lock is not enough: the next may have it by then.
func awaitEnd(ctx context.Context, id proc.ID) error {
	for began := time.Now(); id.Alive(); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(max(time.Since(began)/10, time.Millisecond), 50*time.Millisecond)):
		}
	}
	return nil
}

func reportStopped(stdout io.Writer, name string, asked watchdog.Process) error {
	v, err := look(name)
	if err != nil {
		return failure(err)
	}
	if next := v.record.Guardian; next != asked && v.alive(next) {
		fmt.Fprintf(stdout, "%s was stopped, but has been started again meanwhile; PID %d guards it now\n", name, next.PID)
		return nil
	}
	service := v.record.Service
	if v.alive(v.record.Business) && service.KillMode != watchdog.KillNone {
		left := fmt.Sprintf("%s was stopped, but PID %d does not end and runs on, unguarded", name, v.record.Business.PID)
		if service.SendSIGKILL { // it has become another user, perhaps
			return failure(fmt.Errorf("%s; 'holdfast logs --guardian %s' tells more", left, name))
		}
		fmt.Fprintf(stdout, "%s, for SendSIGKILL=no forbids to kill it\n", left)
		return nil
	}
	if v.record.Result == watchdog.Timeout {
		fmt.Fprintf(stdout, "%s was stopped, but did not end within %s and was killed\n", name, watchdog.Span(service.TimeoutStopSec))
		return nil
	}
	fmt.Fprintf(stdout, "%s was stopped\n", name)
	return nil
}

// stopOrphan ends what a killed guardian has left behind.
func (v view) stopOrphan(ctx context.Context, stdout io.Writer) error {
	name := v.record.Service.Name
	lock, err := state.TryLock(v.dir.LockFile())
	if err != nil {
		return failure(fmt.Errorf("%s: %w", name, err))
	}
	defer lock.Close()
	before := v.record
	before.Business = v.estate.Business
	if err := v.endOrphan(ctx); err != nil {
		return failure(fmt.Errorf("%s: %w", name, err))
	}
	left, err := before.Estate()
	switch {
	case v.estate.Members == 0:
		fmt.Fprintf(stdout, "%s is not running; its guardian had been killed\n", name)
	case err != nil || left.Members > 0:
		fmt.Fprintf(stdout, "%s was stopped; its guardian had been killed\n", name)
	case before.Business.PID == 0:
		fmt.Fprintf(stdout, "%s was stopped (its guardian had been killed; what it had started is gone)\n", name)
	default:
		fmt.Fprintf(stdout, "%s was stopped (its guardian had been killed; PID %d and what it had started are gone)\n", name, before.Business.PID)
	}
	return nil
}

// endOrphan is stopOrphan for a caller who holds the lock. This process becomes the
// guardian for as long as it takes: so the stop goes through its phases, the output is
// kept to the last line, and the exit is put on record.
func (v view) endOrphan(ctx context.Context) error {
	service, log := v.record.Service, guardianLog(v.dir, nil)
	if err := pidfile.Write(service.PIDFile, os.Getpid()); err != nil { // its directory may be gone
		log.Warn().Err(err).Msg("no PID file while what was left is ended")
	}
	_, err := guard(service, v.dir, nil, nil, log, func(g *watchdog.Guardian) {
		defer context.AfterFunc(ctx, func() {
			fmt.Fprintf(os.Stderr, "holdfast: interrupted; %s was not stopped to its end, and has no guardian\n", service.Name)
			os.Exit(exitFailed)
		})()
		g.Ask(context.Background(), watchdog.StopRequested{})
	})
	if err != nil {
		removePIDFile(service)
	}
	return err
}

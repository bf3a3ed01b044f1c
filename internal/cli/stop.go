package cli

import (
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
	"holdfast/pidfile"
	"holdfast/watchdog"
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
	switch v.guardian {
	case absent:
		fmt.Fprintf(stdout, "%s is not running\n", name)
		return nil
	case killed:
		return v.stopOrphan(ctx, stdout)
	case silent:
		return failure(silence(v))
	}
	// A guardian that is gone before it answers has ended all the same; the lock tells.
	_, err = control.Ask(ctx, v.dir.Control(), control.Request{Verb: control.Stop})
	if err == nil || errors.Is(err, control.ErrNoGuardian) {
		err = state.Wait(ctx, v.dir.LockFile())
	}
	if ctx.Err() != nil {
		return failure(fmt.Errorf("interrupted; %s is still being stopped", name))
	}
	if err != nil {
		return failure(fmt.Errorf("%s: %w", name, err))
	}
	return reportStopped(stdout, name)
}

func reportStopped(stdout io.Writer, name string) error {
	v, err := look(name)
	if err != nil {
		return failure(err)
	}
	if v.record.Result == watchdog.Timeout {
		fmt.Fprintf(stdout, "%s was stopped, but did not end within %s and was killed\n", name, watchdog.Span(v.record.Service.TimeoutStopSec))
		return nil
	}
	fmt.Fprintf(stdout, "%s was stopped\n", name)
	return nil
}

// stopOrphan ends what a killed guardian has left behind: the business and everything
// below it, with the signals and the patience that the service asks for.
func (v view) stopOrphan(ctx context.Context, stdout io.Writer) error {
	name := v.record.Service.Name
	lock, err := state.TryLock(v.dir.LockFile())
	if err != nil {
		return failure(fmt.Errorf("%s: %w", name, err))
	}
	defer lock.Close()
	business := v.record.Business.PID // 0 if it is dead, too
	if err := v.endOrphan(ctx); err != nil {
		return failure(fmt.Errorf("%s: %w", name, err))
	}
	if business != 0 {
		fmt.Fprintf(stdout, "%s was stopped (its guardian had been killed; PID %d and what it had started are gone)\n", name, business)
	} else {
		fmt.Fprintf(stdout, "%s is not running; its guardian had been killed\n", name)
	}
	return nil
}

// endOrphan is stopOrphan for a caller who holds the lock.
func (v view) endOrphan(ctx context.Context) error {
	if v.alive(v.record.Business) {
		if err := endTree(ctx, proc.ID(v.record.Business), v.record.Service); err != nil {
			return err
		}
	}
	return v.settleEstate()
}

// endTree signals a tree that is not ours to wait for, so it has to look again and
// again until the tree is gone.
func endTree(ctx context.Context, root proc.ID, service watchdog.Service) error {
	tree, err := proc.SignalTree(root, service.KillSignal)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(min(service.TimeoutStopSec, 24*time.Hour))
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		alive := living(tree)
		if len(alive) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			if !service.SendSIGKILL {
				return fmt.Errorf("PID %d is still there, and SendSIGKILL=no forbids to kill it", alive[0].PID)
			}
			for _, id := range alive {
				more, _ := proc.SignalTree(id, service.FinalKillSignal) // gone already is as well
				tree = append(tree, more...)
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("interrupted; PID %d is still there", alive[0].PID)
		}
	}
}

func living(tree []proc.ID) (alive []proc.ID) {
	for _, id := range tree {
		if id.Alive() {
			alive = append(alive, id)
		}
	}
	return alive
}

// settleEstate does what the killed guardian would have done at its end.
func (v view) settleEstate() error {
	record := v.record
	if err := pidfile.Remove(record.Service.PIDFile, record.Guardian.PID); err != nil && !errors.Is(err, pidfile.ErrNotOurs) {
		return err
	}
	record.Reason = fmt.Sprintf("stopped on request, after the guardian (PID %d) was killed", record.Guardian.PID)
	record.State, record.StateChanged = watchdog.Dead, time.Now()
	record.Guardian, record.Business = watchdog.Process{}, watchdog.Process{}
	os.Remove(v.dir.Control())
	os.Remove(v.dir.FIFO())
	return state.Save(v.dir.StateFile(), record)
}

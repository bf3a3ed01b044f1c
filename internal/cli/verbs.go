package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"holdfast/internal/control"
	"holdfast/internal/state"
	"holdfast/internal/watchdog"
)

func restartCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restart NAME…",
		Short: "Stop a service and start it again, under the same guardian",
		Long: `Restart stops the program and everything it has started, and starts it again. The
guardian and its PID stay. A service that does not run is started.`,
		Args:              namesWanted,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			return forEach(args, func(name string) error { return restart(c, name, true) })
		},
	}
}

func tryRestartCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "try-restart NAME…",
		Short:             "Restart a service if it runs",
		Args:              namesWanted,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			return forEach(args, func(name string) error { return restart(c, name, false) })
		},
	}
}

func restart(c *cobra.Command, name string, startToo bool) error {
	v, err := look(name)
	if errors.Is(err, errUnknown) && !startToo {
		if v, err = inspect(name); err != nil {
			return orUnknown(err)
		}
	}
	switch {
	case err != nil && !errors.Is(err, errUnknown):
		return err
	case err == nil && v.guardian == present && (startToo || !v.idle()):
		if path := v.changedOnDisk(); path != "" {
			fmt.Fprintf(c.ErrOrStderr(), "holdfast: warning: %s has changed since %s was started; 'holdfast stop %[2]s' and 'holdfast start %[3]s' take that in\n",
				path, name, fileOf(v.record.Service))
		}
		return ask(c.OutOrStdout(), v, control.Request{Verb: control.Restart})
	case err == nil && v.guardian == killed && v.estate.Business.PID != 0:
		// The program is there; what it lacks is a guardian that restarts it.
		if err := start(io.Discard, v.record.Service, false, adoptOrphan); err != nil {
			return err
		}
		v.guardian = present
		return ask(c.OutOrStdout(), v, control.Request{Verb: control.Restart})
	case err == nil && v.guardian != killed && v.unheard() != nil:
		return failure(v.unheard())
	case !startToo:
		fmt.Fprintf(c.OutOrStdout(), "%s is not running\n", name)
		return nil
	}
	loaded, err := new(target).resolve(c, []string{name})
	warn(c.ErrOrStderr(), loaded.Problems)
	if err != nil {
		return usage(err)
	}
	warn(c.ErrOrStderr(), unenforced(loaded))
	return start(c.OutOrStdout(), loaded.Service, false, adoptOrphan)
}

// idle reports whether the service has ended, though its guardian may wait for an OnCrash=
// command.
func (v view) idle() bool {
	return v.record.State == watchdog.Dead || v.record.State == watchdog.Failed
}

func reloadCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "reload NAME…",
		Short:             "Ask a program to read its configuration again (ExecReload=; SIGHUP to a bare command)",
		Args:              namesWanted,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			return forEach(args, func(name string) error {
				return tell(c.OutOrStdout(), name, control.Request{Verb: control.Reload})
			})
		},
	}
}

func killCommand() *cobra.Command {
	var signal, whom string
	c := &cobra.Command{
		Use:   "kill NAME…",
		Short: "Send a signal to a service's processes",
		Long: `Kill sends a signal and nothing more: a program that ends of it is restarted or not
by the same rules as after any other exit. To end a service use stop.`,
		Args:              namesWanted,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			number, err := watchdog.ParseSignal(signal)
			if err != nil {
				return usage(fmt.Errorf("--signal: %w", err))
			}
			switch watchdog.Whom(whom) {
			case watchdog.WhomMain, watchdog.WhomControl, watchdog.WhomAll:
			default:
				return usage(fmt.Errorf("--kill-whom=%s: write main, control or all", whom))
			}
			request := control.Request{Verb: control.Kill, Signal: number, Whom: watchdog.Whom(whom)}
			return forEach(args, func(name string) error { return tell(c.OutOrStdout(), name, request) })
		},
	}
	c.Flags().StringVarP(&signal, "signal", "s", "SIGTERM", "the `SIGNAL`, a name or a number")
	c.Flags().StringVar(&whom, "kill-whom", string(watchdog.WhomAll), "whom it is for, `WHOM`: main, the program only; control, a command that is run beside it; all, everything it has started, too")
	return c
}

func resetFailedCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "reset-failed NAME…",
		Short:             "Forget a service's failure, restarts and start limit",
		Args:              namesWanted,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			return forEach(args, resetFailed)
		},
	}
}

func resetFailed(name string) error {
	v, err := look(name)
	if err != nil {
		return orUnknown(err)
	}
	if v.guardian != absent && v.guardian != killed {
		return ask(io.Discard, v, control.Request{Verb: control.ResetFailed})
	}
	lock, err := state.TryLock(v.dir.LockFile())
	if err != nil {
		return failure(fmt.Errorf("%s: %w; try again", name, err))
	}
	defer lock.Close()
	// As it stands there, for the sake of an orphan: a view is what can be told of it.
	if err := state.Load(v.dir.StateFile(), &v.record); err != nil {
		return failure(err)
	}
	v.record.Restarts, v.record.Window = 0, watchdog.Window{}
	if v.record.State == watchdog.Failed {
		v.record.State, v.record.Result, v.record.Reason = watchdog.Dead, watchdog.Success, ""
	}
	return failure(state.Save(v.dir.StateFile(), v.record))
}

// tell sends a request that makes sense only while the business runs.
func tell(stdout io.Writer, name string, request control.Request) error {
	v, err := inspect(name)
	if err != nil {
		return orUnknown(err)
	}
	up := v.record.Business.PID != 0 || v.record.State.Active() == "active"
	switch request.Whom {
	case watchdog.WhomMain:
		up = v.record.Business.PID != 0
	case watchdog.WhomControl:
		up = v.record.Control.PID != 0
	case watchdog.WhomAll: // whoever that is
		up = v.guardian == present
	}
	switch {
	case v.unheard() != nil:
		return failure(v.unheard())
	case v.guardian == present && up:
	case request.Whom == watchdog.WhomAll:
		fmt.Fprintf(stdout, "%s is not running\n", name)
		return nil
	case v.guardian == present && request.Whom != "":
		return failure(fmt.Errorf("%s has no %s process (%s)", name, request.Whom, v.record.State))
	default:
		return failure(fmt.Errorf("%s is not running (%s)", name, v.record.State))
	}
	if request.Verb == control.Reload && !v.record.Service.CanReload() {
		return failure(fmt.Errorf("%s cannot be reloaded: its service file has no ExecReload=; 'holdfast kill --signal=HUP --kill-whom=main %[1]s' sends it SIGHUP", name))
	}
	return ask(stdout, v, request)
}

// ask puts a request to the guardian and words its reply.
func ask(stdout io.Writer, v view, request control.Request) error {
	name := v.record.Service.Name
	if err := v.unheard(); err != nil {
		return failure(err)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	reply, err := control.Ask(ctx, v.dir.Control(), request)
	switch {
	case ctx.Err() != nil:
		return failure(fmt.Errorf("interrupted; the guardian of %s goes on with the %s", name, request.Verb))
	case err != nil:
		return failure(fmt.Errorf("%s: %w", name, err))
	case reply.Outcome != "":
		return reportReply(stdout, name, reply)
	}
	return nil
}

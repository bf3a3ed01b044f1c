package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"holdfast/internal/control"
	"holdfast/internal/handover"
	"holdfast/internal/state"
)

func upgradeCommand() *cobra.Command {
	var binary string
	var all bool
	c := &cobra.Command{
		Use:   "upgrade NAME… | --all",
		Short: "Replace the guardian's program by another version, while the service runs on",
		Long: `Upgrade has the guardian execute another holdfast in its place: what is now at the path
that it was started from, or the one given. The guardian's PID, the program, its log,
its counters and whatever is under way stay as they are.

The new holdfast is asked first whether it can take over. If it cannot, or cannot be
executed, the old one goes on. SIGUSR2 to the guardian does the same.`,
		Example: `  holdfast upgrade web
  holdfast upgrade --all
  holdfast upgrade web --binary /opt/holdfast-2/holdfast`,
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case !all:
				return namesWanted(c, args)
			case len(args) > 0:
				return usage(errors.New("write names or --all, not both"))
			}
			return nil
		},
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			if binary != "" {
				path, err := filepath.Abs(binary)
				if err != nil {
					return usage(err)
				}
				binary = path
			}
			names := args
			if all {
				var err error
				if names, err = guarded(); err != nil {
					return failure(err)
				}
			}
			return forEach(names, func(name string) error { return upgrade(c.OutOrStdout(), name, binary) })
		},
	}
	c.Flags().StringVar(&binary, "binary", "", "the new holdfast's `PATH`")
	c.Flags().BoolVar(&all, "all", false, "every service that has a guardian")
	return c
}

// guarded is the services that have a guardian.
func guarded() (names []string, err error) {
	all, err := state.List()
	for _, name := range all {
		if v, err := look(name); err == nil && v.guardian != absent && v.guardian != killed {
			names = append(names, name)
		}
	}
	return names, err
}

// takingOver is how long the new program may take until it answers; it looks through the log first.
const takingOver = time.Minute

// upgrade asks the new program whether it can, and the guardian to let it.
func upgrade(stdout io.Writer, name, binary string) error {
	before, err := look(name)
	switch {
	case err != nil:
		return orUnknown(err)
	case before.unheard() != nil:
		return failure(before.unheard())
	case before.guardian != present:
		return failure(fmt.Errorf("%s has no guardian", name))
	}
	old := before.record.Program
	if old.Handover == 0 {
		return failure(fmt.Errorf("the guardian of %s is too old to hand over; 'holdfast stop %[1]s' and 'holdfast start %[1]s' replace it", name))
	}
	if binary == "" {
		binary = old.Path
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	wanted, err := handover.Probe(ctx, binary, old.Handover)
	if err != nil {
		return failure(fmt.Errorf("%s keeps its guardian (holdfast %s): %w", name, old.Version, err))
	}
	_, err = control.Ask(ctx, before.dir.Control(), control.Request{Verb: control.Handover, Binary: binary})
	if !errors.Is(err, control.ErrNoGuardian) || errors.Is(err, control.ErrNoSocket) { // it has not become silent in the middle, as it should
		return failure(fmt.Errorf("%s keeps its guardian (holdfast %s): %w", name, old.Version, err))
	}
	after, err := look(name)
	for began := time.Now(); err == nil && after.guardian == silent && time.Since(began) < takingOver && ctx.Err() == nil; {
		after, err = look(name)
	}
	if err == nil && after.unheard() != nil {
		return failure(after.unheard())
	}
	if err != nil || after.guardian != present || after.record.Guardian != before.record.Guardian {
		return failure(fmt.Errorf("the guardian of %s has ended; 'holdfast status %[1]s' tells more", name))
	}
	now := after.record.Program
	if now.Version != wanted {
		return failure(fmt.Errorf("%s keeps its guardian (holdfast %s): it has not taken up holdfast %s; try again", name, now.Version, wanted))
	}
	fmt.Fprintf(stdout, "%s was handed over: from holdfast %s to holdfast %s, guardian still PID %d\n", name, old.Version, now.Version, after.record.Guardian.PID)
	return nil
}

// handoverVersionCommand answers another holdfast's probe.
func handoverVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:    handover.Question + " FORMAT",
		Short:  "Tell another holdfast whether this one can take over from it",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			answer, err := handover.Answer(args[0], version)
			if err != nil {
				return failure(err)
			}
			fmt.Fprintln(c.OutOrStdout(), answer)
			return nil
		},
	}
}

// handoverKeepCommand keeps a guardian's signals in the moment between two programs.
func handoverKeepCommand() *cobra.Command {
	return &cobra.Command{
		Use:    handover.Keep,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE:   func(*cobra.Command, []string) error { return failure(handover.KeepSignals()) },
	}
}

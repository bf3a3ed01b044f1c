package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"holdfast/internal/doctor"
)

func doctorCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check what this host gives to a guardian",
		Long: `Doctor does once, with a service of its own, what a guardian does, and shows for each
thing whether it works here, what was found, and what is lost without it. It leaves
nothing behind but the directories of all services.

It exits with 0 unless something is missing without which nothing can be guarded. Run it
as the user who is to start services, where that happens: in the container, under cron.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
			defer cancel()
			findings, err := doctor.Examine(ctx), error(nil)
			if asJSON {
				err = printJSON(c.OutOrStdout(), findings)
			} else {
				printFindings(c.OutOrStdout(), findings)
			}
			if err == nil && slices.ContainsFunc(findings, func(f doctor.Finding) bool { return f.Needed && !f.OK }) {
				err = failure(errors.New("nothing can be guarded here, for want of what is MISSING"))
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the findings as a JSON array")
	return c
}

// printFindings says below what is missing what is lost with it.
func printFindings(w io.Writer, findings []doctor.Finding) {
	rows := [][]string{{"HERE", "CHECK", "FOUND"}}
	for _, f := range findings {
		rows = append(rows, []string{verdict(f), f.Check, printable(f.Found)})
		if f.Cost != "" {
			rows = append(rows, []string{"", "", "lost: " + f.Cost})
		}
	}
	printTable(w, screen{}, rows)
}

func verdict(f doctor.Finding) string {
	switch {
	case f.OK:
		return "ok"
	case f.Skipped:
		return "skipped"
	case f.Needed:
		return "MISSING"
	}
	return "missing"
}

// idleCommand is the program of the doctor's service.
func idleCommand() *cobra.Command {
	return &cobra.Command{
		Use:    doctor.Idle,
		Short:  "Do nothing until told to end",
		Hidden: true,
		Args:   noArguments,
		RunE: func(*cobra.Command, []string) error {
			end := make(chan os.Signal, 1)
			signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
			<-end
			return nil
		},
	}
}

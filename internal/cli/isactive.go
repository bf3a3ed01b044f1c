package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func isActiveCommand() *cobra.Command {
	var quiet bool
	c := &cobra.Command{
		Use:   "is-active [-q] NAME…",
		Short: "Tell scripts whether a service runs",
		Long: `Is-active prints a service's state, one word for each name: active, activating,
deactivating, inactive or failed. It exits with 0 when at least one is active, with 3
when none is, and with 4 when none is known.`,
		Args:              namesWanted,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			return checkState(c, args, "active", lsbStopped, quiet)
		},
	}
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "only exit, print nothing")
	return c
}

func isFailedCommand() *cobra.Command {
	var quiet bool
	c := &cobra.Command{
		Use:   "is-failed [-q] NAME…",
		Short: "Tell scripts whether a service failed",
		Long: `Is-failed prints a service's state, one word for each name. It exits with 0 when at
least one failed, with 1 when none did, and with 4 when none is known.`,
		Args:              namesWanted,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			return checkState(c, args, "failed", exitFailed, quiet)
		},
	}
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "only exit, print nothing")
	return c
}

// checkState prints the states and reports whether any is the wanted one; else it
// ends with the code otherwise.
func checkState(c *cobra.Command, names []string, wanted string, otherwise int, quiet bool) error {
	stdout := c.OutOrStdout()
	if quiet {
		stdout = io.Discard
	}
	found, known := false, false
	for _, name := range names {
		v, err := inspect(name)
		switch {
		case errors.Is(err, errUnknown):
			fmt.Fprintln(stdout, "inactive") // systemctl's word for it
			continue
		case err != nil && unknownCode(err) == exitUsage:
			return err
		case err != nil:
			return &exitError{lsbUnknown, err}
		}
		word := v.record.State.Active()
		fmt.Fprintln(stdout, word)
		known = true
		found = found || word == wanted || word == "reloading" && wanted == "active"
	}
	switch {
	case found:
		return nil
	case !known:
		return ended(lsbUnknown)
	}
	return ended(otherwise)
}

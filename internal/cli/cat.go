package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"holdfast/internal/unit"
	"holdfast/watchdog"
)

func catCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cat NAME…",
		Short: "Show a service's file, or one that says the same as its command line",
		Long: `Cat prints the service file under its path, and below it what is guarded differently:
what was set on the command line, or has been changed in the file since. For a bare
command line it writes the service file that would do the same.`,
		Args:              namesWanted,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			first := true
			return forEach(args, func(name string) error {
				if !first {
					fmt.Fprintln(c.OutOrStdout())
				}
				first = false
				return catService(c.OutOrStdout(), name)
			})
		},
	}
}

func catService(w io.Writer, name string) error {
	v, err := inspect(name)
	if err != nil {
		return orUnknown(err)
	}
	s := v.record.Service
	if s.PIDFile == v.dir.PIDFile() {
		s.PIDFile = "" // where it is unless told otherwise
	}
	if s.Source == "" {
		fmt.Fprintf(w, "# %s was given on a command line; this file says the same.\n", v.dir.Name)
		return failure(writeUnit(w, s, watchdog.FileDefaults(v.dir.Name)))
	}
	text, err := os.ReadFile(s.Source)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(w, "# %s is gone; this file says what is guarded.\n", s.Source)
		return failure(writeUnit(w, s, watchdog.FileDefaults(v.dir.Name)))
	}
	if err != nil {
		return failure(err)
	}
	fmt.Fprintf(w, "# %s\n%s", s.Source, text)
	if len(text) > 0 && text[len(text)-1] != '\n' {
		fmt.Fprintln(w)
	}
	loaded, err := unit.Load(s.Source, unit.Options{AllowUnsupported: true})
	if err != nil || sameUnit(s, loaded.Service) {
		return nil // a file that is wrong by now says nothing about what is guarded
	}
	fmt.Fprintln(w, "\n# Set on the command line, or changed in the file since it was read:")
	return failure(writeUnit(w, s, loaded.Service))
}

package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

func catCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cat NAME…",
		Short: "Show a service's file, or one that says the same as its command line",
		Long: `Cat prints the service file and its drop-ins, each under its path, and below them what
is guarded differently: what was set on the command line, or has been changed in the
files since. For a bare command line it writes the service file that would do the same.`,
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
	for i, path := range append([]string{s.Source}, s.DropIns...) {
		text, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && i == 0:
			fmt.Fprintf(w, "# %s is gone; this file says what is guarded.\n", path)
			return failure(writeUnit(w, s, watchdog.FileDefaults(v.dir.Name)))
		case errors.Is(err, fs.ErrNotExist):
			continue // what it has set is told below
		case err != nil:
			return failure(err)
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "# %s\n%s", path, text)
		if len(text) > 0 && text[len(text)-1] != '\n' {
			fmt.Fprintln(w)
		}
	}
	loaded, err := unit.Load(fileOf(s), unit.Options{AllowUnsupported: true})
	if err != nil || sameUnit(s, loaded.Service) {
		return nil // a file that is wrong by now says nothing about what is guarded
	}
	fmt.Fprintln(w, "\n# Set on the command line, or changed in the files since they were read:")
	return failure(writeUnit(w, s, loaded.Service))
}

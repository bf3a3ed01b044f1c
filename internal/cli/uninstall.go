package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"holdfast/internal/install"
	"holdfast/internal/unit"
)

func uninstallCommand() *cobra.Command {
	var i installation
	c := &cobra.Command{
		Use:   "uninstall [flags] NAME",
		Short: "No longer have a service started at boot",
		Long: `Uninstall removes what install has written for a service, and nothing else. What was
changed since is left, and said. It stops and disables nothing, but says how.

A service that is not installed is no error.`,
		Args:              oneService,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			return i.uninstall(c.OutOrStdout(), args[0])
		},
	}
	i.addFlags(c, "remove what was written for this `INIT`; without it, for all")
	return c
}

func (i *installation) uninstall(stdout io.Writer, arg string) error {
	name := strings.TrimSuffix(filepath.Base(arg), ".service")
	if err := unit.ValidName(name); err != nil {
		return usage(err)
	}
	host, err := install.Look(i.user)
	if err != nil {
		return failure(err)
	}
	inits := install.Inits()
	if i.init != "" {
		init, _, err := i.choose(host)
		if err != nil {
			return usage(err)
		}
		inits = []install.Init{init}
	}
	var failed []error
	found := false
	for _, init := range inits {
		if i.user && !init.ForUsers() {
			continue
		}
		removed := false
		for _, part := range host.Parts(init, name) {
			gone, err := part.Remove()
			if err != nil {
				failed = append(failed, i.advise(err))
			}
			if gone {
				fmt.Fprintf(stdout, "removed %s\n", part)
				removed = true
			}
		}
		if removed {
			found = true
			printNext(stdout, host.AfterRemoval(init, name))
		}
	}
	if !found && failed == nil {
		fmt.Fprintf(stdout, "%s is not installed here, so nothing was removed\n", name)
	}
	return failure(errors.Join(failed...))
}

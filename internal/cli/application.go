package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

// An Application is a program that has holdfast in it, and is the service that it guards:
// one binary in two roles, and a command line.
type Application struct {
	Name, Description string
	Settings          []string   // Name=value, before those of the command line
	Business          func() int // the business's life; os.Args is as if nobody guarded it
}

// businessRole is the argument by which the guardian starts the business.
const businessRole = "business"

// Main is the whole of the program, in whichever role.
func (a *Application) Main() int { return mainOf(a) }

// execute runs one command line.
func (a *Application) execute(args []string, stdout, stderr io.Writer) int {
	if err := unit.ValidName(a.Name); err != nil {
		complain(stderr, err)
		return exitUsage
	}
	switch {
	case len(args) == 0:
		args = []string{"run"}
	case args[0] == businessRole:
		os.Args = slices.Concat(os.Args[:1], args[1:])
		return a.Business()
	}
	ctx := context.WithValue(context.Background(), applicationKey{}, a)
	return executeAt(ctx, &home{service: a.Name, app: a}, args, stdout, stderr)
}

type applicationKey struct{}

// applicationOf is the application whose command line this is; nil for holdfast.
func applicationOf(c *cobra.Command) *Application {
	a, _ := c.Context().Value(applicationKey{}).(*Application)
	return a
}

// service is the application's own, with these arguments and in the caller's surroundings.
func (a *Application) service(args, settings []string) (watchdog.Service, error) {
	program, err := ownPath()
	if err != nil {
		return watchdog.Service{}, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return watchdog.Service{}, fmt.Errorf("cannot tell the current directory: %w", err)
	}
	settings = slices.Concat(a.Settings, settings)
	command := watchdog.Command{Path: program, Args: slices.Concat([]string{program, businessRole}, args)}
	service := watchdog.CommandDefaults(a.Name, command, inheritedEnv(sets(settings, "User")), dir, umask())
	service.Description = a.Description
	err = unit.Set(&service, settings...)
	return service, err
}

// lastArgs are the program's own arguments of the last start that is known of.
func (a *Application) lastArgs() []string {
	before, _ := remembered(a.Name)
	if args := before.Exec.Args; len(args) > 2 && args[1] == businessRole {
		return args[2:]
	}
	return nil
}

// introduce has the help speak of the application, and leaves out what only holdfast can.
func (a *Application) introduce(root *cobra.Command) {
	introduce(root, a.Name)
	called := filepath.Base(os.Args[0])
	root.Use, root.Short = called, a.Description
	root.Long = fmt.Sprintf("%s: %s. It guards itself by holdfast, in the foreground where no verb\n"+
		"is given. The program's own arguments come after --; without a -- they are those of its last start.", called, a.Description)
	root.Example = fmt.Sprintf("  %[1]s\n  %[1]s start\n  %[1]s start -- ARGUMENT…\n  %[1]s status\n  %[1]s logs -f\n  %[1]s stop", called)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w; the program's own arguments come after --, as in '%s start -- ARGUMENT…'", flagError(err), called))
	})
	for _, c := range root.Commands() {
		switch c.Name() {
		case "start", "run", "verify":
			c.Use = c.Name() + " [flags] [-- ARGUMENT…] | NAME"
		case "install", "uninstall", "man", "version":
			root.RemoveCommand(c)
		}
	}
}

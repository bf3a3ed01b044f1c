// Package cli is the command line: it reads what the user typed, has it done, and
// words the answer. It alone picks exit codes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"holdfast/daemon"
	"holdfast/internal/handover"
	"holdfast/internal/proc"
)

// The exit codes of every verb but status and is-active, which use LSB's.
const (
	exitDone   = 0
	exitFailed = 1 // the service, or what was asked of it, failed
	exitUsage  = 2 // the command line or the configuration is wrong
)

// Main runs one command line and returns the process's exit code.
func Main() int { return mainOf(nil) }

// mainOf is Main of holdfast itself, or of an application that has it in it.
func mainOf(app *Application) int {
	proc.Enter()
	switch handed, err := handover.Enter(); {
	case err != nil:
		complain(os.Stderr, err)
		return exitFailed
	case handed != nil:
		return succeed(handed)
	}
	if guardian := daemon.Enter(); guardian != nil {
		return guardDaemon(guardian)
	}
	if app != nil {
		return app.execute(os.Args[1:], os.Stdout, os.Stderr)
	}
	return execute(os.Args[1:], os.Stdout, os.Stderr)
}

func execute(args []string, stdout, stderr io.Writer) int {
	return executeAt(context.Background(), beside(os.Args[0]), args, stdout, stderr)
}

func executeAt(ctx context.Context, home *home, args []string, stdout, stderr io.Writer) int {
	root := rootCommand()
	home.attach(root)
	if home.service != "" {
		stderr = renamer{stderr, home.service}
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var exit *exitError
	switch {
	case err == nil:
		return exitDone
	case !errors.As(err, &exit): // cobra's own complaints
		exit = &exitError{exitUsage, err}
	}
	if exit.err != nil {
		complain(stderr, exit.err)
	}
	return exit.code
}

// complain prints an error. Of several joined ones, each says where it comes from; what
// is indented belongs to the line above it.
func complain(stderr io.Writer, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !strings.HasPrefix(line, " ") {
			line = "holdfast: " + line
		}
		fmt.Fprintln(stderr, line)
	}
}

// exitError ends the program with a code; err may be nil when all has been said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usage is an error in the command line or the configuration: nothing was done.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitUsage, err}
}

// failure is an error in what was to be done.
func failure(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitFailed, err}
}

func rootCommand() *cobra.Command {
	var showVersion bool
	root := &cobra.Command{
		Use:           "holdfast",
		Short:         "Keep one program running",
		Long:          rootHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return usage(unknownVerb(c, args[0]))
			case showVersion:
				return versionCommand().RunE(c, nil)
			}
			return c.Help()
		},
		SuggestionsMinimumDistance: 2,
		DisableFlagsInUseLine:      true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w; '%s --help' shows what there is", flagError(err), c.CommandPath()))
	})
	root.Flags().BoolVar(&showVersion, "version", false, "show which holdfast this is")
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		startCommand(), runCommand(), stopCommand(), restartCommand(), tryRestartCommand(),
		reloadCommand(), killCommand(), resetFailedCommand(), upgradeCommand(), handoverVersionCommand(), handoverKeepCommand(),
		statusCommand(), showCommand(), historyCommand(), listCommand(), isActiveCommand(), isFailedCommand(),
		logsCommand(), rotateCommand(), compressLogCommand(), catCommand(), verifyCommand(), versionCommand(),
		installCommand(), uninstallCommand(),
	)
	root.AddCommand(doctorCommand(), idleCommand(), completionCommand(), manCommand())
	completeMore(root)
	teach(root)
	return root
}

func unknownVerb(root *cobra.Command, verb string) error {
	if near := root.SuggestionsFor(verb); len(near) > 0 {
		return fmt.Errorf("there is no verb %q; was it %s?", verb, strings.Join(near, " or "))
	}
	return fmt.Errorf("there is no verb %q; 'holdfast --help' shows all, and to guard a program write: holdfast start -- PROGRAM", verb)
}

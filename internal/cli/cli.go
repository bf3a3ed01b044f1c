// Package cli is the command line: it reads what the user typed, has it done, and
// words the answer. It alone picks exit codes.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"holdfast/daemon"
)

// The exit codes of every verb but status and is-active, which use LSB's.
const (
	exitDone   = 0
	exitFailed = 1 // the service, or what was asked of it, failed
	exitUsage  = 2 // the command line or the configuration is wrong
)

// Main runs one command line and returns the process's exit code.
func Main() int {
	if guardian := daemon.Enter(); guardian != nil {
		return guardDaemon(guardian)
	}
	return execute(os.Args[1:], os.Stdout, os.Stderr)
}

func execute(args []string, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	var exit *exitError
	switch {
	case err == nil:
		return exitDone
	case !errors.As(err, &exit): // cobra's own complaints
		fmt.Fprintf(stderr, "holdfast: %v\n", err)
		fmt.Fprintln(stderr, "Try 'holdfast --help'.")
		return exitUsage
	case exit.err != nil:
		fmt.Fprintf(stderr, "holdfast: %v\n", exit.err)
	}
	return exit.code
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
	root := &cobra.Command{
		Use:           "holdfast",
		Short:         "Keep one program running",
		Long:          rootHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		startCommand(), runCommand(), stopCommand(), restartCommand(), tryRestartCommand(),
		reloadCommand(), killCommand(), resetFailedCommand(),
		statusCommand(), showCommand(), historyCommand(), listCommand(), isActiveCommand(), isFailedCommand(),
		logsCommand(), catCommand(), verifyCommand(), versionCommand(),
	)
	return root
}

const rootHelp = `holdfast keeps one program running. It detaches from the terminal, starts the
program, reaps it, keeps its log, and starts it again unless its exit is on the
no-restart list.

  holdfast start -- ./web -c web.conf       guard a program
  holdfast start ./web.service              guard what a service file describes
  holdfast status web                       how is it, and why did it last die
  holdfast logs -f web                      what does it print
  holdfast stop web                         end it and everything it has started
  holdfast run -- ./web -c web.conf         the same, in the foreground`

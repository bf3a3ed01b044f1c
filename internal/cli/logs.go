package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"holdfast/internal/logs"
)

// followedLines is how many lines logs -f begins with, as journalctl's and tail's do.
const followedLines = 10

func logsCommand() *cobra.Command {
	lines, follow, guardian := -1, false, false
	c := &cobra.Command{
		Use:   "logs NAME",
		Short: "Show what a service printed",
		Long: `Logs prints what the program wrote to its stdout and stderr: all of it, the last lines
with -n, or with -f the last ten and then whatever comes, until Ctrl+C. With --guardian
it is what the guardian decided.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(fmt.Errorf("logs shows one service at a time, and got %q too", args[1]))
			}
			return namesWanted(c, args)
		},
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			switch given := c.Flags().Changed("lines"); {
			case given && lines < 0:
				return usage(fmt.Errorf("-n %d: write how many lines to show", lines))
			case follow && !given:
				lines = followedLines
			}
			return showLog(c.OutOrStdout(), c.ErrOrStderr(), args[0], lines, follow, guardian)
		},
	}
	c.Flags().IntVarP(&lines, "lines", "n", -1, "show the last `COUNT` lines only")
	c.Flags().Lookup("lines").DefValue = "all; with -f 10"
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what is printed from now on")
	c.Flags().BoolVar(&guardian, "guardian", false, "show the guardian's decisions instead")
	return c
}

func showLog(stdout, stderr io.Writer, name string, lines int, follow, guardian bool) error {
	v, unknown := look(name)
	if unknown != nil && !errors.Is(unknown, errUnknown) {
		return unknown
	}
	file := v.dir.Output()
	if guardian {
		file = v.dir.GuardianLog()
		stdout = &eventLines{console: zerolog.ConsoleWriter{
			Out: stdout, NoColor: !screenOf(stdout).colour, TimeFormat: stampLayout,
		}}
	}
	// A log outlives the service's state, which a reboot removes.
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		if unknown != nil {
			return orUnknown(unknown)
		}
		if !follow {
			fmt.Fprintf(stderr, "holdfast: %s has printed nothing yet: there is no %s\n", v.dir.Name, file)
			return nil
		}
	}
	if !follow {
		return failure(logs.Last(stdout, file, lines))
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	if err := logs.Follow(ctx, stdout, file, lines); err != nil && ctx.Err() == nil {
		return failure(err)
	}
	return nil
}

// eventLines turns the guardian's own log, a JSON object on each line, into text.
type eventLines struct {
	console zerolog.ConsoleWriter
	rest    []byte // the beginning of a line
}

func (e *eventLines) Write(p []byte) (int, error) {
	e.rest = append(e.rest, p...)
	for {
		line, rest, complete := bytes.Cut(e.rest, []byte{'\n'})
		if !complete {
			return len(p), nil
		}
		if _, err := e.console.Write(line); err != nil {
			// Not one of our lines; it is shown as it is.
			if _, err := fmt.Fprintf(e.console.Out, "%s\n", line); err != nil {
				return 0, err
			}
		}
		e.rest = rest
	}
}

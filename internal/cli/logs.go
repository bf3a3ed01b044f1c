package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/signal"
	"regexp"
	"regexp/syntax"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"holdfast/internal/logfile"
	"holdfast/internal/unit"
)

// followedLines is how many lines logs -f begins with, as journalctl's and tail's do.
const followedLines = 10

func logsCommand() *cobra.Command {
	var f logsFlags
	c := &cobra.Command{
		Use:   "logs NAME",
		Short: "Show what a service printed",
		Long: `Logs prints what the program wrote to its stdout and stderr, rotated and compressed
files included: all of it, the last lines with -n, or with -f the last ten and then
whatever comes, until Ctrl+C. With --guardian it is what the guardian decided.

A TIME is "2026-11-21 06:25:12", 06:25 (today), today, yesterday, now, -10min, "10min ago"
or RFC 3339. Where the lines have time stamps (LogTimestamps=), --since and --until choose
among them exactly; where not, they do by the log's index, which is up to a minute wider.

What --run, --since, --until and --grep choose, -n counts. A PATTERN is one of Go's
regular expressions, and does not see the time stamp.

Each object of --json has the line and its position in the log, and where they are known
the time in its stamp (or not_before, when something before it was printed), the run and
the stream. Bytes that are no UTF-8 are � in the line, and it is in bytes, too, in base64.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(fmt.Errorf("logs shows one service at a time, and got %q too", args[1]))
			}
			return namesWanted(c, args)
		},
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			f.linesGiven, f.runGiven = c.Flags().Changed("lines"), c.Flags().Changed("run")
			query, err := f.query(time.Now())
			if err != nil {
				return usage(err)
			}
			stderr := c.ErrOrStderr()
			query.Notice = func(err error) { fmt.Fprintf(stderr, "holdfast: %v\n", err) }
			return showLog(c.OutOrStdout(), stderr, args[0], f, query)
		},
	}
	c.Flags().IntVarP(&f.lines, "lines", "n", -1, "show the last `COUNT` lines only")
	c.Flags().Lookup("lines").DefValue = "all; with -f 10"
	c.Flags().BoolVarP(&f.follow, "follow", "f", false, "go on with what is printed from now on")
	c.Flags().StringVar(&f.since, "since", "", "show what was printed at `TIME` or later; with -f from then on")
	c.Flags().StringVar(&f.until, "until", "", "show what was printed at `TIME` or earlier")
	c.Flags().IntVar(&f.run, "run", 0, "show the run with this `NUMBER`; history shows them")
	c.Flags().BoolVar(&f.previous, "previous", false, "show the run before the last one")
	c.Flags().StringVar(&f.grep, "grep", "", "show the lines that match `PATTERN`")
	c.Flags().BoolVarP(&f.ignoreCase, "ignore-case", "i", false, "have --grep take upper and lower case for the same")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print an object on each line")
	c.Flags().BoolVar(&f.stderr, "stderr", false, "show stderr, where it has a log of its own (LogStderr=)")
	c.Flags().BoolVar(&f.guardian, "guardian", false, "show the guardian's decisions instead")
	return c
}

// logsFlags are what was typed.
type logsFlags struct {
	lines, run                   int
	linesGiven, runGiven         bool
	since, until, grep           string
	follow, previous, ignoreCase bool
	asJSON, stderr, guardian     bool
}

// query is what they ask for.
func (f *logsFlags) query(now time.Time) (q logfile.Query, err error) {
	if err := f.contradiction(); err != nil {
		return q, err
	}
	q = logfile.Query{Lines: f.lines, Run: f.run, JSON: f.asJSON}
	if f.follow && !f.linesGiven && f.since == "" {
		q.Lines = followedLines
	}
	if f.previous {
		q.Run = logfile.Previous
	}
	if q.Since, err = givenTime("--since", f.since, now); err != nil {
		return q, err
	}
	if q.Until, err = givenTime("--until", f.until, now); err != nil {
		return q, err
	}
	if !q.Until.IsZero() && q.Since.After(q.Until) {
		return q, fmt.Errorf("--since %s is later than --until %s", stamp(q.Since), stamp(q.Until))
	}
	q.Match, err = f.pattern()
	return q, err
}

// contradiction finds what cannot be asked for at once.
func (f *logsFlags) contradiction() error {
	switch ofRun, ended := f.runGiven || f.previous, f.runGiven || f.previous || f.until != ""; {
	case f.linesGiven && f.lines < 0:
		return fmt.Errorf("-n %d: write how many lines to show", f.lines)
	case f.runGiven && f.run < 1:
		return fmt.Errorf("--run %d: write the number of a run, as history shows them", f.run)
	case f.runGiven && f.previous:
		return errors.New("--run and --previous are two runs; leave one of them out")
	case f.follow && ended:
		return errors.New("-f shows what is still to come; leave out --until, --run and --previous")
	case f.ignoreCase && f.grep == "":
		return errors.New("-i is for --grep; write --grep PATTERN")
	case f.guardian && (f.stderr || ofRun):
		return errors.New("--guardian shows another log; leave out --stderr, --run and --previous")
	}
	return nil
}

// givenTime is zero where none is given.
func givenTime(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := unit.ParseTimestamp(text, now)
	if err != nil {
		return t, fmt.Errorf("%s %q: %w", flag, text, err)
	}
	return t, nil
}

// pattern is nil where none is given.
func (f *logsFlags) pattern() (*regexp.Regexp, error) {
	if f.grep == "" {
		return nil, nil
	}
	text := f.grep
	if f.ignoreCase {
		text = "(?i)" + text
	}
	pattern, err := regexp.Compile(text)
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		return nil, fmt.Errorf("--grep %q: not a regular expression: %s: %q; a \\ before a character takes it literally", f.grep, wrong.Code, wrong.Expr)
	}
	return pattern, err
}

func showLog(stdout, stderr io.Writer, name string, f logsFlags, q logfile.Query) error {
	v, unknown := look(name)
	if unknown != nil && !errors.Is(unknown, errUnknown) {
		return unknown
	}
	if unknown == nil && v.record.Unlogged {
		return failure(fmt.Errorf("%s writes to its guardian's standard output and standard error, and nothing of that is kept here; "+
			"for a container write: docker logs CONTAINER", v.dir.Name))
	}
	log, apart := logfile.Log(v.dir.Output()), logfile.Log(v.dir.StderrOutput())
	separate, still := exists(apart), unknown != nil || v.record.Service.Log.Stderr
	switch {
	case f.guardian:
		log = logfile.Log(v.dir.GuardianLog())
		q.Parse = guardianLine(screenOf(stdout).colour, q.JSON)
		q.JSON = false // it is already
	case f.stderr && separate && !still && f.follow:
		return failure(fmt.Errorf("%s has no log of its stderr alone any more; leave out --stderr, or -f to see what it had", v.dir.Name))
	case f.stderr && separate:
		log, q.Stream = apart, "stderr"
	case f.stderr && unknown != nil && !exists(log):
		return orUnknown(unknown)
	case f.stderr:
		return failure(fmt.Errorf("%s has no log of its stderr alone; LogStderr=yes in its service file makes one", v.dir.Name))
	case separate && still:
		q.Stream = "stdout"
	}
	// A log outlives the service's state, which a reboot removes.
	if !exists(log) {
		if unknown != nil {
			return orUnknown(unknown)
		}
		if !f.follow {
			whose := v.dir.Name
			if f.guardian {
				whose = "the guardian of " + whose
			}
			fmt.Fprintf(stderr, "holdfast: %s has printed nothing yet: there is no %s\n", whose, log)
			return nil
		}
	}
	if !f.follow {
		return failure(log.Print(stdout, q))
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	if err := log.Follow(ctx, stdout, q); err != nil && ctx.Err() == nil {
		return failure(err)
	}
	return nil
}

// exists reports whether the log has a file. That it cannot be told is found when it is
// read.
func exists(log logfile.Log) bool {
	files, err := log.Files()
	return len(files) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist)
}

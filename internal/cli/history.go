package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdfast/internal/watchdog"
)

func historyCommand() *cobra.Command {
	var count int
	var asJSON bool
	c := &cobra.Command{
		Use:   "history NAME [RUN]",
		Short: "Show past runs: when, how long, how they ended and what followed",
		Long: `History lists the last runs of a service, oldest first: when each began, how long it
lasted, how it ended, the most memory and the CPU time that the program and the children
it waited for used (getrusage(2)), and what was decided. Linux counts the memory from
before the program was executed, too, so it is never below the guardian's few MB.

With the number of a run it shows that one in full, with its last lines of output. For one
that did not end as asked that is its crash report, a file in the log directory, of which
the newest 20 are kept, also when the run is no longer among those listed.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 2 {
				return usage(fmt.Errorf("history takes a name and at most one run, and got %q too", args[2]))
			}
			return namesWanted(c, args)
		},
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			if count < 0 {
				return usage(fmt.Errorf("-n %d: write how many runs to show, or 0 for all that are known", count))
			}
			return history(c.OutOrStdout(), args, count, asJSON)
		},
	}
	c.Flags().IntVarP(&count, "lines", "n", 0, "show the last `COUNT` runs; 0 for all that are known")
	c.Flags().BoolVar(&asJSON, "json", false, "print the runs as a JSON array, or the one run as an object")
	return c
}

func history(w io.Writer, args []string, count int, asJSON bool) error {
	v, err := inspect(args[0])
	if err != nil {
		return orUnknown(err)
	}
	runs := v.record.Runs
	if len(args) == 2 {
		return oneRun(w, v, args[1], asJSON)
	}
	if count > 0 && count < len(runs) {
		runs = runs[len(runs)-count:]
	}
	switch {
	case asJSON:
		return printJSON(w, oneOrAll(nil, runs))
	case len(runs) == 0:
		return failure(fmt.Errorf("%s has not run yet (%s)", v.dir.Name, v.record.State))
	}
	printHistory(w, screenOf(w), v, runs, time.Now())
	return nil
}

// oneRun shows a run by its crash report, if there is one, else by the record.
func oneRun(w io.Writer, v view, arg string, asJSON bool) error {
	run, unknown := v.findRun(arg)
	file := ""
	if unknown == nil && run.Report != "" {
		file = filepath.Join(v.dir.Log, run.Report)
	} else if number, err := strconv.Atoi(arg); err == nil && unknown != nil {
		file, _ = watchdog.ReportOf(v.dir.Log, number)
	}
	var report *watchdog.CrashReport
	if file != "" {
		switch found, err := watchdog.LoadCrashReport(file); {
		case err == nil:
			report = &found
		case !errors.Is(err, fs.ErrNotExist): // else it is being written, or was removed
			return failure(err)
		}
	}
	switch {
	case report == nil && unknown != nil:
		return unknown
	case report != nil && asJSON:
		return printJSON(w, report)
	case asJSON:
		return printJSON(w, run)
	case report != nil && unknown != nil:
		run = report.Run
	}
	printRun(w, v, run, report, file, time.Now())
	return nil
}

func (v view) findRun(arg string) (watchdog.Run, error) {
	wanted, err := strconv.Atoi(arg)
	if err != nil || wanted < 1 {
		return watchdog.Run{}, usage(fmt.Errorf("%q is not the number of a run; 'holdfast history %s' shows them", arg, v.dir.Name))
	}
	runs := v.record.Runs
	i := slices.IndexFunc(runs, func(run watchdog.Run) bool { return run.Number == wanted })
	switch {
	case i >= 0:
		return runs[i], nil
	case len(runs) == 0:
		return watchdog.Run{}, failure(fmt.Errorf("%s has not run yet (%s)", v.dir.Name, v.record.State))
	}
	return watchdog.Run{}, failure(fmt.Errorf("%s: run %d is not known; the runs %d to %d are",
		v.dir.Name, wanted, runs[0].Number, runs[len(runs)-1].Number))
}

func printHistory(w io.Writer, s screen, v view, runs []watchdog.Run, now time.Time) {
	rows := [][]string{{"RUN", "STARTED", "LASTED", "PID", "EXIT", "MEMORY", "CPU", "WHAT FOLLOWED"}}
	for _, run := range runs {
		memory, cpu := "-", "-"
		if run.MaxRSS > 0 {
			memory, cpu = size(run.MaxRSS), cpuTime(run.UserTime+run.SystemTime)
		}
		rows = append(rows, []string{fmt.Sprint(run.Number), stamp(run.Started), v.lasted(run, now), number(run.PID),
			v.howItEnded(run), memory, cpu, printable(run.Decision)})
	}
	printTable(w, s, rows)
}

// printRun shows one run in full, with what its crash report knows besides; that is nil
// where there is none.
func printRun(w io.Writer, v view, run watchdog.Run, report *watchdog.CrashReport, file string, now time.Time) {
	line := func(label, format string, args ...any) {
		fmt.Fprintf(w, "%11s: %s\n", label, fmt.Sprintf(format, args...))
	}
	line("Run", "%d of %s", run.Number, v.dir.Name)
	line("Started", "%s", stamp(run.Started))
	if !run.Adopted.IsZero() {
		line("Adopted", "%s", stamp(run.Adopted))
	}
	switch {
	case run.Unseen:
		line("Ended", "while no guardian was alive; found %s", stamp(run.Ended))
	case !run.Ended.IsZero():
		line("Ended", "%s", stamp(run.Ended))
	}
	line("Lasted", "%s", v.lasted(run, now))
	line("PID", "%s", number(run.PID))
	if run.Exit != nil {
		line("Exit", "%s (%s)", printable(run.Exit.String()), run.Exit.Brief())
	} else {
		line("Exit", "%s", v.howItEnded(run))
	}
	if run.Decision != "" {
		line("Decision", "%s", printable(run.Decision))
	}
	if run.MaxRSS > 0 {
		line("Peak memory", "%s", size(run.MaxRSS))
		line("CPU", "%s (%s user, %s system)", cpuTime(run.UserTime+run.SystemTime), cpuTime(run.UserTime), cpuTime(run.SystemTime))
	}
	output := run.Output
	if report != nil {
		printReport(line, report, file)
		output = report.Output
	}
	if len(output) > 0 {
		fmt.Fprintln(w)
	}
	for _, text := range output {
		fmt.Fprintln(w, printable(text))
	}
}

func printReport(line func(label, format string, args ...any), r *watchdog.CrashReport, file string) {
	line("Result", "%s", printable(string(r.Result)))
	switch {
	case r.CoreFile != "":
		line("Core", "%s", printable(r.CoreFile))
	case r.CoreHandler != "":
		line("Core", "given to %s", printable(r.CoreHandler))
	case r.Exit != nil && r.Exit.Core:
		line("Core", "dumped, but not found")
	}
	line("Command", "%s", printable(commandLine(r.Arguments)))
	line("Directory", "%s", printable(r.Directory))
	line("Variables", "%s", printable(strings.Join(r.Environment, " ")))
	line("Guardian", "PID %d, holdfast %s", r.Guardian, printable(r.Version))
	line("Host", "%s, boot %s", printable(r.Host), printable(r.BootID))
	line("Report", "%s", printable(file))
}

func (v view) lasted(run watchdog.Run, now time.Time) string {
	switch {
	case run.Exit != nil:
		return watchdog.Span(run.Lasted)
	case v.running(run) && !now.Before(run.Started):
		return watchdog.Span(now.Sub(run.Started))
	}
	return "-"
}

func (v view) howItEnded(run watchdog.Run) string {
	switch {
	case v.running(run):
		return "running"
	case run.Exit == nil:
		return "unknown: the guardian was killed"
	case run.Exit.NoFork:
		return "not started"
	}
	return run.Exit.Brief()
}

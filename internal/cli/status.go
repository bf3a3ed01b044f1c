package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdfast/internal/logfile"
	"holdfast/internal/state"
	"holdfast/internal/watchdog"
)

func statusCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status [NAME…]",
		Short: "How a service is, since when, and why it last ended",
		Long: `Status shows a service's state, its last exit and what was decided on it, its
processes with what they use, and its last lines of output. Without a name it shows
every known service.

Tasks, Memory and CPU are those of the processes that are there now, the guardian's
included: their threads, the sum of their resident memory, their user and system time.

It exits with 0 for a running service, 1 when its guardian is dead though its PID file
exists, 3 when it does not run, and 4 when it is not known. Of several services, the
first that is not running decides.`,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			return status(c.OutOrStdout(), c.ErrOrStderr(), args, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the facts as JSON: an object for one name, else an array")
	return c
}

func status(stdout, stderr io.Writer, args []string, asJSON bool) error {
	names := args
	if len(args) == 0 {
		var err error
		if names, err = state.List(); err != nil {
			return failure(err)
		}
		if len(names) == 0 {
			fmt.Fprintln(stderr, "holdfast: no service was ever started here; start one with 'holdfast start'")
		}
	}
	code := lsbRunning
	if len(names) == 0 {
		code = lsbUnknown
	}
	var all []facts
	for i, name := range names {
		v, err := inspect(name)
		if err != nil {
			fmt.Fprintf(stderr, "holdfast: %v\n", orUnknown(err))
			code = firstOf(code, unknownCode(err))
			all = append(all, unknownFacts(name))
			continue
		}
		code = firstOf(code, v.lsb())
		if asJSON {
			all = append(all, factsOf(v, v.walk(), v.tail()))
			continue
		}
		if i > 0 {
			fmt.Fprintln(stdout)
		}
		printStatus(stdout, screenOf(stdout), v, v.walk(), v.tail(), time.Now())
	}
	if asJSON {
		if err := printJSON(stdout, oneOrAll(args, all)); err != nil {
			return err
		}
	}
	return ended(code)
}

// firstOf keeps the first code that is not 0.
func firstOf(code, next int) int {
	if code != 0 {
		return code
	}
	return next
}

// unknownCode is the exit code for a service about which nothing can be told: a wrong
// name is the caller's mistake, all else LSB's "unknown".
func unknownCode(err error) int {
	var exit *exitError
	if errors.As(err, &exit) && exit.code == exitUsage {
		return exitUsage
	}
	return lsbUnknown
}

// ended ends the program with a code when all has been said.
func ended(code int) error {
	if code == exitDone {
		return nil
	}
	return &exitError{code, nil}
}

// tailLines is how many lines of output status shows, as systemctl's does.
const tailLines = 10

// pageful is how much of them it takes in, in bytes: a line may be as long as the disk is
// large.
const pageful = 64 << 10

// tail is the last lines of the business's output. None is no error: it may not have
// printed anything.
func (v view) tail() []string {
	if v.record.Unlogged {
		return nil // and what is there is of another time
	}
	text := logfile.Log(v.dir.Output()).Tail(0, tailLines, pageful)
	if len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// printStatus is the page about one service, in the layout of systemctl status.
func printStatus(w io.Writer, s screen, v view, t tree, tail []string, now time.Time) {
	r := &v.record
	service := r.Service
	line := func(label, format string, args ...any) {
		fmt.Fprintf(w, "%11s: %s\n", label, fmt.Sprintf(format, args...))
	}
	mark, colour := markOf(r.State)
	fmt.Fprintf(w, "%s %s - %s\n", s.paint(colour, mark), v.dir.Name, printable(service.Description))
	if service.Source != "" {
		line("Loaded", "loaded (%s)", printable(service.Source))
		for i, path := range service.DropIns {
			line([]string{"Drop-In", ""}[min(i, 1)], "%s", printable(path))
		}
	} else {
		line("Loaded", "%s", s.cut("command line ("+commandLine(service.Exec.Args)+")"))
	}
	line("Active", "%s", v.active(s, now))
	if run := v.lastFinished(); run != nil {
		line("Process", "%s", finished(*run, now))
	}
	if !r.NextStart.IsZero() {
		line("Next run", "in %s (%s)", watchdog.Span(max(0, r.NextStart.Sub(now))), stamp(r.NextStart))
	}
	if r.Reason != "" {
		label := "Decision"
		if v.guardian == killed { // it has decided nothing any more
			label = "Reason"
		}
		line(label, "%s", printable(r.Reason))
	}
	if said := r.Told.Status; said != "" {
		line("Status", "\"%s\"", printable(said))
	}
	if errno := r.Told.Errno; errno != 0 {
		line("Error", "%d (%s)", int(errno), errno.Error())
	}
	if r.Trouble != "" {
		line("Trouble", "%s", s.paint(red, printable(r.Trouble)))
	}
	if pid := r.Business.PID; pid != 0 {
		line("Main PID", "%d%s", pid, inParentheses(t.name(pid)))
	}
	if pid := r.Control.PID; pid != 0 {
		line("Cntrl PID", "%d%s", pid, inParentheses(t.name(pid)))
	}
	v.printGuardian(line)
	if v.guardian != absent || r.Restarts > 0 {
		line("Restarts", "%d", r.Restarts)
	}
	if len(t.members) > 0 {
		line("Tasks", "%d", t.threads)
		line("Memory", "%s", size(t.rss))
		line("CPU", "%s", cpuTime(t.cpu))
	}
	if v.guardian != absent {
		line("PID file", "%s", printable(service.PIDFile))
	}
	if r.Unlogged {
		line("Log", "the guardian's standard output and standard error")
	} else {
		line("Log", "%s", printable(v.dir.Output()))
	}
	if len(t.members) > 0 {
		const label = "  Processes: "
		fmt.Fprint(w, label)
		t.draw(w, s, strings.Repeat(" ", len(label)))
	}
	if len(tail) > 0 {
		fmt.Fprintln(w)
	}
	for _, text := range tail {
		fmt.Fprintln(w, s.cut(printable(text)))
	}
}

func (v view) printGuardian(line func(label, format string, args ...any)) {
	pid := v.record.Guardian.PID
	switch v.guardian {
	case present:
		line("Guardian", "%d", pid)
	case silent:
		line("Guardian", "%d; it does not answer, so this is what it said last (was it stopped? kill -CONT %[1]d)", pid)
	case unreachable:
		line("Guardian", "%d; its socket %s is gone, so this is what it said last ('holdfast stop %s' ends it)",
			pid, printable(v.dir.Control()), v.dir.Name)
	case killed:
		line("Guardian", "none (was %d)", pid)
	}
}

// active is "active (running) since Sat 2026-11-21 01:25:32 UTC; 3min 4s ago".
func (v view) active(s screen, now time.Time) string {
	r := &v.record
	_, colour := markOf(r.State)
	text := fmt.Sprintf("%s (%s)", r.State.Active(), r.State)
	if string(r.State) == r.State.Active() { // failed (failed)
		text = string(r.State)
	}
	text = s.paint(colour, text)
	if r.Result != watchdog.Success && r.Result != "" {
		text += fmt.Sprintf(" (Result: %s)", r.Result)
	}
	if since := r.Since(); !since.IsZero() {
		text += " since " + sinceWhen(since, now)
	}
	return text
}

// markOf is the dot before the name, with its colour: systemctl's.
func markOf(s watchdog.State) (string, colour) {
	switch s.Active() {
	case "active", "reloading":
		return "●", green
	case "failed":
		return "×", red
	case "inactive":
		return "○", ""
	}
	return "●", yellow
}

// finished is "1234 (code=killed, signal=KILL), ran 4.2 s, ended 3s ago".
func finished(run watchdog.Run, now time.Time) string {
	e := *run.Exit
	if run.PID == 0 { // there was no process
		return printable(e.String())
	}
	text := fmt.Sprintf("%d (%s)", run.PID, e.Brief())
	switch e.OOM {
	case watchdog.ByOOM:
		text += ", out of memory"
	case watchdog.ProbablyOOM:
		text += ", probably out of memory"
	}
	text += ", ran " + watchdog.Span(run.Lasted)
	if past := now.Sub(run.Ended); past >= 0 && !run.Ended.IsZero() {
		text += ", ended " + age(past) + " ago"
	}
	return text
}

func inParentheses(text string) string {
	if text == "" {
		return ""
	}
	return " (" + printable(text) + ")"
}

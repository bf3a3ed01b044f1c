package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"holdfast/internal/state"
)

func listCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "Show every known service in a table",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return list(c.OutOrStdout(), c.ErrOrStderr(), asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the facts as a JSON array")
	return c
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Errorf("%s takes no arguments, and got %q", c.Name(), args[0]))
	}
	return nil
}

func list(stdout, stderr io.Writer, asJSON bool) error {
	names, err := state.List()
	if err != nil {
		return failure(err)
	}
	views, err := lookAtAll(names)
	if asJSON {
		all := []facts{}
		for _, v := range views {
			all = append(all, factsOf(v, tree{}, nil))
		}
		return cmp.Or(printJSON(stdout, all), err)
	}
	if len(views) == 0 && err == nil {
		fmt.Fprintln(stderr, "holdfast: no service was ever started here; start one with 'holdfast start'")
		return nil
	}
	printList(stdout, screenOf(stdout), views, time.Now())
	return err
}

// lookAtAll looks at many services at once, for a guardian that does not answer keeps
// one waiting. The error joins those that could not be looked at.
func lookAtAll(names []string) ([]view, error) {
	views, errs := make([]view, len(names)), make([]error, len(names))
	var group sync.WaitGroup
	for i, name := range names {
		group.Go(func() { views[i], errs[i] = look(name) })
	}
	group.Wait()
	var seen []view
	for i, v := range views {
		switch {
		case errs[i] == nil:
			seen = append(seen, v)
		case errors.Is(errs[i], errUnknown): // removed since it was listed
			errs[i] = nil
		}
	}
	return seen, failure(errors.Join(errs...))
}

func printList(w io.Writer, s screen, views []view, now time.Time) {
	rows := [][]string{{"NAME", "ACTIVE", "SUB", "PID", "GUARDIAN", "RESTARTS", "SINCE", "WHAT"}}
	for _, v := range views {
		r := &v.record
		since, guardian := "-", number(r.Guardian.PID)
		if v.guardian == killed {
			guardian = "killed"
		}
		if past := now.Sub(r.Since()); !r.Since().IsZero() && past >= 0 {
			since = age(past) + " ago"
		}
		what := commandLine(r.Service.Exec.Args)
		if r.Service.Source != "" {
			what = printable(r.Service.Description)
		}
		rows = append(rows, []string{v.dir.Name, r.State.Active(), string(r.State), number(r.Business.PID), guardian,
			fmt.Sprint(r.Restarts), since, what})
	}
	printTable(w, s, rows)
}

func number(pid int) string {
	if pid == 0 {
		return "-"
	}
	return fmt.Sprint(pid)
}

// printTable prints rows in columns that are as wide as they have to be.
func printTable(w io.Writer, s screen, rows [][]string) {
	var b bytes.Buffer
	columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(columns, strings.Join(row, "\t"))
	}
	columns.Flush()
	for line := range strings.Lines(b.String()) {
		fmt.Fprintln(w, s.cut(strings.TrimRight(line, " \n")))
	}
}

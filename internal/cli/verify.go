package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

func verifyCommand() *cobra.Command {
	var t target
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify [flags] NAME | FILE.service | -- PROGRAM [ARGUMENT]…",
		Short: "Check a service without starting it",
		Long: `Verify lists what becomes of each directive of a service file and its drop-ins:
honoured; ignored, for its value is no good; harmless, it means nothing here; not
honoured by this version; refused, it promises what is not given here; or unknown. It
exits with 1 if the service could not be started.`,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			return verify(c, &t, args, asJSON)
		},
	}
	t.addFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print facts for programs")
	return c
}

func verify(c *cobra.Command, t *target, args []string, asJSON bool) error {
	if len(args) == 0 {
		_, err := t.base(c, nil, nil)
		return usage(err)
	}
	loaded, err := t.resolve(c, args)
	if err == nil {
		loaded.Problems = slices.Concat(loaded.Problems, unenforced(loaded), missing(loaded))
		err = t.checkStart(loaded)
	}
	if asJSON {
		if failed := printVerdict(c.OutOrStdout(), loaded, err); failed != nil {
			return failed
		}
	} else {
		printSettings(c.OutOrStdout(), loaded.Settings)
		warn(c.ErrOrStderr(), loaded.Problems)
	}
	switch {
	case err != nil && asJSON:
		return &exitError{code: exitFailed}
	case err != nil:
		return failure(err)
	case !asJSON:
		fmt.Fprintln(c.OutOrStdout(), "it can be started")
	}
	return nil
}

// checkStart looks for what a start would fail of, too.
func (t *target) checkStart(loaded unit.Loaded) error {
	if err := t.check(loaded, func(string) bool { return true }); err != nil {
		return err
	}
	if err := executable(&loaded.Service, loaded.Service.Exec); err != nil {
		return loaded.At("ExecStart", err)
	}
	if file := loaded.Service.PIDFile; file != "" {
		if err := checkPIDFile(file); err != nil {
			return loaded.At("PIDFile", err)
		}
	}
	return nil
}

// missing finds the commands beside the business that cannot be executed now. A start does
// without a warning, as systemd does: they may be there when their time comes.
func missing(loaded unit.Loaded) (problems []unit.Problem) {
	s := &loaded.Service
	for _, of := range []struct {
		name     string
		commands []watchdog.Command
	}{
		{"ExecCondition", s.ExecCondition}, {"ExecStartPre", s.ExecStartPre}, {"ExecStart", s.ExecMore},
		{"ExecStartPost", s.ExecStartPost}, {"ExecReload", s.ExecReload}, {"ExecStop", s.ExecStop},
		{"ExecStopPost", s.ExecStopPost}, {"OnCrash", []watchdog.Command{s.OnCrash}},
	} {
		for _, command := range of.commands {
			if err := executable(s, command); err != nil {
				problem := unit.Problem{Name: of.name, Value: command.Path, Err: err}
				for _, set := range loaded.Settings {
					if set.Name == of.name && strings.Contains(set.Value, command.Path) {
						problem.File, problem.Line, problem.Value = set.File, set.Line, set.Value
					}
				}
				problems = append(problems, problem)
			}
		}
	}
	return problems
}

// executable says what keeps a command from being executed; one that is not there at all is
// fine, as a oneshot may do without.
func executable(s *watchdog.Service, c watchdog.Command) error {
	if c.Path == "" {
		return nil
	}
	program := watchdog.LookUpProgram(c.Path, s.ExecSearchPath)
	_, err := findProgram(filepath.Join(s.Setup.RootDirectory, program))
	if err != nil && !filepath.IsAbs(c.Path) {
		return fmt.Errorf("%s: no such program in the directories where it is looked for (ExecSearchPath=)", c.Path)
	}
	return err
}

func printSettings(out io.Writer, settings []unit.Setting) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range settings {
		where := "command line"
		if s.File != "" {
			where = fmt.Sprintf("%s:%d", s.File, s.Line)
		}
		fmt.Fprintf(table, "%s\t%s=%s\t%s\t%s\n", where, s.Name, shortened(s.Value), s.Class, s.Note)
	}
	table.Flush()
}

// shortened keeps a long command line from pushing the verdict off the screen.
func shortened(value string) string {
	const most = 40
	runes := []rune(strings.ReplaceAll(value, "\n", " "))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-1]) + "…"
}

func printVerdict(out io.Writer, loaded unit.Loaded, err error) error {
	verdict := struct {
		Startable bool           `json:"startable"`
		Error     string         `json:"error,omitempty"`
		Warnings  []string       `json:"warnings"`
		Settings  []unit.Setting `json:"settings"`
	}{Startable: err == nil, Warnings: []string{}, Settings: append([]unit.Setting{}, loaded.Settings...)}
	if err != nil {
		verdict.Error = err.Error()
	}
	for _, problem := range loaded.Problems {
		if !problem.Fatal {
			verdict.Warnings = append(verdict.Warnings, problem.Error())
		}
	}
	return printJSON(out, verdict)
}

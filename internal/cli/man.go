package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdfast/internal/manual"
	"holdfast/internal/unit"
)

// manCommand is hidden: it is for whoever makes packages.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIRECTORY",
		Short:  "Write the manual pages",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			m, err := manualOf(c.Root())
			if err != nil {
				return usage(err)
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return failure(err)
			}
			for name, page := range m.Pages() {
				if err := os.WriteFile(filepath.Join(args[0], name), page, 0o644); err != nil {
					return failure(err)
				}
			}
			return nil
		},
	}
}

// manualOf has the date of SOURCE_DATE_EPOCH, or today's:
// https://reproducible-builds.org/specs/source-date-epoch/
func manualOf(root *cobra.Command) (manual.Manual, error) {
	m := manual.Manual{Root: root, Version: version, Date: time.Now()}
	if epoch := os.Getenv("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return m, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
		}
		m.Date = time.Unix(seconds, 0)
	}
	file, command := directiveDefaults()
	plain := func(text string) string {
		text, _, _ = strings.Cut(text, ", see [") // a place in another page
		return strings.ReplaceAll(strings.TrimPrefix(text, "–"), "`", "")
	}
	for _, d := range unit.Directives() {
		m.Directives = append(m.Directives, manual.Directive{Directive: d, InFile: plain(file[d.Name]), OnCommandLine: plain(command[d.Name])})
	}
	return m, nil
}

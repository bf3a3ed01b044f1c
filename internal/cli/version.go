package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by a release's build: -ldflags "-X holdfast/internal/cli.version=1.2.3".
var version = "dev"

// build is what version --json prints.
type build struct {
	Version string `json:"version"`
	// Commit and Time are those of the source, left out where git did not know them.
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"` // the source was not as committed
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Show which holdfast this is",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			b := thisBuild()
			if asJSON {
				return printJSON(c.OutOrStdout(), b)
			}
			fmt.Fprintln(c.OutOrStdout(), b)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the facts as JSON")
	return c
}

func thisBuild() build {
	b := build{Version: version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Commit = setting.Value
		case "vcs.time":
			b.Time = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

// String is "holdfast 1.2.3 (commit 0123456789ab, go1.26.8, linux/amd64)".
func (b build) String() string {
	commit := ""
	if b.Commit != "" {
		commit = "commit " + b.Commit[:min(12, len(b.Commit))]
		if b.Modified {
			commit += " and changes"
		}
		commit += ", "
	}
	return fmt.Sprintf("holdfast %s (%s%s, %s/%s)", b.Version, commit, b.Go, b.OS, b.Arch)
}

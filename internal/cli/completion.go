package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"holdfast/internal/state"
	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

func completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Write what lets a shell complete verbs, flags and names",
		Long: `Completion writes a script for bash (with the package bash-completion), zsh or fish.
The packages have it installed already. The shell asks holdfast itself when you press
Tab, so names of services are those of this moment.`,
		Example: `  source <(holdfast completion bash)
  holdfast completion bash >/etc/bash_completion.d/holdfast
  holdfast completion zsh >/usr/local/share/zsh/site-functions/_holdfast
  holdfast completion fish >~/.config/fish/completions/holdfast.fish`,
		ValidArgs: []string{"bash", "zsh", "fish"},
		RunE: func(c *cobra.Command, args []string) error {
			root, out := c.Root(), c.OutOrStdout()
			switch strings.Join(args, " ") {
			case "bash":
				return failure(root.GenBashCompletionV2(out, true))
			case "zsh":
				return failure(root.GenZshCompletion(out))
			case "fish":
				return failure(root.GenFishCompletion(out, true))
			}
			return usage(fmt.Errorf("which shell? Write: holdfast completion bash, zsh or fish"))
		},
	}
}

// completeMore offers the values of flags, and to the verbs that read service files their
// names. What a verb takes besides is with the verb.
func completeMore(root *cobra.Command) {
	values := flagValues()
	for _, c := range root.Commands() {
		for flag, complete := range values {
			if c.Flags().Lookup(flag) != nil {
				c.RegisterFlagCompletionFunc(flag, complete) // fails for one that the verb has its own for
			}
		}
		switch c.Name() {
		case "start", "run", "verify", "cat", "restart", "install":
			c.ValidArgsFunction = completeTargets
		}
	}
}

type complete = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

func flagValues() map[string]complete {
	return map[string]complete{
		"restart": oneOfThese("always", "no", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog"),
		"signal": func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return completeSignals(), cobra.ShellCompDirectiveNoFileComp
		},
		"kill-whom": oneOfThese(string(watchdog.WhomMain), string(watchdog.WhomControl), string(watchdog.WhomAll)),
		"property": func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return completeDirectives(), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		},
		"chdir": func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
}

func oneOfThese(values ...string) complete {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

func completeDirectives() (all []string) {
	seen := map[string]bool{}
	for _, d := range unit.Directives() {
		if d.Class == unit.Honoured && !seen[d.Name] { // some have an older place, too
			seen[d.Name] = true
			all = append(all, d.Name+"=\t"+d.Doc)
		}
	}
	return all
}

func completeSignals() (all []string) {
	for signal := syscall.Signal(1); signal < 32; signal++ {
		all = append(all, watchdog.SignalName(signal))
	}
	return all
}

// completeTargets offers what start takes: services, files of services, and after "--"
// whatever the shell itself has.
func completeTargets(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	// Not c.ArgsLenAtDash(): cobra adds a "--" of its own before it asks.
	if slices.Contains(os.Args[:len(os.Args)-1], "--") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	if strings.Contains(begun, "/") {
		return []string{"service"}, cobra.ShellCompDirectiveFilterFileExt
	}
	names, _ := state.List()
	names = append(names, unit.Names(begun)...)
	files, _ := filepath.Glob("*.service")
	for _, file := range files {
		names = append(names, "./"+file)
	}
	slices.Sort(names)
	return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
}

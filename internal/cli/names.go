package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"holdfast/internal/state"
)

// namesWanted refuses a command line without a name, in words of its own.
func namesWanted(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage(fmt.Errorf("which service? Write: holdfast %s NAME; 'holdfast list' shows the names", c.Name()))
	}
	return nil
}

// completeNames offers the known services to the shell.
func completeNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names, err := state.List()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// forEach does the same for each, such as each name. One that fails does not keep the others waiting;
// the worst exit code counts.
func forEach[T any](each []T, do func(T) error) error {
	var all []error
	code := exitDone
	for _, one := range each {
		err := do(one)
		if err == nil {
			continue
		}
		all = append(all, err)
		var exit *exitError
		if errors.As(err, &exit) {
			code = max(code, exit.code)
		} else {
			code = max(code, exitFailed)
		}
	}
	if code == exitDone {
		return nil
	}
	return &exitError{code, errors.Join(all...)}
}

// orUnknown adds what to do about a service that nobody knows.
func orUnknown(err error) error {
	if errors.Is(err, errUnknown) {
		return failure(fmt.Errorf("%w; 'holdfast list' shows what is known", err))
	}
	return err
}

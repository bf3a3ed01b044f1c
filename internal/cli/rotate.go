package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"holdfast/internal/control"
	"holdfast/internal/logfile"
)

func rotateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate NAME…",
		Short: "Begin a new log file",
		Long: `Rotate gives the present log file its name among the old ones and begins a new one,
as happens by itself when it has reached LogMaxSize=. If something else has moved the
file away, as logrotate(8) does, the log goes on in a new one of its name. Where the
service does not run there is nothing to do, and that is no error.

SIGUSR1 to the guardian does the same.`,
		Args:              namesWanted,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			return forEach(args, func(name string) error {
				v, err := inspect(name)
				if err != nil {
					return orUnknown(err)
				}
				if v.guardian == absent || v.guardian == killed && v.left() == "" { // which is not logrotate's fault
					fmt.Fprintf(c.OutOrStdout(), "%s is not running, so nobody has its log open\n", name)
					return nil
				}
				return ask(c.OutOrStdout(), v, control.Request{Verb: control.Rotate})
			})
		},
	}
}

// compressLog is the command by which a guardian has an old log file compressed.
const compressLog = "compress-log"

func compressLogCommand() *cobra.Command {
	return &cobra.Command{
		Use:    compressLog + " PATH",
		Short:  "Compress a rotated log file",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			unix.Setpriority(unix.PRIO_PROCESS, 0, 19) // whatever the machine has to do comes first
			return failure(logfile.Compress(args[0]))
		},
	}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"holdfast/daemon"
	"holdfast/internal/state"
	"holdfast/internal/watchdog"
	"holdfast/pidfile"
)

func runCommand() *cobra.Command {
	var t target
	orphan := adoptOrphan
	c := &cobra.Command{
		Use:   "run [flags] NAME | FILE.service | -- PROGRAM [ARGUMENT]…",
		Short: "Guard a program in the foreground",
		Long: `Run guards a program as start does, but stays in the foreground: under a terminal,
as the first process of a container, or as a Type=notify service of systemd, to which
it says when the program is up. What the program prints goes to standard output and to the log; what the guardian decides
goes to standard error. It ends when the service has ended, the way the program did.`,
		Example: `  holdfast run -- ./web -c web.conf
  holdfast run --restart=on-failure ./web.service`,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			loaded, err := t.resolve(c, args)
			warn(c.ErrOrStderr(), loaded.Problems)
			if err != nil {
				return usage(err)
			}
			return run(loaded.Service, orphan)
		},
	}
	t.addFlags(c)
	orphan.addFlag(c)
	return c
}

// run guards in this very process.
func run(service watchdog.Service, orphan onOrphan) error {
	dir, err := directories(service.Name)
	if err == nil && orphan == killOrphan {
		err = stopOrphanFirst(os.Stdout, service.Name)
	}
	if err != nil {
		return err
	}
	lock, err := state.TryLock(dir.LockFile())
	if errors.Is(err, state.ErrLocked) {
		err = fmt.Errorf("%s has a guardian already, so it is not run a second time", service.Name)
	}
	if err != nil {
		return failure(err)
	}
	defer lock.Close()
	if err := occupy(&service, dir, orphan); err != nil {
		return err
	}
	if err := daemon.CloseOnExec(); err != nil { // or the business inherits what was not meant for it
		return failure(err)
	}
	if err := pidfile.Write(service.PIDFile, os.Getpid()); err != nil {
		return failure(err)
	}
	log := guardianLog(dir, os.Stderr)
	record, err := guard(service, dir, lock, os.Stdout, log, func(g *watchdog.Guardian) {
		go g.Ask(context.Background(), watchdog.StartRequested{})
	})
	if err != nil {
		return failure(errors.Join(err, pidfile.Remove(service.PIDFile, os.Getpid())))
	}
	if code := exitAs(record); code != exitDone {
		return &exitError{code: code}
	}
	return nil
}

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
as process 1 of a container, or as a Type=notify service of systemd, to which
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
	dir, lost, err := foregroundDirectories(service.Name)
	if err == nil && orphan == killOrphan {
		err = stopOrphanFirst(os.Stdout, service.Name)
	}
	if err != nil {
		return err
	}
	lock, err := lockForeground(service.Name, dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := occupy(&service, dir, orphan); err != nil {
		return err
	}
	if err := daemon.CloseOnExec(); err != nil { // or the business inherits what was not meant for it
		return failure(err)
	}
	if service.PIDFile != "" {
		if err := pidfile.Write(service.PIDFile, os.Getpid()); err != nil {
			return failure(err)
		}
	}
	log := guardianLog(dir, os.Stderr)
	for _, loss := range lost {
		log.Info().Msg(loss)
	}
	record, err := guard(service, dir, lock, os.Stdout, log, func(g *watchdog.Guardian) {
		go g.Ask(context.Background(), watchdog.StartRequested{})
	})
	if err != nil {
		return failure(errors.Join(err, removePIDFile(service)))
	}
	if code := exitAs(record); code != exitDone {
		return &exitError{code: code}
	}
	return nil
}

// lockForeground takes the service's lock. Without a runtime directory there is none, and
// nobody else who could take it.
func lockForeground(name string, dir state.Dir) (*os.File, error) {
	if dir.Runtime == "" {
		return nil, nil
	}
	lock, err := state.TryLock(dir.LockFile())
	if errors.Is(err, state.ErrLocked) {
		err = fmt.Errorf("%s has a guardian already, so it is not run a second time", name)
	}
	return lock, failure(err)
}

// foregroundDirectories finds and makes the directories of a guardian that has a stdout.
// It goes without what nobody has asked for and cannot be had; lost says what follows from
// that. Process 1 of a container has no log of its own unless it is asked for one: its
// stdout is the container's log, and a second one would fill the container.
func foregroundDirectories(name string) (dir state.Dir, lost []string, err error) {
	process1, logAsked := os.Getpid() == 1, os.Getenv("HOLDFAST_LOG_DIR") != ""
	if dir, err = state.Locate(name); err != nil {
		return dir, nil, usage(err)
	}
	if err = dir.CreateRuntime(); err != nil {
		if !process1 || logAsked || os.Getenv("HOLDFAST_RUNTIME_DIR") != "" {
			return dir, nil, usage(err)
		}
		dir.Runtime = ""
		lost = append(lost, fmt.Sprintf("the other commands, such as status and stop, cannot find this guardian: %v", err))
	}
	if process1 && !logAsked {
		dir.Log = ""
		return dir, append(lost, "the log is standard output and standard error only; with HOLDFAST_LOG_DIR it is kept in files, too"), nil
	}
	if err = dir.CreateLog(); err != nil {
		if logAsked {
			return dir, nil, usage(err)
		}
		dir.Log = ""
		lost = append(lost, fmt.Sprintf("the log is standard output and standard error only: %v", err))
	}
	return dir, lost, nil
}

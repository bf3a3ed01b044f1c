package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"holdfast/daemon"
	"holdfast/internal/control"
	"holdfast/internal/proc"
	"holdfast/internal/state"
	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
	"holdfast/pidfile"
)

func startCommand() *cobra.Command {
	var t target
	var noBlock, force, unlessStopped bool
	orphan := adoptOrphan
	c := &cobra.Command{
		Use:   "start [flags] NAME… | FILE.service… | -- PROGRAM [ARGUMENT]…",
		Short: "Put a program under guard and return once it runs",
		Long: `Start detaches from the terminal and puts a program under guard: one that a service
file describes, or the command line after "--". It returns once the program runs,
or says why it does not, with the last lines that the program printed.

A service that is running already is left alone; that is no error. If its guardian was
killed while the program lives on, the new guardian takes the program over as it is.`,
		Example: `  holdfast start -- ./web -c web.conf
  holdfast start --no-restart=7,OOM --user=www-data -- /usr/bin/web
  holdfast start ./web.service
  holdfast start web`,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			if !force {
				if err := refuseUnderSystemd(); err != nil {
					return usage(err)
				}
			}
			all, err := t.resolveEach(c, args)
			if err == nil && unlessStopped { // without the warnings, too: cron would mail them every minute
				all = slices.DeleteFunc(all, func(l unit.Loaded) bool { return nothingToMend(l.Service.Name) })
			}
			for _, loaded := range all {
				warn(c.ErrOrStderr(), loaded.Problems)
			}
			if err != nil {
				return usage(err)
			}
			return forEach(all, func(loaded unit.Loaded) error {
				if pidFile := loaded.Service.PIDFile; pidFile != "" && !force {
					if err := unreadBySystemd(pidFile); err != nil {
						return usage(err)
					}
				}
				warn(c.ErrOrStderr(), unenforced(loaded))
				return start(c.OutOrStdout(), loaded.Service, noBlock, orphan)
			})
		},
	}
	t.addFlags(c)
	orphan.addFlag(c)
	c.Flags().BoolVar(&noBlock, "no-block", false, "return once the guardian is there, without waiting for the program")
	c.Flags().BoolVar(&unlessStopped, "unless-stopped", false, "do and say nothing if it is guarded, or was stopped or ended for good since the boot (for cron)")
	c.Flags().BoolVar(&force, "force", false, "start even where systemd expects something else of this process")
	return c
}

// nothingToMend reports whether a service has a guardian that answers, or had one since the
// boot that has ended it or let it end.
func nothingToMend(name string) bool {
	v, err := look(name)
	return err == nil && (v.guardian == present || v.guardian == absent && v.record.BootID == proc.BootID())
}

// start launches the guardian of a checked service, or finds that there is one.
func start(stdout io.Writer, service watchdog.Service, noBlock bool, orphan onOrphan) error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	dir, err := directories(service.Name)
	if err == nil && orphan == killOrphan {
		err = stopOrphanFirst(stdout, service.Name)
	}
	if err != nil {
		return err
	}
	lock, err := lockOrJoin(ctx, stdout, service.Name, dir)
	if lock == nil {
		return err // nil, too: somebody guards it already, and that was said
	}
	defer lock.Close()
	if err := occupy(&service, dir, orphan); err != nil {
		return err
	}
	_, adopting := orphanOf(service.Name)
	payload, err := json.Marshal(orders{Service: service, Dir: dir, NoBlock: noBlock})
	if err != nil {
		return failure(err)
	}
	body, err := daemon.Launch(ctx, daemon.Options{
		Args:    []string{os.Args[0], "guardian", service.Name},
		Env:     frugal,
		PIDFile: service.PIDFile,
		Payload: payload,
		Files:   []*os.File{lock},
		Output:  dir.GuardianLog(),
		Timeout: launchTimeout(service),
		Grace:   stopTime(service),
	})
	if err != nil && !adopting {
		if left := endAbandoned(service.Name); left != nil {
			return failure(fmt.Errorf("%s: the start has failed, and what it has left behind was not ended: %w", service.Name, errors.Join(err, left)))
		}
	}
	if adopting && errors.Is(err, context.Canceled) {
		return failure(fmt.Errorf("%s: the start was interrupted; the program runs on, and 'holdfast status %[1]s' says whether it has a guardian", service.Name))
	}
	return report(stdout, service, body, err)
}

// endAbandoned ends the business of a guardian that was killed before it answered. The
// caller holds the lock.
func endAbandoned(name string) error {
	v, err := look(name)
	if err != nil || v.guardian != killed {
		return nil // the guardian came to nothing, or has tidied up
	}
	return v.endOrphan(context.Background()) // also after a Ctrl+C: nothing may be left
}

// frugal keeps the Go runtime of a process small that sleeps nearly always: one
// processor's caches, and a collection before the heap has grown to 4 MiB, but none on the
// way to the start, for it takes more memory than it gives back. The
// business never sees these: its environment is part of the orders.
var frugal = []string{"GOMAXPROCS=1", "GOGC=50"}

// launchTimeout is how long the guardian may take to answer; 0 means for ever, as for a
// program that may ask for more time.
func launchTimeout(s watchdog.Service) time.Duration {
	if s.TimeoutStartSec == watchdog.Infinity || s.Type == watchdog.Notify || s.Type == watchdog.NotifyReload {
		return 0
	}
	commands := 1 + len(s.ExecMore) + len(s.ExecCondition) + len(s.ExecStartPre) + len(s.ExecStartPost)
	return time.Duration(commands)*min(s.TimeoutStartSec, 24*time.Hour) + s.SettleSec + stopTime(s)
}

// stopTime is how long the guardian may take to end everything again, phase by phase,
// and some more.
func stopTime(s watchdog.Service) time.Duration {
	phase := min(s.TimeoutStopSec, 24*time.Hour)
	if abort := s.TimeoutAbortSec; abort != nil {
		phase = max(phase, min(*abort, 24*time.Hour))
	}
	return time.Duration(6+len(s.ExecStop)+len(s.ExecStopPost))*phase + 10*time.Second
}

// directories finds and makes the service's directories.
func directories(name string) (state.Dir, error) {
	dir, err := state.Locate(name)
	if err == nil {
		err = dir.Create()
	}
	return dir, usage(err)
}

// occupy prepares for a guardian what the holder of the lock may touch.
func occupy(service *watchdog.Service, dir state.Dir, orphan onOrphan) error {
	if err := choosePIDFile(service, dir); err != nil {
		return err
	}
	v, err := look(service.Name)
	if err != nil { // never started, as far as can be seen
		if pid := lostGuardian(dir.LockFile()); pid != 0 {
			return failure(fmt.Errorf("not starting a second guardian of %s: PID %d is one, though %s was removed; end it and the program with 'kill %[2]d' first",
				service.Name, pid, dir.Runtime))
		}
		return nil
	}
	if v.alive(v.record.Guardian) {
		return failure(fmt.Errorf("not starting a second guardian of %s: PID %d is one, though its lock %s was removed; end it with 'holdfast stop %[1]s' first",
			service.Name, v.record.Guardian.PID, v.dir.LockFile()))
	}
	if err := orphan.refuse(v); err != nil {
		return err
	}
	return refuseSurvivor(v)
}

// lockOrJoin takes the lock, or waits for the outcome of the start that somebody else
// has under way. Between the two moments a guardian may come or go, so it tries again.
func lockOrJoin(ctx context.Context, stdout io.Writer, name string, dir state.Dir) (*os.File, error) {
	for pause := 2 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		lock, err := state.TryLock(dir.LockFile())
		if err == nil || !errors.Is(err, state.ErrLocked) {
			return lock, failure(err)
		}
		joined, err := join(ctx, stdout, name, dir)
		if joined {
			return nil, err
		}
		select {
		case <-time.After(pause): // the holder is between its fork and its socket, or on its way out
		case <-ctx.Done():
			return nil, failure(fmt.Errorf("%s: interrupted while another start was under way", name))
		}
	}
}

// join asks the present guardian to see to it that the business runs.
func join(ctx context.Context, stdout io.Writer, name string, dir state.Dir) (bool, error) {
	soon, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	before, err := control.Ask(soon, dir.Control(), control.Request{Verb: control.Status})
	if errors.Is(err, context.DeadlineExceeded) { // or cron's starts would pile up
		v := view{dir: dir, guardian: silent}
		state.Load(dir.StateFile(), &v.record)
		return true, failure(v.unheard())
	}
	if errors.Is(err, control.ErrNoSocket) {
		if v, err := look(name); err == nil && v.guardian == unreachable {
			return true, failure(v.unheard())
		}
	}
	if err != nil || before.Over {
		return false, nil
	}
	reply, err := control.Ask(ctx, dir.Control(), control.Request{Verb: control.Start})
	if err != nil || reply.Outcome == watchdog.Cancelled {
		return false, nil
	}
	if err := unreadBySystemd(reply.Record.Service.PIDFile); err != nil && reply.Outcome == watchdog.Started {
		return true, failure(fmt.Errorf("%s is running already, guarded by PID %d: %w; end it with 'holdfast stop %[1]s' first",
			name, reply.Record.Guardian.PID, err))
	}
	if reply.Outcome == watchdog.Started && before.Record.State == watchdog.Running && before.Record.Business.PID != 0 {
		fmt.Fprintf(stdout, "%s is already running: PID %d, guarded by PID %d\n",
			name, reply.Record.Business.PID, reply.Record.Guardian.PID)
		return true, nil
	}
	return true, reportReply(stdout, name, reply)
}

// choosePIDFile settles where the guardian's PID goes: as told, else where systemd
// says ($PIDFILE), else into the runtime directory. Somebody else's file is theirs.
func choosePIDFile(service *watchdog.Service, dir state.Dir) error {
	if service.PIDFile == "" && os.Getenv("INVOCATION_ID") != "" {
		service.PIDFile = os.Getenv("PIDFILE") // without the other it is not systemd's
	}
	if service.PIDFile == "" {
		service.PIDFile = dir.PIDFile()
		return nil // whatever an earlier guardian left there, the lock says that it is gone
	}
	if err := checkPIDFile(service.PIDFile); err != nil {
		return usage(err)
	}
	found, err := pidfile.Verify(service.PIDFile)
	if err == nil && found.State == pidfile.Alive {
		return usage(fmt.Errorf("%s; end that process or choose another PID file", found))
	}
	return nil
}

// checkPIDFile reports why the guardian's PID cannot be written there.
func checkPIDFile(file string) error {
	if !filepath.IsAbs(file) {
		return fmt.Errorf("PID file %s: not an absolute path", file)
	}
	dir := filepath.Dir(file)
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if err == nil {
		err = unix.Access(dir, unix.W_OK|unix.X_OK)
	}
	if err != nil {
		return fmt.Errorf("PID file %s: cannot be written in %s: %w", file, dir, cause(err))
	}
	// A link is replaced, anything else is not ours.
	if _, err := pidfile.Verify(file); err != nil && !isSymlink(file) {
		return err
	}
	return nil
}

func isSymlink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().Type() == os.ModeSymlink
}

// refuseSurvivor keeps a second copy of the program from being started beside one that
// SendSIGKILL=no has let outlive its stop.
func refuseSurvivor(v view) error {
	if v.guardian != absent || !v.alive(v.record.Business) {
		return nil // nothing is left of it
	}
	if s := v.record.Service; s.SendSIGKILL || s.KillMode == watchdog.KillProcess || s.KillMode == watchdog.KillNone {
		return nil // it was meant to go on
	}
	return failure(fmt.Errorf("not starting a second %s: PID %d has outlived its stop, and SendSIGKILL=no forbids to kill it; "+
		"end it yourself first", v.dir.Name, v.record.Business.PID))
}

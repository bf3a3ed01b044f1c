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
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"holdfast/daemon"
	"holdfast/internal/control"
	"holdfast/internal/state"
	"holdfast/pidfile"
	"holdfast/watchdog"
)

func startCommand() *cobra.Command {
	var t target
	var noBlock, force bool
	orphan := adoptOrphan
	c := &cobra.Command{
		Use:   "start [flags] NAME | FILE.service | -- PROGRAM [ARGUMENT]…",
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
			loaded, err := t.resolve(c, args)
			warn(c.ErrOrStderr(), loaded.Problems)
			if err != nil {
				return usage(err)
			}
			return start(c.OutOrStdout(), loaded.Service, noBlock, orphan)
		},
	}
	t.addFlags(c)
	orphan.addFlag(c)
	c.Flags().BoolVar(&noBlock, "no-block", false, "return once the guardian is there, without waiting for the program")
	c.Flags().BoolVar(&force, "force", false, "start even where systemd expects something else of this process")
	return c
}

// refuseUnderSystemd tells a start that systemd itself executed from one in a shell:
// unless it is the ExecStart= of a Type=forking service with a PIDFile=, systemd would
// follow the wrong process (systemd.service(5), Type=).
func refuseUnderSystemd() error {
	if os.Getenv("SYSTEMD_EXEC_PID") != fmt.Sprint(os.Getpid()) {
		return nil
	}
	if os.Getenv("PIDFILE") != "" && os.Getenv("NOTIFY_SOCKET") == "" {
		return nil
	}
	return errors.New("systemd runs this, but not as a Type=forking service with a PIDFile=, so it would lose the guardian; " +
		"set Type=forking and PIDFile=, or use 'holdfast run' with Type=exec (--force starts all the same)")
}

// start launches the guardian of a checked service, or finds that there is one.
func start(stdout io.Writer, service watchdog.Service, noBlock bool, orphan onOrphan) error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	dir, lock, err := occupy(ctx, stdout, &service, orphan)
	if lock == nil {
		return err
	}
	defer lock.Close()
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
	return report(stdout, service, body, err)
}

// frugal keeps the Go runtime of a process small that sleeps nearly always: one
// processor's caches, and a collection before the heap has grown to 4 MiB. The
// business never sees these: its environment is part of the orders.
var frugal = []string{"GOMAXPROCS=1", "GOGC=25"}

// launchTimeout is how long the guardian may take to answer; 0 means for ever.
func launchTimeout(s watchdog.Service) time.Duration {
	if s.TimeoutStartSec == watchdog.Infinity {
		return 0
	}
	return s.TimeoutStartSec + s.SettleSec
}

// stopTime is how long the guardian may take to end everything again, phase by phase,
// and some more.
func stopTime(s watchdog.Service) time.Duration {
	return 4*min(s.TimeoutStopSec, 24*time.Hour) + 10*time.Second
}

// occupy takes the service's lock and prepares its directories. Without a lock and an
// error there was nothing to do: somebody guards it already, and that was said.
func occupy(ctx context.Context, stdout io.Writer, service *watchdog.Service, orphan onOrphan) (state.Dir, *os.File, error) {
	dir, err := state.Locate(service.Name)
	if err == nil {
		err = dir.Create()
	}
	if err != nil {
		return dir, nil, usage(err)
	}
	if orphan == killOrphan {
		if err := stopOrphanFirst(stdout, service.Name); err != nil {
			return dir, nil, err
		}
	}
	lock, err := lockOrJoin(ctx, stdout, service.Name, dir)
	if lock == nil {
		return dir, nil, err
	}
	err = choosePIDFile(service, dir)
	if err == nil {
		err = orphan.refuse(service.Name)
	}
	if err != nil {
		lock.Close()
		return dir, nil, err
	}
	return dir, lock, nil
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
	before, err := control.Ask(ctx, dir.Control(), control.Request{Verb: control.Status})
	if err != nil || before.Over {
		return false, nil
	}
	reply, err := control.Ask(ctx, dir.Control(), control.Request{Verb: control.Start})
	if err != nil || reply.Outcome == watchdog.Cancelled {
		return false, nil
	}
	if reply.Outcome == watchdog.Started && before.Record.State == watchdog.Running {
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

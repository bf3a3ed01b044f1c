package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	godaemon "github.com/sevlyar/go-daemon"

	"holdfast/pidfile"
)

const (
	defaultGrace = 10 * time.Second
	killGrace    = 5 * time.Second // from SIGKILL to the end, unless the kernel is stuck
)

// Launch starts the guardian and returns its answer.
//
// When it returns, the intermediate has been reaped and either the guardian is
// up and the PID file names it, or there is an error and nothing is left: no
// process, no PID file. The error is a [*FailedError] if the guardian itself
// said that it failed, matches [ErrTimeout] after [Options.Timeout], and matches
// ctx.Err() if ctx ended first; a guardian that answered at that very moment is
// up, and then Launch says so.
//
// Launch marks every descriptor from 3 up of this process close-on-exec. Other
// goroutines must not start processes meanwhile, or these may inherit
// [Options.Files].
func Launch(ctx context.Context, o Options) ([]byte, error) {
	if !entered {
		return nil, errors.New("daemon.Enter was not called in main: the daemon would be launched again and again")
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("the start was cancelled: %w", err)
	}
	l, err := forkIntermediate(o)
	if err != nil {
		return nil, err
	}
	defer l.conn.Close()

	var timeout <-chan time.Time
	if o.Timeout > 0 {
		timeout = time.After(o.Timeout)
	}
	answers := make(chan answer, 1)
	go func() { answers <- l.converse() }()

	var a answer
	select {
	case a = <-answers:
	case <-ctx.Done():
		a = l.cancel(answers, fmt.Errorf("the start was cancelled: %w", ctx.Err()))
	case <-timeout:
		a = l.cancel(answers, fmt.Errorf("%s: %w within %v", l.name(), ErrTimeout, o.Timeout))
	}
	if a.err != nil {
		return nil, l.bury(a.err)
	}
	return a.body, nil
}

// answer is how a start ended.
type answer struct {
	body []byte
	err  error
}

// launch is a start under way.
type launch struct {
	options      Options
	conn         *net.UnixConn // our end of the handshake
	intermediate *os.Process
	guardian     atomic.Pointer[os.Process] // nil until the intermediate has told
}

// forkIntermediate makes the first of the two forks.
func forkIntermediate(o Options) (*launch, error) {
	var err error
	own := role{Name: intermediateRole}
	if o.PIDFile != "" {
		if o.PIDFile, err = filepath.Abs(o.PIDFile); err != nil { // it works in /
			return nil, err
		}
		own.PIDFile = []byte(o.PIDFile)
	}
	ours, theirs, err := handshake()
	if err != nil {
		return nil, err
	}
	defer ours.Close() // conn has a duplicate
	defer theirs.Close()
	if own.Inode, err = socketInode(int(theirs.Fd())); err != nil {
		return nil, err
	}
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, err
	}
	l := &launch{options: o, conn: conn.(*net.UnixConn)}
	if err := CloseOnExec(); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot close inherited files: %w", err), conn.Close())
	}
	passed, err := passOn(append([]*os.File{theirs}, o.Files...))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot pass on files: %w", err), conn.Close())
	}
	defer closeAll(passed)
	own.Handshake, own.Files = passed[0], passed[1:]
	if l.intermediate, err = reborn(o, own); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return l, nil
}

// reborn runs the executable again in a new session.
func reborn(o Options, own role) (*os.Process, error) {
	// If the program that started us leaked its mark, go-daemon would take us
	// for the child.
	os.Unsetenv(godaemon.MARK_NAME)
	environ, err := own.environ()
	if err != nil {
		return nil, err
	}
	context := godaemon.Context{WorkDir: "/", Args: o.Args, Env: append(environ, o.Env...), LogFileName: os.DevNull}
	if o.Output != "" {
		if context.LogFileName, err = filepath.Abs(o.Output); err != nil {
			return nil, err
		}
	}
	switch context.LogFileName { // go-daemon would close ours with these
	case "/dev/stdout":
		context.LogFileName = "/dev/fd/1"
	case "/dev/stderr":
		context.LogFileName = "/dev/fd/2"
	}
	child, err := context.Reborn()
	if child != nil {
		// An error here is go-daemon's last write, of two line ends, losing the
		// race against a child that has read enough. The handshake tells the rest.
		return child, nil
	}
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) && failed.Op == "open" {
		return nil, fmt.Errorf("cannot open the output: %w", err)
	}
	return nil, fmt.Errorf("cannot fork the intermediate: %w", err)
}

// converse is the launcher's side of the handshake, from the guardian's process
// ID to its answer. It ends at the latest when the other processes have.
func (l *launch) converse() answer {
	first, _ := receive(l.conn)
	if first.kind == sayGuardian && l.hold(string(first.body)) {
		send(l.conn, sayHeld, nil) // if it is dead, Wait says so
	} else {
		l.conn.CloseWrite() // or it would wait for that
	}
	state, err := l.intermediate.Wait()
	if err != nil {
		return answer{err: fmt.Errorf("the intermediate (process %d): %w", l.intermediate.Pid, err)}
	}
	if !state.Success() && first.kind == sayGuardian {
		l.conn.CloseWrite() // or a guardian that may go would wait for its payload
		first, _ = receive(l.conn)
	}
	if first.kind == sayTrouble {
		return answer{err: errors.New(string(first.body))}
	}
	if !state.Success() || l.guardian.Load() == nil {
		return answer{err: fmt.Errorf("the intermediate (process %d) ended too early: %v%s", l.intermediate.Pid, state, l.hint())}
	}

	send(l.conn, sayPayload, l.options.Payload) // if it is dead, no answer says so
	last, err := receive(l.conn)
	switch {
	case err != nil:
		return answer{err: fmt.Errorf("%s ended before it answered%s", l.name(), l.hint())}
	case last.kind == sayFailed:
		return answer{err: &FailedError{last.body}}
	case last.kind != sayStarted:
		return answer{err: fmt.Errorf("%s answered with an unknown message %q", l.name(), last.kind)}
	}
	return answer{body: last.body}
}

// hold gets a handle on the guardian, so that no later user of its number is
// ever taken for it.
func (l *launch) hold(number string) bool {
	pid, err := strconv.Atoi(number)
	if err != nil || pid < 1 {
		return false
	}
	guardian, err := os.FindProcess(pid)
	l.guardian.Store(guardian)
	return err == nil
}

// cancel asks for an end of the start, kills what does not end within the grace,
// and returns how it ended: with cause, unless the guardian was faster.
func (l *launch) cancel(answers <-chan answer, cause error) answer {
	l.conn.CloseWrite()
	var a answer
	select {
	case a = <-answers:
	case <-time.After(l.options.Grace):
		l.kill()
		select {
		case a = <-answers:
		case <-time.After(killGrace):
			a.err = cause
		}
	}
	if a.err == nil {
		return a
	}
	// A guardian's last words may explain why it took so long.
	if failed := (*FailedError)(nil); errors.As(a.err, &failed) {
		return answer{err: fmt.Errorf("%w: %w", cause, failed)}
	}
	return answer{err: cause}
}

// bury returns when nothing of a start that failed with cause is left.
func (l *launch) bury(cause error) error {
	l.conn.CloseWrite()
	if !l.gone(l.options.Grace) {
		l.kill()
		if !l.gone(killGrace) {
			return fmt.Errorf("%w; %s does not die of SIGKILL", cause, l.name())
		}
	}
	if guardian := l.guardian.Load(); guardian != nil {
		guardian.Wait() // matters only if orphans are reparented to us
		if l.options.PIDFile != "" {
			pidfile.Remove(l.options.PIDFile, guardian.Pid) // what is there otherwise is not ours
		}
	}
	return cause
}

// gone reports whether intermediate and guardian ended within the given time.
func (l *launch) gone(within time.Duration) bool {
	deadline := time.Now().Add(within)
	l.conn.SetReadDeadline(deadline)
	// The end of the handshake is the end of all who had it.
	if _, err := io.Copy(io.Discard, l.conn); errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	guardian := l.guardian.Load()
	return guardian == nil || exited(guardian, deadline)
}

func (l *launch) kill() {
	l.intermediate.Kill()
	if guardian := l.guardian.Load(); guardian != nil {
		guardian.Kill()
	}
}

func (l *launch) name() string {
	if guardian := l.guardian.Load(); guardian != nil {
		return fmt.Sprintf("the guardian (process %d)", guardian.Pid)
	}
	return "the guardian"
}

// hint says where the last words of a process that died are.
func (l *launch) hint() string {
	if l.options.Output == "" {
		return ""
	}
	return ", see " + l.options.Output
}

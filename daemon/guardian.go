package daemon

import (
	"errors"
	"io"
	"os"
	"sync"

	godaemon "github.com/sevlyar/go-daemon"
	"golang.org/x/sys/unix"

	"holdfast/pidfile"
)

// A Guardian is the daemon's own view of its start. It owes the launcher one
// answer: Started or Failed. To let the launcher return at once, answer at once.
type Guardian struct {
	Payload []byte     // Options.Payload
	Files   []*os.File // Options.Files, in that order; an exec closes them
	PIDFile string     // Options.PIDFile as an absolute path; empty if there is none

	launcher  *os.File
	cancelled chan struct{}

	mu       sync.Mutex
	answered bool
}

// guardian waits for leave to go on and for the payload.
func (r role) guardian() *Guardian {
	os.Unsetenv(godaemon.MARK_NAME)
	g := &Guardian{
		Files:     receiveFiles(r.Files),
		PIDFile:   string(r.PIDFile),
		cancelled: make(chan struct{}),
	}
	unix.CloseOnExec(r.Handshake)

	// The handshake is the intermediate's until it has exited.
	leave := receiveFiles([]int{r.Go})[0]
	word, err := io.ReadAll(leave)
	leave.Close()
	if err != nil || len(word) == 0 {
		g.quit()
	}
	// Not blocking, so that Started can close it under a waiting read.
	if err := unix.SetNonblock(r.Handshake, true); err != nil {
		g.quit()
	}
	g.launcher = os.NewFile(uintptr(r.Handshake), "handshake")
	payload, err := receive(g.launcher)
	if err != nil || payload.kind != sayPayload {
		g.quit()
	}
	g.Payload = payload.body
	go g.watch()
	return g
}

// quit ends a guardian that nobody waits for any more.
func (g *Guardian) quit() {
	if g.PIDFile != "" {
		pidfile.Remove(g.PIDFile, os.Getpid())
	}
	os.Exit(1)
}

// watch ends with the handshake: the launcher says nothing after the payload, so
// what can be read is the end.
func (g *Guardian) watch() {
	g.launcher.Read(make([]byte, 1))
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.answered {
		close(g.cancelled)
	}
}

// Cancelled is closed when the launcher was cancelled or died before the answer:
// the guardian must clean up, remove its PID file and exit, within the
// launcher's [Options.Grace]. After the answer it is never closed.
func (g *Guardian) Cancelled() <-chan struct{} { return g.cancelled }

// Started makes Launch return body. From then on the guardian is on its own, and
// what happens to the launcher means nothing to it. The error is [ErrCancelled]
// if the launcher is no longer there to hear it; then it did not start.
func (g *Guardian) Started(body []byte) error {
	err := g.answer(sayStarted, body)
	if err == nil {
		g.launcher.Close()
	}
	return err
}

// Failed makes Launch return body as a [FailedError], but only when this process
// has exited: clean up before, exit after. The error is [ErrCancelled] if the
// launcher is no longer there to hear it.
func (g *Guardian) Failed(body []byte) error {
	return g.answer(sayFailed, body)
}

func (g *Guardian) answer(kind byte, body []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.answered {
		return errors.New("the launcher has its answer already")
	}
	select {
	case <-g.cancelled:
		if kind == sayStarted {
			return ErrCancelled
		}
	default:
	}
	err := send(g.launcher, kind, body)
	if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		return ErrCancelled
	}
	g.answered = err == nil
	return err
}

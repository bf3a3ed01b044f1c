// Package control lets other processes talk to a guardian, over a socket in the
// service's runtime directory: one request and one reply for each connection, in JSON.
//
// Whoever can reach the socket may command the service; the directory's mode, 0700,
// decides who that is.
package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"holdfast/internal/watchdog"
)

// A Verb is what is asked of the guardian.
type Verb string

// The verbs, in the words of the command line.
const (
	Status      Verb = "status"
	Start       Verb = "start"
	Stop        Verb = "stop"
	Restart     Verb = "restart"
	Reload      Verb = "reload"
	Kill        Verb = "kill"
	ResetFailed Verb = "reset-failed"
	Handover    Verb = "handover"
	Rotate      Verb = "rotate"
)

// A Request is what a client sends.
type Request struct {
	Verb Verb `json:"verb"`
	// Signal and Whom belong to Kill.
	Signal syscall.Signal `json:"signal,omitempty"`
	Whom   watchdog.Whom  `json:"whom,omitempty"`
	// Binary belongs to Handover: the program that is to take the guardian's place. There is
	// an answer only if that fails.
	Binary string `json:"binary,omitempty"`
}

// response is what a client gets.
type response struct {
	watchdog.Reply
	Error string `json:"error,omitempty"`
}

// ErrNoGuardian says that nobody listens on the socket, or that the guardian ended
// before it answered.
var ErrNoGuardian = errors.New("no guardian answers")

// ErrNoSocket is the [ErrNoGuardian] of a socket that is not there or on which nobody
// listens. A guardian may still live.
var ErrNoSocket = fmt.Errorf("%w: nobody listens", ErrNoGuardian)

// maxMessage bounds a request, so that no client can fill the guardian's memory.
const maxMessage = 8192

// requestTimeout is how long a client may take to write its request.
const requestTimeout = 10 * time.Second

// Listen opens the socket, in the place of a dead guardian's. The caller holds the
// service's lock, so nobody else can be listening.
func Listen(path string) (*net.UnixListener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	short, done, err := reachable(path)
	if err != nil {
		return nil, err
	}
	defer done()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", path, err)
	}
	listener.SetUnlinkOnClose(false) // the short name is gone by then
	return listener, nil
}

func respond(conn net.Conn, r response) {
	conn.SetWriteDeadline(time.Now().Add(requestTimeout))
	json.NewEncoder(conn).Encode(r) // a client that has gone away misses nothing
}

func (r Request) event() (watchdog.Event, error) {
	switch r.Verb {
	case Status:
		return nil, nil
	case Start:
		return watchdog.StartRequested{}, nil
	case Stop:
		return watchdog.StopRequested{}, nil
	case Restart:
		return watchdog.RestartRequested{}, nil
	case Reload:
		return watchdog.ReloadRequested{}, nil
	case Kill:
		if r.Signal < 1 || r.Whom != watchdog.WhomMain && r.Whom != watchdog.WhomControl && r.Whom != watchdog.WhomAll {
			return nil, fmt.Errorf("signal %d to %q is no request", r.Signal, r.Whom)
		}
		return watchdog.KillRequested{Signal: r.Signal, Whom: r.Whom}, nil
	case ResetFailed:
		return watchdog.ResetFailedRequested{}, nil
	}
	return nil, fmt.Errorf("this guardian does not know the request %q; it may be of an older version", r.Verb)
}

// Ask sends a request to the guardian that listens on path and returns its reply.
func Ask(ctx context.Context, path string, request Request) (reply watchdog.Reply, err error) {
	for range 10 { // a guardian that ends hangs up, too, for as long as it tidies up
		reply, err = ask(ctx, path, request)
		switch {
		case err == nil && reply.Handed: // the start goes on below the next program
			request.Verb = Start
		case !errors.Is(err, errHungUp) || request.Verb == Handover: // that one has not acted on the request, or was about to end
			return reply, err
		}
	}
	return reply, err
}

// errHungUp says that the guardian has taken the connection and then said nothing.
var errHungUp = fmt.Errorf("%w: it has hung up", ErrNoGuardian)

func ask(ctx context.Context, path string, request Request) (watchdog.Reply, error) {
	short, done, err := reachable(path)
	if err != nil {
		return watchdog.Reply{}, noGuardian(err)
	}
	defer done()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", short)
	if err != nil {
		return watchdog.Reply{}, noGuardian(err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })()
	if err := json.NewEncoder(conn).Encode(request); err != nil {
		return watchdog.Reply{}, answerLost(ctx, err)
	}
	var r response
	if err := json.NewDecoder(conn).Decode(&r); err != nil {
		return watchdog.Reply{}, answerLost(ctx, err)
	}
	if r.Error != "" {
		return watchdog.Reply{}, errors.New(r.Error)
	}
	return r.Reply, nil
}

func noGuardian(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return ErrNoSocket
	}
	return err
}

func answerLost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", errHungUp, err)
}

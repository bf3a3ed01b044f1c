package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"holdfast/internal/watchdog"
)

// A Server answers for one guardian.
type Server struct {
	listener *net.UnixListener
	guardian *watchdog.Guardian

	mu       sync.Mutex
	reading  map[*net.UnixConn]bool // nothing was heard yet
	paused   chan struct{}          // closed by Continue; nil when not paused
	answered sync.WaitGroup         // what was heard
}

// NewServer returns a server that does not listen yet.
func NewServer(listener *net.UnixListener, guardian *watchdog.Guardian) *Server {
	return &Server{listener: listener, guardian: guardian, reading: map[*net.UnixConn]bool{}}
}

// Serve answers until the listener is closed.
func (s *Server) Serve() {
	for {
		conn, err := s.listener.AcceptUnix()
		switch {
		case err == nil:
			if s.begin(conn) {
				go s.serve(conn)
			}
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.rest()
		default: // no descriptor left, say; the next client may have more luck
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// Pause returns when everything that was heard is answered. Who has not been heard yet is hung
// up on; who comes now waits for Continue, or for the next program to listen.
func (s *Server) Pause() {
	s.mu.Lock()
	s.paused = make(chan struct{})
	s.listener.SetDeadline(time.Now())
	for conn := range s.reading {
		conn.SetReadDeadline(time.Now())
	}
	s.mu.Unlock()
	s.answered.Wait()
}

// Continue undoes Pause.
func (s *Server) Continue() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener.SetDeadline(time.Time{})
	close(s.paused)
	s.paused = nil
}

func (s *Server) rest() {
	s.mu.Lock()
	paused := s.paused
	s.mu.Unlock()
	if paused != nil {
		<-paused
	}
}

// begin reports whether the client is to be listened to.
func (s *Server) begin(conn *net.UnixConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paused != nil {
		conn.Close()
		return false
	}
	s.reading[conn] = true
	conn.SetReadDeadline(time.Now().Add(requestTimeout))
	return true
}

// heard reports whether the request is to be carried out.
func (s *Server) heard(conn *net.UnixConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.reading, conn)
	if s.paused == nil {
		s.answered.Add(1)
	}
	return s.paused == nil
}

func (s *Server) serve(conn *net.UnixConn) {
	defer conn.Close()
	var request Request
	err := json.NewDecoder(io.LimitReader(conn, maxMessage)).Decode(&request)
	if !s.heard(conn) {
		return
	}
	if err == nil && request.Verb == Handover {
		s.answered.Done() // its answer, if there is one, comes after all others
		respond(conn, response{Error: s.guardian.HandOver(request.Binary).Error()})
		return
	}
	defer s.answered.Done()
	if err != nil {
		respond(conn, response{Error: fmt.Sprintf("not a request: %v", err)})
		return
	}
	if request.Verb == Rotate { // the loop does not wait for a disk
		if err := s.guardian.Rotate(); err != nil {
			respond(conn, response{Error: err.Error()})
			return
		}
		request.Verb = Status
	}
	event, err := request.event()
	if err != nil {
		respond(conn, response{Error: err.Error()})
		return
	}
	// The only error is that the guardian is ending: the client sees its silence.
	if reply, err := s.guardian.Ask(context.Background(), event); err == nil {
		respond(conn, response{Reply: reply})
	}
}

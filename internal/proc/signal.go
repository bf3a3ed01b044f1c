package proc

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// sendAll sends the signals in order through send, which reaches the process or fails.
func (id ID) sendAll(send func(syscall.Signal) error, sigs []syscall.Signal) error {
	for i, sig := range sigs {
		switch err := send(sig); {
		case err == nil:
		case err != syscall.ESRCH:
			return fmt.Errorf("process %d: signal %d: %w", id.PID, int(sig), err)
		case i > 0:
			return nil // an earlier one ended it
		default:
			return fmt.Errorf("process %d: %w", id.PID, ErrGone)
		}
	}
	return nil
}

// maxWalks bounds how often one call walks the tree. Whoever forks faster than that under a signal
// that can be survived must not hold up the guardian; a SIGKILL is repeated by the caller anyway.
const maxWalks = 16

// SignalAll sends the signals, in order, once to every live descendant of root, but not to root itself
// nor to the calling process. It walks the tree again until a walk finds nobody new, so a process forked
// meanwhile is reached too, unless the tree outgrows 16 walks: a caller that wants the tree gone calls
// again for each reaped exit until [Reaper.Collect] reports to be alone.
//
// It returns how many processes were signalled, and the first failure; the others are signalled nevertheless.
func SignalAll(root int, sigs ...syscall.Signal) (n int, err error) {
	s := sweep{sigs: sigs}
	err = s.below(root)
	return len(s.reached), err
}

// sweep is one call's way through a tree.
type sweep struct {
	sigs    []syscall.Signal
	spared  func([]Process) []Process // the rest; nil where nobody is
	tried   map[ID]bool
	reached []ID
	failed  error // the first failure
}

func (s *sweep) below(root int) error {
	if root == os.Getpid() && withoutTable() {
		return s.unseen()
	}
	for range maxWalks {
		found, err := Descendants(root)
		if err != nil {
			return err
		}
		if s.spared != nil {
			found = s.spared(found)
		}
		if !s.signalNew(found) {
			break
		}
	}
	return s.failed
}

// unseen signals everybody else in the PID namespace of which this is process 1: all are below it, and
// nobody can be told apart. It counts them as one.
func (s *sweep) unseen() error {
	for _, sig := range s.sigs {
		switch err := syscall.Kill(-1, sig); err {
		case nil:
			s.reached = []ID{{}}
		case syscall.ESRCH:
		default:
			return fmt.Errorf("all processes: signal %d: %w", int(sig), err)
		}
	}
	return nil
}

// signalNew signals whoever was not yet tried, and reports whether there was anybody.
func (s *sweep) signalNew(found []Process) (news bool) {
	if s.tried == nil {
		s.tried = make(map[ID]bool, len(found))
	}
	for _, p := range found {
		if !p.Dead() && p.PID != os.Getpid() && !s.tried[p.ID] {
			news, s.tried[p.ID] = true, true
			s.signal(p.ID)
		}
	}
	return news
}

func (s *sweep) signal(id ID) {
	switch err := id.Signal(s.sigs...); {
	case err == nil:
		s.reached = append(s.reached, id)
	case !errors.Is(err, ErrGone) && s.failed == nil:
		s.failed = err
	}
}

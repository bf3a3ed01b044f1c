package proc

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestADescendantThatIsKnown(t *testing.T) { t.Parallel(); inRole(t, "known") }

func roleKnown([]string) {
	s := newStage()
	out, w, err := os.Pipe()
	check(err == nil, "pipe: %v", err)
	tests := []struct {
		script string
		child  bool // it has come back to us
	}{
		{`sh -c 'read go <&3; exit 5' & echo $!; exit 0`, true},
		{`sh -c 'read go <&3; exit 5' & echo $!; wait $!; read gone <&4; exit 0`, false},
	}
	for _, tt := range tests {
		stdin, goOn, err := os.Pipe()
		check(err == nil, "pipe: %v", err)
		gate, gone, err := os.Pipe()
		check(err == nil, "pipe: %v", err)
		spec := shell(`exec 3<&0 4<&2; ` + tt.script)
		spec.Stdin, spec.Stdout, spec.Stderr = stdin, w, gate
		parent := must(s.Spawn(spec))
		stdin.Close()
		gate.Close()
		must(out.Read(make([]byte, 16)))
		if tt.child {
			ended, alone := s.next()
			check(!alone && len(ended) == 1 && ended[0].ID == parent, "%+v", ended)
		}
		var id ID
		for _, p := range must(Descendants(os.Getpid())) {
			if p.ID != parent {
				id = p.ID
			}
		}
		check(IsBelow(id.PID, os.Getpid()) && !IsBelow(os.Getpid(), id.PID) && !IsBelow(1, os.Getpid()), "the tree is wrong")
		told := make(chan Ended, 1)
		check(s.Know(id, func(e Ended) { told <- e }) == nil, "cannot know it")
		check(s.Spawned(id), "it is not known")
		orphans := s.Orphans()
		goOn.Close()
		var end Ended
		if tt.child {
			end = s.untilAlone()[0]
			check(s.Orphans() == orphans, "counted as an orphan")
		} else {
			select {
			case end = <-told:
			case <-time.After(patience):
				panic("not told")
			}
			gone.Close()
			s.untilAlone()
		}
		gone.Close()
		check(end.ID == id && end.Status.ExitStatus() == 5 && !end.Unknown, "%+v", end)
		check(!s.Spawned(id) && len(told) == 0, "still known, or told twice")
		check(errors.Is(s.Know(id, nil), ErrGone), "one that has ended can be known")
		check(!s.Spawned(id), "one that has ended is known")
	}
}

// The end of a process is told even if there was no descriptor left to watch it by.
func TestWatchingWithoutADescriptor(t *testing.T) { t.Parallel(); inRole(t, "out-of-files") }

func roleOutOfFiles([]string) {
	s := newStage()
	out, w, err := os.Pipe()
	check(err == nil, "pipe: %v", err)
	spec := shell(`sleep 1000 & echo ready; wait`)
	spec.Stdout = w
	parent := must(s.Spawn(spec))
	must(out.Read(make([]byte, 16)))
	below := must(Descendants(parent.PID))
	check(len(below) == 1, "%+v", below)
	id := below[0].ID
	known, watched := make(chan Ended, 2), make(chan Ended, 2)
	e := NewEstate(nil, id)

	var given unix.Rlimit
	check(unix.Getrlimit(unix.RLIMIT_NOFILE, &given) == nil, "no limit")
	check(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1, Max: given.Max}) == nil, "no limit")
	knownErr := s.Know(id, func(e Ended) { known <- e })
	watchErr := e.Watch(id, func(e Ended) { watched <- e })
	check(unix.Setrlimit(unix.RLIMIT_NOFILE, &given) == nil, "no limit")
	check(knownErr == nil && watchErr == nil, "%v, %v", knownErr, watchErr)

	check(id.Signal(syscall.SIGKILL) == nil, "it is gone")
	for _, told := range []chan Ended{known, watched} {
		select {
		case end := <-told:
			check(end.ID == id, "%+v", end)
		case <-time.After(patience):
			panic("not told")
		}
	}
	s.untilAlone()
	check(!s.Spawned(id) && len(known) == 0 && len(watched) == 0, "told twice")
	ended := must(Identify(os.Getpid()))
	ended.Start++
	for range 2 {
		check(errors.Is(e.Watch(ended, nil), ErrGone), "one that has ended can be watched")
	}
}

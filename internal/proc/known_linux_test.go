package proc

import (
	"errors"
	"os"
	"testing"
	"time"
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

package proc

import (
	"os"
	"syscall"
	"testing"
)

func TestAside(t *testing.T) { t.Parallel(); inRole(t, "aside") }

// What was spawned aside is not counted, not returned and not signalled with the others.
func roleAside([]string) {
	s := newStage()
	out, w, err := os.Pipe()
	check(err == nil, "pipe: %v", err)
	spec := shell(`trap '' TERM; setsid sh -c 'trap "" TERM; echo ready; sleep 1000; :' & wait`)
	spec.Stdout, spec.Stderr = w, nil // nor would a failure be heard of before its end
	id, ended, err := s.SpawnAside(spec)
	check(err == nil, "%v", err)
	must(out.Read(make([]byte, 8)))
	_, alone := s.Collect()
	check(alone, "not alone beside it")

	business := must(s.Spawn(shell("exec sleep 1000")))
	_, alone = s.Collect()
	check(!alone, "alone, but the business runs")
	n := must(s.SignalAll(syscall.SIGKILL))
	check(n == 1, "%d processes were signalled", n)
	all := s.untilAlone()
	check(len(all) == 1 && all[0].ID == business, "reaped: %+v", all)
	check(id.Alive() && len(must(Descendants(id.PID))) > 0, "what is aside was signalled, too")

	s.KillAside(id)
	for len(must(Descendants(os.Getpid()))) > 0 { // what was below it may come back to us
		s.Collect()
	}
	end := <-ended
	check(end.ID == id && end.Status.Signal() == syscall.SIGKILL, "its end: %+v", end)
	s.KillAside(id) // does nothing

	_, _, err = s.SpawnAside(Spec{Path: "/nonexistent"})
	check(err != nil, "spawned /nonexistent")
	_, alone = s.Collect()
	check(alone, "not alone at the end")
}

package proc

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// What a dead guardian left, seen by a process that is nobody's parent or child there.
func TestEstate(t *testing.T) {
	tests := []struct {
		name, script string
		members      int
		business     bool // known to the heir
	}{
		{"a business and its children", `sleep 1000 & setsid sleep 1000 & echo ready; wait`, 3, true},
		{"found by their mark alone", `sleep 1000 & setsid sleep 1000 & echo ready; wait`, 3, false},
		{"a detached child carries the mark", `setsid sh -c 'sleep 1000 & exec sleep 1000' & sleep 0; echo ready; wait`, 3, false},
		{"no mark, but below the business", `env -i setsid sleep 1000 & echo ready; wait`, 2, true},
		{"no mark and orphaned, but in its group", `(env -i sleep 1000 &) ; echo ready; exec sleep 1000`, 2, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mark := fmt.Sprintf("test-%d-%s", os.Getpid(), strings.ReplaceAll(tt.name, " ", "-"))
			cmd := exec.Command("bash", "-c", tt.script)
			cmd.Env = append(os.Environ(), InvocationVariable+"="+mark)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			defer io.Copy(io.Discard, out) // until all are gone
			defer cmd.Wait()
			bufio.NewReader(out).ReadString('\n')
			business := ID{}
			if tt.business {
				business, _ = Identify(cmd.Process.Pid)
			}
			inRole(t, "heir", mark, strconv.Itoa(business.PID), strconv.FormatUint(business.Start, 10), strconv.Itoa(tt.members))
		})
	}
}

func roleHeir(args []string) {
	pid, start, want := must(strconv.Atoi(args[1])), must(strconv.ParseUint(args[2], 10, 64)), must(strconv.Atoi(args[3]))
	own := exec.Command("sleep", "1000") // of the same run, says its environment, but our own child
	own.Env = append(os.Environ(), InvocationVariable+"="+args[0])
	check(own.Start() == nil, "sleep")
	e := NewEstate([]string{"another", args[0]}, ID{pid, start})
	var members []Process
	for len(members) < want { // until everybody has been forked
		members = must(e.Members())
	}
	check(len(members) == want, "%+v", members)
	ended := make(chan Ended, 10)
	for range 2 {
		for _, p := range members {
			check(e.Watch(p.ID, func(end Ended) { ended <- end }) == nil, "watch")
		}
	}
	n := must(e.Signal(syscall.SIGKILL))
	check(n == want, "%d signalled", n)
	for range want {
		<-ended
	}
	members = must(e.Members())
	check(len(members) == 0, "left: %+v", members)
	check(must(Identify(own.Process.Pid)).Alive(), "our own child was killed")
	own.Process.Kill()
	own.Wait()
}

// A group's number may have been given to somebody else once the group was empty.
func TestEstateGroup(t *testing.T) {
	business := ID{10, 1}
	e := NewEstate(nil, business)
	alive := []Process{{ID: business, PGID: 10, PPID: 1}, {ID: ID{11, 1}, PGID: 10, PPID: 1}, {ID: ID{12, 1}, PGID: 12, PPID: 11}, {ID: ID{99, 1}, PGID: 99, PPID: 1}}
	pids := func(all []Process) (found []int) {
		for _, p := range e.pick(all, nil) {
			found = append(found, p.PID)
		}
		return found
	}
	if got := fmt.Sprint(pids(append([]Process(nil), alive...))); got != "[10 11 12]" {
		t.Errorf("members: %s", got)
	}
	if got := fmt.Sprint(pids([]Process{{ID: ID{12, 1}, PGID: 12, PPID: 1}, {ID: ID{10, 5}, PGID: 10, PPID: 1}, {ID: ID{11, 5}, PGID: 10, PPID: 10}})); got != "[12]" {
		t.Errorf("members: %s", got)
	}
}

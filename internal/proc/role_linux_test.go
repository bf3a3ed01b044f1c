package proc

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for something that must happen.
const patience = 2 * time.Minute

// A role is a part that the test binary plays in a process of its own, so that subreaper, waits, signals
// and limits do not disturb the test process. It fails by panicking.
var roles map[string]func(args []string)

const roleVar = "HOLDFAST_PROC_TEST_ROLE"

func TestMain(m *testing.M) {
	Enter()
	roles = map[string]func([]string){
		"exits": roleExits, "orphan": roleOrphan, "many-orphans": roleManyOrphans, "stubborn": roleStubborn,
		"inheritance": roleInheritance, "unprivileged": roleUnprivileged, "scores": roleScores,
		"die": roleDie, "hog": roleHog, "main-thread-ended": roleMainThreadEnded, "blocked": roleBlocked,
		"heir": roleHeir, "aside": roleAside, "known": roleKnown, "setup": roleSetup, "where": roleWhere,
		"divide": roleDivide, "out-of-files": roleOutOfFiles,
	}
	if role, given := os.LookupEnv(roleVar); given {
		os.Unsetenv(roleVar)
		if roles[role] == nil { // or it would run all tests, and each of them more
			panic("no role is called " + role)
		}
		roles[role](os.Args[1:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func roleCommand(role string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	return cmd
}

// inRole plays the role to its end, which must be a good one.
func inRole(t *testing.T, role string, args ...string) {
	t.Helper()
	if out, err := roleCommand(role, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// stage is what a role needs to be a small guardian.
type stage struct {
	*Reaper
	children chan os.Signal
}

func newStage() stage {
	r := must(NewReaper())
	check(r.Subreaper() == nil, "no subreaper: %v", r.Subreaper())
	s := stage{r, make(chan os.Signal, 1)}
	signal.Notify(s.children, syscall.SIGCHLD)
	return s
}

// next reaps until something has ended or nothing is left.
func (s stage) next() ([]Ended, bool) {
	for timeout := time.After(patience); ; {
		if ended, alone := s.Collect(); len(ended) > 0 || alone {
			return ended, alone
		}
		select {
		case <-s.children:
		case <-timeout:
			panic("nothing ends any more")
		}
	}
}

// untilAlone reaps until nothing is left.
func (s stage) untilAlone() (all []Ended) {
	for {
		ended, alone := s.next()
		if all = append(all, ended...); alone {
			return all
		}
	}
}

// output is what the program wrote until every holder of its standard output was gone.
func (s stage) output(spec Spec) string {
	r, w, err := os.Pipe()
	check(err == nil, "pipe: %v", err)
	spec.Stdout = w
	must(s.Spawn(spec))
	w.Close()
	out := must(io.ReadAll(r))
	s.untilAlone()
	return string(out)
}

func shell(script string) Spec {
	return Spec{Path: "/bin/sh", Args: []string{"sh", "-c", script}, Env: os.Environ(), Stderr: os.Stderr}
}

func must[T any](v T, err error) T {
	check(err == nil, "%v", err)
	return v
}

func check(ok bool, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf(format, args...))
	}
}

// statusField is a line of /proc/PID/status.
func statusField(status, name string) string {
	for line := range strings.Lines(status) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			return strings.TrimSpace(value)
		}
	}
	panic("no " + name + " in " + status)
}

package proc

import (
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestExitsAreCollected(t *testing.T) { t.Parallel(); inRole(t, "exits", t.TempDir()) }

func roleExits(args []string) {
	s := newStage()
	_, alone := s.Collect()
	check(alone, "not alone before anything was spawned")
	tests := []struct {
		script   string
		code     int
		signal   syscall.Signal
		coreDump bool
	}{
		{script: "exit 0", code: 0, signal: -1},
		{script: "exit 7", code: 7, signal: -1},
		{script: "exit 143", code: 143, signal: -1},
		{script: "kill -TERM $$", code: -1, signal: syscall.SIGTERM},
		{script: "kill -KILL $$", code: -1, signal: syscall.SIGKILL},
		{script: "ulimit -c unlimited; kill -SEGV $$", code: -1, signal: syscall.SIGSEGV, coreDump: true},
	}
	pattern := string(must(os.ReadFile("/proc/sys/kernel/core_pattern")))
	for _, tt := range tests {
		spec := shell(tt.script)
		spec.Dir = args[0]
		if tt.coreDump && strings.ContainsAny(pattern, "|/") {
			continue // the core would not stay in our directory
		}
		id := must(s.Spawn(spec))
		check(id.Start > 0, "%s: no start time", tt.script)
		all := s.untilAlone()
		check(len(all) == 1 && all[0].ID == id && all[0].Spawned, "%s: %+v", tt.script, all)
		status := all[0].Status
		check(status.ExitStatus() == tt.code && status.Signal() == tt.signal, "%s: %#x", tt.script, status)
		check(status.CoreDump() == tt.coreDump, "%s: core dumped: %v", tt.script, status.CoreDump())
		check(!id.Alive(), "%s: alive after its end", tt.script)
		check(s.Orphans() == 0, "%s: counted as an orphan", tt.script)
	}

	// A child that was not reaped yet is a zombie: dead, and not to be signalled.
	id := must(s.Spawn(shell("exit 0")))
	<-s.children
	for end := time.Now().Add(patience); id.Alive(); {
		check(time.Now().Before(end), "the child never ends")
	}
	check(len(must(Descendants(os.Getpid()))) == 1, "the zombie is not in the table")
	n := must(SignalAll(os.Getpid(), syscall.SIGKILL))
	check(n == 0, "a zombie was signalled")
	s.untilAlone()

	// Resource use: 40 MB touched, some CPU used.
	must(s.Spawn(shell("head -c 40000000 /dev/zero | tail -c 40000000 >/dev/null; exit 0")))
	used := s.untilAlone()[0]
	check(used.MaxRSS > 40e6 && used.MaxRSS < 1<<40, "peak memory of %d bytes", used.MaxRSS)
	check(used.UserTime+used.SystemTime > 0 && used.UserTime < time.Hour, "CPU time %v + %v", used.UserTime, used.SystemTime)
}

func TestOrphanComesBack(t *testing.T) { t.Parallel(); inRole(t, "orphan") }

func roleOrphan([]string) {
	s := newStage()
	stdin, hold, err := os.Pipe()
	check(err == nil, "pipe: %v", err)
	out, w, err := os.Pipe()
	check(err == nil, "pipe: %v", err)
	spec := shell(`exec 3<&0; (setsid sh -c 'echo ready; read x <&3; exit 5' &); exit 3`)
	spec.Stdin, spec.Stdout = stdin, w
	id := must(s.Spawn(spec))
	stdin.Close()
	must(out.Read(make([]byte, 8)))
	for { // an orphan is left, so we are not alone, whatever ends before
		ended, alone := s.next()
		check(!alone, "alone beside an orphan")
		if ended[0].ID == id {
			check(ended[0].Status.ExitStatus() == 3, "status %#x", ended[0].Status)
			break
		}
	}
	below := must(Descendants(os.Getpid()))
	check(len(below) == 1 && below[0].PPID == os.Getpid() && below[0].Session == below[0].PID, "%+v", below)
	hold.Close()
	last := s.untilAlone()
	check(len(last) == 1 && last[0].ID.PID == below[0].PID && !last[0].Spawned && last[0].Status.ExitStatus() == 5, "%+v", last)
	check(s.Orphans() > 0, "not counted")
}

func TestTwoThousandOrphansLeaveNoZombie(t *testing.T) { t.Parallel(); inRole(t, "many-orphans") }

func roleManyOrphans([]string) {
	s := newStage()
	must(s.Spawn(shell("i=0; while [ $i -lt 2000 ]; do ( : & ); i=$((i+1)); done")))
	all := s.untilAlone()
	check(len(all) == s.Orphans()+1 && s.Orphans() == 2000, "%d ended, %d of them orphans", len(all), s.Orphans())
	check(len(must(Descendants(os.Getpid()))) == 0, "somebody is left")
	check(len(s.spawned) == 0, "still registered: %v", s.spawned)
}

func TestTwoHundredStubbornDescendantsDie(t *testing.T) { t.Parallel(); inRole(t, "stubborn") }

func roleStubborn([]string) {
	s := newStage()
	out, w, err := os.Pipe()
	check(err == nil, "pipe: %v", err)
	spec := shell(`
		trap '' TERM
		i=0
		while [ $i -lt 50 ]; do
			sleep 1000 &                                                 # ignores TERM
			setsid sleep 1000 &                                          # in a session of its own
			(setsid sh -c 'sleep 1000; sleep 1000' &)                    # an orphan with a child
			(sh -c 'trap - TERM; kill -STOP $$; sleep 1000' &)           # stopped
			i=$((i+1))
		done
		echo ready; wait`)
	spec.Stdout = w
	business := must(s.Spawn(spec))
	w.Close()
	must(out.Read(make([]byte, 8)))
	below := must(Descendants(os.Getpid()))
	check(len(below) >= 201, "only %d descendants", len(below))
	place := map[int]int{os.Getpid(): -1}
	for i, p := range below {
		parent, known := place[p.PPID]
		check(known && parent < i, "%+v stands before its parent", p)
		place[p.PID] = i
	}

	n := must(SignalAll(os.Getpid(), syscall.SIGTERM, syscall.SIGCONT))
	check(n >= 201, "only %d signalled", n)
	check(business.Alive(), "TERM is not ignored")
	kill := func() { must(SignalAll(os.Getpid(), syscall.SIGKILL)) }
	kill()
	for {
		ended, alone := s.next()
		if alone {
			break
		}
		_ = ended
		kill()
	}
	check(len(must(Descendants(os.Getpid()))) == 0, "somebody is left")
}

func TestBusinessInheritsNothing(t *testing.T) {
	t.Parallel()
	// A launching shell with its own limit and an ignored SIGHUP.
	cmd := roleCommand("inheritance")
	cmd.Args = append([]string{"sh", "-c", `trap '' HUP; ulimit -Sn 777; exec "$0"`}, must(os.Executable()))
	cmd.Path = "/bin/sh"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func roleInheritance([]string) {
	var limit syscall.Rlimit
	check(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil && limit.Cur > 777, "Go has not raised the limit: %v", limit)
	s := newStage()
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGPIPE, syscall.SIGINT, syscall.SIGTERM,
		syscall.SIGUSR1, syscall.SIGCHLD, syscall.SIGQUIT, syscall.SIGTSTP)
	for _, fd := range must(os.ReadDir("/proc/self/fd")) { // the guardian's package daemon does that
		if n := must(strconv.Atoi(fd.Name())); n > 2 {
			syscall.CloseOnExec(n)
		}
	}

	status := s.output(Spec{Path: "/bin/cat", Args: []string{"cat", "/proc/self/status"}, Stderr: os.Stderr})
	for _, set := range []string{"SigIgn", "SigBlk", "SigCgt"} {
		check(strings.Trim(statusField(status, set), "0") == "", "%s: %s", set, statusField(status, set))
	}
	limits := s.output(shell("ulimit -Sn; ulimit -Hn"))
	check(strings.HasPrefix(limits, "777\n"), "limits %q", limits)
	links := s.output(shell("readlink /proc/self/fd/0; exec ls /proc/self/fd"))
	check(links == "/dev/null\n0\n1\n2\n3\n", "descriptors %q", links) // 3 is ls's own
	check(s.output(Spec{Path: "/usr/bin/env", Args: []string{"env"}}) == "", "an environment")
	stat := must(parseStat([]byte(s.output(Spec{Path: "/bin/cat", Args: []string{"cat", "/proc/self/stat"}}))))
	check(stat.PGID == stat.PID && stat.PPID == os.Getpid(), "%+v", stat)
}

func TestBlockedSignalsDoNotReachTheBusiness(t *testing.T) {
	t.Parallel()
	inRole(t, "blocked")
}

func TestOOMScoreIsNotInherited(t *testing.T) { t.Parallel(); inRole(t, "scores") }

func roleScores([]string) {
	s := newStage()
	given := must(ownOOMScore())
	protected := s.ProtectFromOOM()
	own := must(ownOOMScore())
	check(protected == nil && own <= guardianOOMScore || protected != nil && own == given, "%v, but score %d", protected, own)
	score := func(asked *int) string {
		out := s.output(Spec{Path: "/bin/cat", Args: []string{"cat", oomScoreFile}, OOMScoreAdj: asked})
		check(must(ownOOMScore()) == own, "the guardian's own score has changed")
		return strings.TrimSpace(out)
	}
	is := func(got string, want int) { check(got == strconv.Itoa(want), "score %s, not %d", got, want) }
	is(score(nil), given)
	high, low := 731, -950
	is(score(&high), high)
	check(s.OOMScoreErr() == nil, "%v", s.OOMScoreErr())
	if got := score(&low); s.OOMScoreErr() == nil {
		is(got, low)
	} else {
		is(got, own)
	}
	is(score(nil), given)
}

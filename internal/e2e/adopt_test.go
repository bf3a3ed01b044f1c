//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/proc"
	"holdfast/internal/watchdog"
)

// onCommand exits with 7 on SIGUSR1 and dies of whatever else it is sent.
const onCommand = `trap "exit 7" USR1; echo ready; while :; do sleep 1000 & wait $!; done`

// orphan kills the guardian with -9, and returns it and its business.
func (h *host) orphan(name string) (guardian, business int) {
	h.t.Helper()
	guardian, business = h.pid(name, "GuardianPID"), h.pid(name, "MainPID")
	kill(h.t, guardian, unix.SIGKILL)
	await(h.t, "the guardian is dead", func() bool { return !alive(guardian) })
	return guardian, business
}

// ready waits until the service has printed so.
func (h *host) ready(name string) {
	h.t.Helper()
	await(h.t, name+" is ready", func() bool { return strings.Contains(h.run("logs", name).stdout, "ready") })
}

// runs are the service's runs on record.
func (h *host) runs(name string) (runs []watchdog.Run) {
	h.t.Helper()
	if err := json.Unmarshal([]byte(h.ok("history", "--json", name)), &runs); err != nil {
		h.t.Fatal(err)
	}
	return runs
}

// businesses counts the living processes of the test that were spawned as one: they carry
// the mark and lead a process group.
func (h *host) businesses() (count int) {
	for _, p := range h.below() {
		if !p.Dead() && p.PGID == p.PID && proc.Mark(p.ID) != "" {
			count++
		}
	}
	return count
}

func TestAdoption(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--", "sleep", "1000")
	guardian, business := h.orphan("p")
	h.shows("p", "GuardianState", "killed", "MainPID", strconv.Itoa(business), "ActiveState", "failed")

	said := h.ok("start", "p")
	heir := h.pid("p", "GuardianPID")
	if want := fmt.Sprintf("p was adopted: PID %d, guarded by PID %d\n", business, heir); said != want {
		t.Errorf("it said %q, want %q", said, want)
	}
	if file := lines(h.runtime("p", "pid")); len(file) != 1 || file[0] != strconv.Itoa(heir) || heir == guardian {
		t.Errorf("the PID file holds %q, want %d", file, heir)
	}
	h.shows("p", "GuardianState", "present", "MainPID", strconv.Itoa(business), "GuardianPID", strconv.Itoa(heir),
		"ActiveState", "active", "SubState", "running", "NRestarts", "0", "Result", "success",
		"StatusReason", fmt.Sprintf("adopted from the guardian (PID %d), which was killed", guardian))
	if r := h.run("status", "p"); r.code != 0 || !strings.Contains(r.stdout, fmt.Sprintf("└─%d sleep 1000", business)) {
		t.Errorf("status: %d\n%s", r.code, r.stdout)
	}
	if runs := h.runs("p"); len(runs) != 1 || runs[0].PID != business || runs[0].Exit != nil || runs[0].Adopted.IsZero() {
		t.Errorf("runs: %+v", runs)
	}
	if said := h.ok("start", "p"); !strings.Contains(said, "is already running") {
		t.Errorf("a second start said %q", said)
	}

	// What follows is an ordinary life.
	h.ok("kill", "-s", "KILL", "p")
	await(t, "another one runs", func() bool { p := h.pid("p", "MainPID"); return p != 0 && p != business })
	h.shows("p", "NRestarts", "1", "GuardianPID", strconv.Itoa(heir))
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestAGuardianIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	killAgainAndAgain(t, 5)
}

// killAgainAndAgain kills guardians at random moments, also while they take over.
func killAgainAndAgain(t *testing.T, times int) {
	h := newHost(t)
	h.ok("start", "--name", "p", "--", "sleep", "1000")
	_, business := h.orphan("p")
	adoptions := 0
	for range times {
		if h.killNew("p", h.start("start", "p"), 30*time.Millisecond) {
			adoptions++
		}
		if n := h.businesses(); n != 1 || !alive(business) {
			t.Fatalf("%d businesses, the first one alive: %v", n, alive(business))
		}
	}
	t.Logf("%d guardians, %d of which had taken over", times, adoptions)
	h.ok("start", "p")
	h.shows("p", "MainPID", strconv.Itoa(business), "NRestarts", "0", "ActiveState", "active")
	if runs := h.runs("p"); len(runs) != 1 || runs[0].Exit != nil {
		t.Errorf("runs: %+v", runs)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// killNew kills the guardian that a start under way brings about, at some moment within
// the time after it was forked, and waits for the end of both. It reports whether the
// start was successful.
func (h *host) killNew(name string, start *process, within time.Duration) bool {
	h.t.Helper()
	var guardian int
	await(h.t, "there is a guardian", func() bool {
		for _, p := range h.below() {
			command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.PID))
			if !p.Dead() && strings.HasSuffix(string(command), "\x00guardian\x00"+name+"\x00") && p.Session != p.PID {
				guardian = p.PID
			}
		}
		return guardian != 0 || h.init.ended(start.pid).Known
	})
	if guardian != 0 {
		moment := unix.NsecToTimespec(rand.Int64N(int64(within)))
		unix.Nanosleep(&moment, nil)
		unix.Kill(guardian, unix.SIGKILL) // it is a child of the test's init, or gone
		await(h.t, "the guardian is dead", func() bool { return !alive(guardian) })
	}
	return start.wait().ExitStatus() == 0
}

// A guardian that dies right after a spawn leaves a business that may not be on record.
func TestNeverTwoBusinesses(t *testing.T) {
	t.Parallel()
	crashLoopUnderFire(t, 15)
}

func crashLoopUnderFire(t *testing.T, times int) {
	h := newHost(t)
	if _, err := exec.LookPath("flock"); err != nil {
		t.Skip(err)
	}
	script := `exec 9>lock; flock -n 9 || echo "$$ is one too many" >>doubles; echo $$ >>spawned; [ $(($$ % 4)) != 0 ] || sleep 0.2; exit 1`
	args := []string{"start", "--name", "p", "--settle=0", "-p", "RestartSec=0", "-p", "StartLimitIntervalSec=0", "--", "sh", "-c", script}
	for range times {
		h.killNew("p", h.start(args...), 30*time.Millisecond)
	}
	h.run("stop", "p")
	if doubles := lines(h.dir + "/doubles"); doubles != nil {
		t.Errorf("two at once, among %d:\n%s", len(lines(h.dir+"/spawned")), strings.Join(doubles, "\n"))
	}
	t.Logf("%d businesses, one after the other", len(lines(h.dir+"/spawned")))
	h.nothingLeft("p")
}

// playHoard is a subreaper that runs a command and then keeps every zombie that it gets.
func playHoard(args []string) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		panic(err)
	}
	over := make(chan os.Signal, 1)
	signal.Notify(over, unix.SIGTERM)
	command := exec.Command(args[0], args[1:]...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	<-over
}

func TestTheTrueExitIsOnRecord(t *testing.T) {
	ends := []struct {
		name   string
		signal unix.Signal
		want   watchdog.Exit
	}{
		{"exits with 7", unix.SIGUSR1, watchdog.Exit{Code: 7}},
		{"is killed by SEGV", unix.SIGSEGV, watchdog.Exit{Signal: unix.SIGSEGV}},
		{"is killed", unix.SIGKILL, watchdog.Exit{Signal: unix.SIGKILL}},
	}
	whens := []struct {
		name            string
		hoarded, before bool // the zombie is kept; it ends before the new guardian comes
	}{
		{"while an adopting guardian watches", false, false},
		{"while an adopting guardian watches and nobody reaps", true, false},
		{"while no guardian is alive", false, true},
		{"while no guardian is alive and nobody reaps", true, true},
	}
	for _, end := range ends {
		for _, when := range whens {
			for _, policy := range []string{"--restart=always", "--no-restart=7,SEGV,KILL"} {
				t.Run(fmt.Sprintf("%s %s, %s", end.name, when.name, policy), func(t *testing.T) {
					t.Parallel()
					h := newHost(t)
					start := []string{holdfast, "start", "--name", "p", policy, "--", "sh", "-c", "ulimit -c 0; " + onCommand}
					spec := Spec{Args: start}
					if when.hoarded {
						spec = Spec{Args: append([]string{os.Args[0]}, start...), Env: append(h.env, roleVariable+"=hoard")}
					}
					p := h.launch(spec)
					if when.hoarded {
						defer func() { unix.Kill(p.pid, unix.SIGTERM); p.wait() }()
					} else {
						p.wait()
					}
					await(t, "it runs", func() bool { return h.run("is-active", "p").code == 0 })
					h.ready("p")
					_, business := h.orphan("p")
					if !when.before {
						h.ok("start", "p")
					}
					kill(t, business, end.signal)
					await(t, "it has ended", func() bool { return !alive(business) })
					if !when.hoarded {
						h.init.wait(business)
					}
					restarts := policy == "--restart=always"
					if when.before {
						r := h.run("start", "p")
						if !restarts {
							h.said(r, 1, "not restarting: ", "on the no-restart list", "starts it anew")
						} else if r.code != 0 {
							t.Errorf("%+v", r)
						}
					}
					if restarts {
						await(t, "the next one runs", func() bool { return len(h.runs("p")) == 2 && h.run("is-active", "p").code == 0 })
						h.shows("p", "NRestarts", "1")
					} else {
						h.awaitShow("p", "SubState", "failed")
						h.awaitShow("p", "GuardianState", "absent")
					}
					run := h.runs("p")[0]
					if run.PID != business || run.Exit == nil || *run.Exit != end.want || run.Unseen != when.before || !strings.Contains(run.Decision, "restarting") {
						t.Errorf("%+v, exit %+v", run, run.Exit)
					}
					if !restarts && len(h.runs("p")) != 1 {
						t.Errorf("it was started again: %+v", h.runs("p"))
					}
					h.run("stop", "p")
				})
			}
		}
	}
}

// Where the kernel keeps nothing for us, that is said, and counts as a failure.
func TestAnUnknownExitIsAFailure(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--restart=on-failure", "-p", "RestartPreventExitStatus=0 255", "--", "sleep", "1000")
	_, business := h.orphan("p")
	unix.Unmount(h.runtime("p", "witness"), unix.MNT_DETACH)
	kill(t, business, unix.SIGKILL)
	h.init.wait(business)
	h.ok("start", "p")
	run := h.runs("p")[0]
	if run.Exit == nil || !run.Exit.Unknown || !strings.HasPrefix(run.Decision, "restarting at once: ended in an unknown way, Restart=on-failure") {
		t.Errorf("%+v, exit %+v", run, run.Exit)
	}
	if r := h.run("history", "p", "1"); !strings.Contains(r.stdout, "ended in an unknown way (code=unknown)") {
		t.Error(r.stdout)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// scattered is a business whose children do what they can to get away.
const scattered = `
	setsid sh -c 'sleep 1001 & exec sleep 1002' &
	sh -c 'sleep 1003 & (setsid sleep 1004 &) ; exit'
	(env -i sleep 1005 &)
	env -i setsid sleep 1006 &
	setsid sh -c 'trap "" TERM; echo ready; while :; do sleep 1007; done' &
	exec sleep 1000`

func TestAStopAfterAnAdoptionLeavesNothing(t *testing.T) {
	tests := []struct {
		name  string
		adopt bool
		end   []string
	}{
		{"a stop by the new guardian", true, []string{"stop", "p"}},
		{"a stop without a guardian", false, []string{"stop", "p"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.ok("start", "--name", "p", "-p", "TimeoutStopSec=200ms", "--", "sh", "-c", scattered)
			h.ready("p")
			h.orphan("p")
			if tt.adopt {
				h.ok("start", "p")
			}
			h.ok(tt.end...)
			h.nothingLeft("p")
			if run := h.runs("p")[0]; run.Exit == nil || run.Exit.Signal != unix.SIGTERM || run.Decision != "stopped on request" {
				t.Errorf("%+v, exit %+v", run, run.Exit)
			}
		})
	}
}

// The next run begins when nothing of the adopted one is left.
func TestARestartAfterAnAdoption(t *testing.T) {
	for _, way := range []string{"of the adopted business", "of the one without a guardian", "after its end"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.ok("start", "--name", "p", "-p", "TimeoutStopSec=200ms", "--", "sh", "-c", scattered)
			h.ready("p")
			old := map[int]bool{}
			_, business := h.orphan("p")
			for _, p := range h.below() {
				old[p.PID] = true
			}
			switch way {
			case "of the adopted business":
				h.ok("start", "p")
				h.ok("restart", "p")
			case "of the one without a guardian":
				h.ok("restart", "p")
			default:
				h.ok("start", "p")
				kill(t, business, unix.SIGKILL)
			}
			await(t, "another one runs", func() bool { return len(h.runs("p")) == 2 && h.pid("p", "MainPID") != 0 })
			for _, p := range h.below() {
				if old[p.PID] && !p.Dead() {
					t.Errorf("of the first run: %+v", p)
				}
			}
			h.ok("stop", "p")
			h.nothingLeft("p")
		})
	}
}

func TestOnOrphan(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	command := []string{"--name", "p", "--", "sleep", "1000"}
	start := func(rule string) []string { return append([]string{"start", "--on-orphan=" + rule}, command...) }
	h.ok(start("fail")...) // there is none
	_, first := h.orphan("p")
	h.fails(1, []string{"not starting a second p", fmt.Sprintf("the business (PID %d) still runs, unguarded", first), "holdfast stop p"}, start("fail")...)
	if !alive(first) || h.businesses() != 1 {
		t.Error("it was not left alone")
	}
	h.ok(start("kill")...)
	if second := h.pid("p", "MainPID"); second == first || alive(first) || h.businesses() != 1 {
		t.Errorf("the business is %d, was %d, alive: %v", second, first, alive(first))
	}
	h.shows("p", "NRestarts", "0")
	_, second := h.orphan("p")
	h.ok("reset-failed", "p")
	h.ok("start", "p")
	h.shows("p", "MainPID", strconv.Itoa(second))
	h.fails(2, []string{"write adopt, kill or fail"}, start("keep")...)
	h.ok("stop", "p")
	h.nothingLeft("p")

	// In the foreground, too.
	h.ok(start("adopt")...)
	_, first = h.orphan("p")
	run := h.start("run", "p")
	h.awaitShow("p", "GuardianPID", strconv.Itoa(run.pid))
	h.shows("p", "MainPID", strconv.Itoa(first))
	h.ok("stop", "p")
	h.said(run.result(), 143-128-16, "was adopted from the guardian")
	h.nothingLeft("p")
}

// What an adopted business writes to is read, whatever the new guardian was told.
func TestAnAdoptedBusinessKeepsItsStderr(t *testing.T) {
	for _, first := range []string{"yes", "no"} {
		t.Run("LogStderr="+first+" before", func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			start := func(stderr string) []string {
				return []string{"start", "--name", "p", "-p", "LogStderr=" + stderr, "-p", "Restart=no", "--", "sh", "-c",
					`trap 'echo last words >&2; exit 7' USR1; echo ready; while :; do sleep 1000 & wait $!; done`}
			}
			h.ok(start(first)...)
			h.ready("p")
			_, business := h.orphan("p")
			h.ok(start(map[string]string{"yes": "no", "no": "yes"}[first])...)
			kill(t, business, unix.SIGUSR1)
			await(t, "the last words are on record", func() bool {
				run := h.runs("p")[0]
				return run.Exit != nil && run.Exit.Code == 7 && strings.Contains(strings.Join(run.Output, "\n"), "last words")
			})
			h.ended()
			h.nothingLeft("p")
			if _, err := os.Lstat(h.runtime("p", "log-stderr")); err == nil {
				t.Error("log-stderr is left")
			}
		})
	}
}

// A PID that another process has by now is neither adopted nor signalled.
func TestARecycledPID(t *testing.T) {
	for _, way := range []string{"its business is dead", "its business is alive", "with the start time, too"} {
		for _, verb := range []string{"start", "stop"} {
			t.Run(way+", "+verb, func(t *testing.T) {
				t.Parallel()
				h := newHost(t)
				h.ok("start", "--name", "p", "-p", "KillMode=mixed", "--", "sleep", "1000")
				_, business := h.orphan("p")
				if way == "its business is dead" {
					kill(t, business, unix.SIGKILL)
					h.init.wait(business)
				}
				victim := h.launch(Spec{Args: []string{"sleep", "1000"}})
				other, err := proc.Identify(victim.pid)
				if err != nil {
					t.Fatal(err)
				}
				h.forge("p", func(r *watchdog.Record) {
					r.Business.PID, r.Runs[0].PID = other.PID, other.PID
					if way == "with the start time, too" {
						r.Business.Start = other.Start
					}
				})
				h.ok(verb, "p")
				if verb == "start" {
					if pid := h.pid("p", "MainPID"); pid == other.PID || h.businesses() != 1 {
						t.Errorf("the business is %d, the victim %d; %d businesses", pid, other.PID, h.businesses())
					}
					h.ok("kill", "--kill-whom=all", "-s", "HUP", "p")
					h.ok("stop", "p")
				}
				if !other.Alive() {
					t.Fatal("an innocent process was signalled")
				}
				kill(t, other.PID, unix.SIGKILL)
				victim.wait()
				h.nothingLeft("p")
			})
		}
	}
}

// forge changes what a dead guardian has left on record.
func (h *host) forge(name string, change func(*watchdog.Record)) {
	h.t.Helper()
	var record watchdog.Record
	path := h.runtime(name, "state.json")
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &record)
	}
	if err == nil {
		change(&record)
		text, err = json.Marshal(record)
	}
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// The last moment at which a guardian can die unnoticed: the business is there, and not
// on record.
func TestABusinessThatIsNotOnRecord(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "-p", "TimeoutStopSec=200ms", "--", "sh", "-c", scattered)
	h.ready("p")
	_, business := h.orphan("p")
	h.forge("p", func(r *watchdog.Record) { // as it was before the spawn
		r.State, r.Business, r.NextInvocationID = watchdog.AutoRestart, watchdog.Process{}, r.InvocationID
		r.InvocationID, r.Runs, r.Restarts = "", nil, 3
	})
	h.ok("start", "p")
	h.shows("p", "MainPID", strconv.Itoa(business), "NRestarts", "4", "ActiveState", "active")
	if runs := h.runs("p"); len(runs) != 1 || runs[0].PID != business || time.Since(runs[0].Started) > time.Hour {
		t.Errorf("runs: %+v", runs)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// Root does not act on what another user may have written.
func TestARecordOfAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	h := newHost(t)
	h.ok("start", "--name", "p", "--settle=0", "--", "sleep", "1000")
	_, business := h.orphan("p")
	dir := h.runtime("p", "")
	if err := os.Chown(dir, 65534, -1); err != nil {
		t.Fatal(err)
	}
	h.fails(1, []string{"belongs to uid 65534, not to you (uid 0)", "only that user can stop it"}, "stop", "p")
	if !alive(business) {
		t.Error("root has ended what that user's record names")
	}
	if err := os.Chown(dir, 0, -1); err != nil {
		t.Fatal(err)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

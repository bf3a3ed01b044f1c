//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"holdfast/internal/proc"
	"holdfast/internal/watchdog"
)

// once is a program that does what the script says in its first run, and then lives on.
const once = `echo run >> "$RUNS"; [ $(wc -l < "$RUNS") -gt 1 ] && exec sleep 1000; `

// history is the runs of a service.
func (h *host) history(name string) (runs []watchdog.Run) {
	h.t.Helper()
	if err := json.Unmarshal([]byte(h.ok("history", "--json", name)), &runs); err != nil {
		h.t.Fatal(err)
	}
	return runs
}

func TestRestartDecision(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args string // blank-separated
		end  string // of the first run
		// want is the decision, as it stands in the history; "not restarting…" or "restarting…".
		want   string
		result string // Result, of a service that stays down
	}{
		{"a code on the list", "--no-restart=7", "exit 7", "not restarting: exited with 7, on the no-restart list", "exit-code"},
		{"a code that is not", "--no-restart=8", "exit 7", "restarting in 10 ms: exited with 7, Restart=always; restart 1", ""},
		{"success on the list", "--no-restart=0", "exit 0", "not restarting: exited with 0, on the no-restart list", "success"},
		{"a name of a code", "--no-restart=7,TEMPFAIL", "exit 75", "not restarting: exited with 75 (TEMPFAIL), on the no-restart list", "exit-code"},
		{"SIGTERM, and that it was", "--no-restart=SIGTERM", "kill -TERM $$", "not restarting: killed by SIGTERM, on the no-restart list", "success"},
		{"SIGTERM is not code 143", "--no-restart=SIGTERM", "exit 143", "restarting in 10 ms: exited with 143, Restart=always", ""},
		{"code 143 is not SIGTERM", "--no-restart=143", "kill -TERM $$", "restarting in 10 ms: killed by SIGTERM, Restart=always", ""},
		{"KILL without SIG", "--no-restart=KILL", "kill -KILL $$", "not restarting: killed by SIGKILL, on the no-restart list", "signal"},
		{"9 is a code", "--no-restart=9", "kill -KILL $$", "restarting in 10 ms: killed by SIGKILL", ""},
		{"a kill is no OOM", "--no-restart=OOM", "kill -KILL $$", "restarting in 10 ms: killed by SIGKILL, Restart=always", ""},
		{"no, whatever", "--restart=no", "kill -SEGV $$", "not restarting: killed by SIGSEGV, Restart=no", "signal"},
		{"on-failure, success", "-p Restart=on-failure", "exit 0", "not restarting: exited with 0, Restart=on-failure", "success"},
		{"on-failure, a clean signal", "-p Restart=on-failure", "kill -TERM $$", "not restarting: killed by SIGTERM, Restart=on-failure", "success"},
		{"on-failure, a code", "-p Restart=on-failure", "exit 1", "restarting in 10 ms: exited with 1, Restart=on-failure", ""},
		{"on-failure, a signal", "-p Restart=on-failure", "kill -KILL $$", "restarting in 10 ms: killed by SIGKILL, Restart=on-failure", ""},
		{"on-success, success", "-p Restart=on-success", "exit 0", "restarting in 10 ms: exited with 0, Restart=on-success", ""},
		{"on-success, a code", "-p Restart=on-success", "exit 1", "not restarting: exited with 1, Restart=on-success", "exit-code"},
		{"on-abnormal, a code", "-p Restart=on-abnormal", "exit 1", "not restarting: exited with 1, Restart=on-abnormal", "exit-code"},
		{"on-abnormal, a signal", "-p Restart=on-abnormal", "kill -ABRT $$", "restarting in 10 ms: killed by SIGABRT, Restart=on-abnormal", ""},
		{"on-abort, a signal", "-p Restart=on-abort", "kill -ABRT $$", "restarting in 10 ms: killed by SIGABRT, Restart=on-abort", ""},
		{"on-watchdog, a signal", "-p Restart=on-watchdog", "kill -ABRT $$", "not restarting: killed by SIGABRT, Restart=on-watchdog", "signal"},
		{"a code made a success", "-p Restart=on-failure -p SuccessExitStatus=5", "exit 5", "not restarting: exited with 5, Restart=on-failure", "success"},
		{"a signal made a success", "-p Restart=on-failure -p SuccessExitStatus=KILL", "kill -KILL $$", "not restarting: killed by SIGKILL, Restart=on-failure", "success"},
		{"forced", "-p Restart=no -p RestartForceExitStatus=3", "exit 3", "restarting in 10 ms: exited with 3", ""},
		{"prevented and forced", "-p RestartForceExitStatus=3 -p RestartPreventExitStatus=3", "exit 3", "not restarting: exited with 3, on the no-restart list", "exit-code"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.env = append(h.env, "RUNS="+filepath.Join(h.dir, "runs"))
			args := append([]string{"start", "--name", "p", "--settle=0", "-p", "RestartSec=10ms"}, strings.Fields(tt.args)...)
			h.ok(append(args, "--", "sh", "-c", once+tt.end)...)
			if tt.result == "" {
				await(t, "it runs again", func() bool { runs := h.history("p"); return len(runs) == 2 && runs[1].Exit == nil })
				h.shows("p", "NRestarts", "1", "SubState", "running", "Result", "success")
				decided(t, h.history("p")[0], tt.want)
				h.ok("stop", "p")
			} else {
				state := "failed"
				if tt.result == "success" {
					state = "inactive"
				}
				h.awaitShow("p", "ActiveState", state)
				h.shows("p", "Result", tt.result, "NRestarts", "0", "MainPID", "0", "StatusReason", tt.want)
				decided(t, h.history("p")[0], tt.want)
				await(t, "the guardian is gone", func() bool { return len(h.below()) == 0 })
			}
			if runs := lines(filepath.Join(h.dir, "runs")); tt.result == "" && len(runs) != 2 || tt.result != "" && len(runs) != 1 {
				t.Errorf("%d runs", len(runs))
			}
			h.nothingLeft("p")
		})
	}
}

func decided(t *testing.T, run watchdog.Run, want string) {
	t.Helper()
	if !strings.HasPrefix(run.Decision, want) {
		t.Errorf("run %d: %q, want %q", run.Number, run.Decision, want)
	}
}

// What the article on containers shows: whom a signal kills makes another exit.
func TestAKilledShellAndAShellWhoseChildWasKilled(t *testing.T) {
	t.Parallel()
	const code, killed, exited = "ExecMainCode", "2", "1"
	tests := []struct {
		name, script string
		whom         string // the process that is killed, by its command line
		signal       unix.Signal
		cause        string
		status       int
		text         string
	}{
		{"the shell, TERM", "sleep 100000 & sleep 200000", "shell", unix.SIGTERM, killed, 15, "killed by SIGTERM"},
		{"the shell, KILL", "sleep 100000 & sleep 200000", "shell", unix.SIGKILL, killed, 9, "killed by SIGKILL"},
		{"the last sleep, TERM", "sleep 100000 & sleep 200000", "200000", unix.SIGTERM, exited, 143, "exited with 143"},
		{"the last sleep, KILL", "sleep 100000 & sleep 200000", "200000", unix.SIGKILL, exited, 137, "exited with 137"},
		{"the awaited sleep, KILL", "sleep 100000 & wait $!", "100000", unix.SIGKILL, exited, 137, "exited with 137"},
		{"a program that became the shell", "sleep 100000 & exec sleep 200000", "200000", unix.SIGTERM, killed, 15, "killed by SIGTERM"},
		{"a shell that hides it", "sleep 100000 & sleep 200000; exit 0", "200000", unix.SIGKILL, exited, 0, "exited with 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.ok("start", "--name", "p", "--restart=no", "--", "sh", "-c", tt.script)
			shell := h.pid("p", "MainPID")
			await(t, "both sleeps are there", func() bool {
				return h.find("sleep", "100000") != 0 && (!strings.Contains(tt.script, "200000") || h.find("sleep", "200000") != 0)
			})
			victim := shell
			if tt.whom != "shell" {
				victim = h.find("sleep", tt.whom)
			}
			kill(t, victim, tt.signal)
			await(t, "the service has ended", func() bool { return h.show("p", "GuardianPID") == "0" })
			h.shows("p", code, tt.cause, "ExecMainStatus", strconv.Itoa(tt.status))
			decided(t, h.history("p")[0], fmt.Sprintf("not restarting: %s, Restart=no", tt.text))
			h.nothingLeft("p") // the other sleep is gone, too
		})
	}
}

// find is a process below the host with exactly these arguments, or 0.
func (h *host) find(args ...string) int {
	h.t.Helper()
	for _, p := range h.below() {
		if commandLine(p.PID) == strings.Join(args, "\x00")+"\x00" {
			return p.PID
		}
	}
	return 0
}

// named is the living processes below the host whose name is comm.
func (h *host) named(comm string) (found []proc.Process) {
	h.t.Helper()
	for _, p := range h.below() {
		if p.Comm == comm && !p.Dead() {
			found = append(found, p)
		}
	}
	return found
}

func TestStartLimit(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.env = append(h.env, "RUNS="+filepath.Join(h.dir, "runs"))
	h.ok("start", "--name", "p", "--settle=0", "-p", "RestartSec=1ms", "-p", "StartLimitIntervalSec=1h", "-p", "StartLimitBurst=3",
		"--", "sh", "-c", `echo run >> "$RUNS"; exit 4`)
	h.awaitShow("p", "ActiveState", "failed")
	h.shows("p", "Result", "exit-code", "NRestarts", "3",
		"StatusReason", "not starting: start limit of 3 starts within 1 h is reached; the last run exited with 4")
	if runs := lines(filepath.Join(h.dir, "runs")); len(runs) != 3 {
		t.Errorf("%d runs, want 3", len(runs))
	}
	h.fails(1, []string{"start limit of 3 starts"}, "start", "p")
	h.nothingLeft("p")
	h.ok("reset-failed", "p")
	h.shows("p", "ActiveState", "inactive", "Result", "success", "NRestarts", "0")
	h.ok("start", "p")
	h.awaitShow("p", "ActiveState", "failed")
	if runs := lines(filepath.Join(h.dir, "runs")); len(runs) != 6 {
		t.Errorf("%d runs, want 6", len(runs))
	}
}

func TestTheWaitGrows(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--settle=0", "-p", "RestartSec=1ms", "-p", "RestartSteps=2", "-p", "RestartMaxDelaySec=100ms",
		"--", "sh", "-c", "exit 4")
	await(t, "it ran five times", func() bool { return len(h.history("p")) >= 5 })
	for i, want := range []string{
		"restarting in 1 ms: exited with 4, Restart=always; restart 1, backoff step 0 of 2",
		"restarting in 10 ms: exited with 4, Restart=always; restart 2, backoff step 1 of 2",
		"restarting in 100 ms: exited with 4, Restart=always; restart 3, backoff step 2 of 2",
		"restarting in 100 ms: exited with 4, Restart=always; restart 4, backoff step 2 of 2",
	} {
		decided(t, h.history("p")[i], want)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestWhatACrashLeavesBehindEndsBeforeTheRestart(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.env = append(h.env, "RUNS="+filepath.Join(h.dir, "runs"))
	h.ok("start", "--name", "p", "--settle=0", "-p", "RestartSec=1ms", "-p", "TimeoutStopSec=100ms", "--", "sh", "-c",
		once+`(trap "" TERM; setsid sleep 77) & sleep 88 & exit 1`)
	await(t, "it runs again", func() bool { runs := h.history("p"); return len(runs) == 2 && runs[1].PID != 0 })
	await(t, "it has become sleep", func() bool { return h.find("sleep", "1000") != 0 })
	if left := h.named("sleep"); len(left) != 1 {
		t.Errorf("besides the new business: %+v", left)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestRestartAndTryRestart(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--", "sleep", "1000")
	guardian, first := h.daemonized("p")
	for _, verb := range []string{"restart", "try-restart"} {
		h.ok(verb, "p")
		again, second := h.daemonized("p")
		if again != guardian || second == first {
			t.Errorf("%s: guardian %d, then %d; business %d, then %d", verb, guardian, again, first, second)
		}
		first = second
	}
	h.shows("p", "NRestarts", "0")
	h.ok("stop", "p")
	h.fails(0, []string{"p is not running"}, "try-restart", "p")
	h.ok("restart", "p")
	h.daemonized("p")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

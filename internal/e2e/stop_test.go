//go:build linux

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// stubborn is a program that heeds nothing but SIGKILL.
const stubborn = `trap "" TERM INT HUP; while :; do sleep 1000; done`

func TestStopLeavesNoneOfTwoHundred(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "-p", "TimeoutStopSec=300ms", "--", "sh", "-c", `
		i=0
		while [ $i -lt 50 ]; do
			sleep 1000 &                                 # a plain child
			setsid sleep 1000 &                          # one in a session of its own
			(setsid sh -c "exec sleep 1000" &)           # a double fork: a daemon
			(trap "" TERM HUP; setsid sleep 1000 &)      # a daemon that ignores SIGTERM
			i=$((i+1))
		done
		wait`)
	await(t, "200 descendants are there", func() bool { return len(h.named("sleep")) == 200 })
	r := h.run("stop", "p")
	h.nothingLeft("p")
	h.said(r, 0, "p was stopped, but did not end within 300 ms and was killed")
	h.shows("p", "Result", "timeout", "ActiveState", "failed", "StatusReason", "stopped on request")
}

// Whoever forks faster than he is killed must not get away either.
func TestStopEndsAForkBomb(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "-p", "TimeoutStopSec=100ms", "--", "sh", "-c", `
		trap "" TERM
		bomb() { while :; do (setsid sleep 0.2 &); sleep 0.01; done; }
		bomb & bomb & bomb & bomb & wait`)
	await(t, "it is under way", func() bool { return len(h.named("sleep")) > 20 })
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// A stop that looks too late sees the next guardian, which it has not asked.
func TestAStopEndsThoughTheServiceIsStartedAgain(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--chdir", h.dir, "--", "sh", "-c",
		`trap 'echo > asked; while [ ! -e go ]; do sleep 0.01; done; exit 0' TERM; while :; do sleep 0.01; done`)
	asked := h.pid("p", "GuardianPID")
	stop := h.start("stop", "p")
	await(t, "the stop is under way", func() bool { return len(lines(filepath.Join(h.dir, "asked"))) > 0 })
	kill(t, stop.pid, unix.SIGSTOP)
	await(t, "nobody looks", func() bool { return statOf(t, stop.pid).state == 'T' })
	h.file("go", "", 0o600)
	h.init.wait(asked)
	h.ok("start", "p")
	next := h.pid("p", "GuardianPID")
	kill(t, stop.pid, unix.SIGCONT)
	h.said(stop.result(), 0, fmt.Sprintf("p was stopped, but has been started again meanwhile; PID %d guards it now", next))
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestAStubbornCrashLooperIsNeverStartedAgain(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for range 40 {
		h.crashLooperStopped()
	}
}

// crashLooperStopped stops a program at some moment of its loop: while it runs and
// ignores SIGTERM, while it ends, while its restart is awaited, while it is started.
func (h *host) crashLooperStopped() {
	h.t.Helper()
	life, wait := rand.IntN(30), rand.IntN(10)
	h.ok("start", "--name", "p", "--settle=0", "-p", "TimeoutStopSec=40ms", "-p", fmt.Sprintf("RestartSec=%dms", wait),
		"--", "sh", "-c", fmt.Sprintf(`trap "" TERM; sleep 0.%03d; exit 1`, life))
	moment := unix.NsecToTimespec(rand.Int64N(80e6))
	unix.Nanosleep(&moment, nil) // any moment will do
	h.ok("stop", "p")
	h.nothingLeft("p")
	h.shows("p", "GuardianPID", "0", "MainPID", "0", "StatusReason", "stopped on request")
}

// While the guardian cannot act, an exit and a stop arrive together: that is a stop.
func TestAnExitAndAStopTogetherAreAStop(t *testing.T) {
	t.Parallel()
	for _, signal := range []unix.Signal{unix.SIGTERM, unix.SIGINT} {
		h := newHost(t)
		for range 10 {
			// The wait is there because nobody promises in which order two signals are
			// handled that the kernel gives to two threads at once.
			h.ok("start", "--name", "p", "--settle=0", "-p", "RestartSec=1h", "--", "sleep", "1000")
			guardian, business := h.daemonized("p")
			kill(t, guardian, unix.SIGSTOP)
			await(t, "the guardian is stopped", func() bool { return statOf(t, guardian).state == 'T' })
			kill(t, business, unix.SIGKILL)
			await(t, "the business is dead", func() bool { return !alive(business) })
			kill(t, guardian, signal)
			kill(t, guardian, unix.SIGCONT)
			h.init.wait(guardian)
			h.nothingLeft("p")
			h.shows("p", "NRestarts", "0", "ExecMainPID", strconv.Itoa(business), "StatusReason", "stopped on request")
		}
	}
}

func TestKillMode(t *testing.T) {
	t.Parallel()
	// The business has a child in a session of its own that tells of its SIGTERM.
	script := `setsid sh -c 'trap "echo child >> \"$TOLD\"; exit" TERM; echo up; echo up >> "$TOLD"; while :; do sleep 0.01; done' &
		trap 'echo business >> "$TOLD"; exit 0' TERM; while :; do sleep 0.01; done`
	tests := []struct {
		mode            string
		business, child bool // was told by a SIGTERM
		survivors       bool // beside the guardian's end
		result          string
	}{
		{"control-group", true, true, false, "success"},
		{"mixed", true, false, false, "success"},
		{"process", true, false, true, "success"},
		{"none", false, false, true, "success"},
	}
	for _, tt := range tests {
		t.Run(tt.mode, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			told := filepath.Join(h.dir, "told")
			h.env = append(h.env, "TOLD="+told)
			h.ok("start", "--name", "p", "-p", "KillMode="+tt.mode, "--", "sh", "-c", script)
			await(t, "the child is up", func() bool { return len(lines(told)) == 1 })
			business := h.pid("p", "MainPID")
			r := h.run("stop", "p")
			left := h.below()
			h.said(r, 0)
			if (len(left) > 0) != tt.survivors {
				t.Errorf("survivors: %+v", left)
			}
			if (tt.mode == "none") != alive(business) {
				t.Errorf("the business lives: %v", alive(business))
			}
			heard := map[string]bool{}
			for _, who := range lines(told) {
				heard[who] = true
			}
			if heard["business"] != tt.business || heard["child"] != tt.child {
				t.Errorf("told: %v", heard)
			}
			h.shows("p", "Result", tt.result)
			for _, p := range left {
				unix.Kill(p.PID, unix.SIGKILL)
			}
			await(t, "nothing is left", func() bool { return len(h.below()) == 0 })
			h.said(h.run("stop", "p"), 0, "p is not running") // the pipe was theirs as long as they lived
			h.nothingLeft("p")
		})
	}
}

func TestKillSignals(t *testing.T) {
	t.Parallel()
	// It writes down what it hears, and ends of SIGUSR2 only.
	script := `for s in HUP INT TERM USR1; do trap "echo $s >> \"\$TOLD\"" $s; done
		trap 'echo USR2 >> "$TOLD"; ended=1' USR2; echo up; echo up >> "$TOLD"; while [ ! "$ended" ]; do sleep 0.01; done
		sleep 0.05 # a signal may follow`
	tests := []struct {
		name string
		args []string
		verb string
		told string
	}{
		{"KillSignal", []string{"-p", "KillSignal=SIGUSR2"}, "stop", "[up USR2]"},
		{"SendSIGHUP", []string{"-p", "KillSignal=SIGUSR2", "-p", "SendSIGHUP=yes"}, "stop", "[up HUP USR2]"},
		{"FinalKillSignal", []string{"-p", "FinalKillSignal=SIGUSR2", "-p", "TimeoutStopSec=100ms"}, "stop", "[up TERM USR2]"},
		{"RestartKillSignal", []string{"-p", "RestartKillSignal=SIGUSR2", "-p", "KillSignal=SIGKILL"}, "restart", "[up USR2 up]"},
		{"the default", []string{"-p", "TimeoutStopSec=100ms"}, "stop", "[up TERM]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			told := filepath.Join(h.dir, "told")
			h.env = append(h.env, "TOLD="+told)
			h.ok(append(append([]string{"start", "--name", "p"}, tt.args...), "--", "sh", "-c", script)...)
			await(t, "it is up", func() bool { return len(lines(told)) == 1 })
			h.ok(tt.verb, "p")
			await(t, "it told "+tt.told, func() bool { return sortedPairs(lines(told)) == tt.told })
			if tt.verb == "restart" {
				h.ok("stop", "p")
			}
			h.nothingLeft("p")
		})
	}
}

// sortedPairs prints what was told; of signals that arrive together, the lower first.
func sortedPairs(told []string) string {
	if len(told) == 3 && told[1] == "USR2" && told[2] == "HUP" {
		told[1], told[2] = told[2], told[1]
	}
	return fmt.Sprint(told)
}

func TestWithoutSIGKILLAStubbornProgramStaysAndIsNotStartedTwice(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "-p", "SendSIGKILL=no", "-p", "TimeoutStopSec=50ms", "--", "sh", "-c", "echo up; "+stubborn)
	await(t, "it is up", func() bool { return len(lines(filepath.Join(h.dir, "log", "p", "output.log"))) > 0 })
	business := h.pid("p", "MainPID")
	h.run("stop", "p")
	if !alive(business) {
		t.Fatal("it was killed")
	}
	h.shows("p", "ActiveState", "failed", "Result", "timeout")
	h.fails(1, []string{"p"}, "start", "p")
	if got := h.named("sh"); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	for _, p := range h.below() {
		unix.Kill(p.PID, unix.SIGKILL)
	}
}

// What a stop leaves alive goes on to write, and a guardian reads it as soon as there is one.
func TestWhatOutlivesAStopIsReadOn(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	start := func(script string) {
		t.Helper()
		h.ok("start", "--name", "p", "-p", "KillMode=process", "--chdir", h.dir, "--", "sh", "-c", script)
	}
	start(`sh -c 'echo ready; while [ ! -e go ]; do sleep 0.01; done; echo the survivor; exec sleep 1001' & exec sleep 1000`)
	h.ready("p")
	h.ok("stop", "p")
	if _, err := os.Lstat(h.runtime("p", "log")); err != nil {
		t.Fatal(err)
	}
	h.file("go", "", 0o600)
	await(t, "the survivor has spoken", func() bool { return len(h.named("sh")) == 0 })
	start("exec sleep 1000")
	await(t, "it is heard", func() bool { return strings.Contains(h.ok("logs", "p"), "the survivor\n") })
	h.ok("stop", "p")
	for _, p := range h.named("sleep") {
		kill(t, p.PID, unix.SIGKILL)
		h.init.wait(p.PID)
	}
	h.said(h.run("stop", "p"), 0, "p is not running")
	h.nothingLeft("p")
}

func TestSignalsToTheGuardian(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	told := filepath.Join(h.dir, "told")
	h.env = append(h.env, "TOLD="+told)
	h.ok("start", "--name", "p", "--", "sh", "-c", `
		for s in HUP WINCH QUIT INT; do trap "echo $s >> \"\$TOLD\"" $s; done
		echo up; echo up >> "$TOLD"; while :; do sleep 0.01; done`)
	guardian, _ := h.pid("p", "GuardianPID"), h.pid("p", "MainPID")
	await(t, "it is up", func() bool { return len(lines(told)) == 1 })
	for i, step := range []struct {
		signal unix.Signal
		told   string
	}{{unix.SIGHUP, "HUP"}, {unix.SIGWINCH, "WINCH"}, {unix.SIGQUIT, "QUIT"}} {
		kill(t, guardian, step.signal)
		await(t, step.told+" is passed on", func() bool { return len(lines(told)) == i+2 && lines(told)[i+1] == step.told })
	}
	rotated := filepath.Join(h.dir, "log", "p", "output-*.log*")
	kill(t, guardian, unix.SIGUSR1)
	await(t, "the log is rotated", func() bool { found, _ := filepath.Glob(rotated); return len(found) > 0 })
	h.ok("reload", "p")
	await(t, "the reload is heard", func() bool { return len(lines(told)) == 5 && lines(told)[4] == "HUP" })
	h.shows("p", "NRestarts", "0", "GuardianPID", strconv.Itoa(guardian))
	h.ok("restart", "p")
	h.ok("stop", "p")
	for i, want := range []string{"restarted on request", "stopped on request"} {
		if runs := h.history("p"); len(runs) != 2 || runs[i].Decision != want {
			t.Errorf("history: %+v, want %s", runs, want)
		}
	}
	said := h.ok("logs", "--guardian", "p")
	for want, times := range map[string]int{"reload requested": 2, "restart requested": 1, "stop requested": 1} {
		if strings.Count(said, want) != times {
			t.Errorf("not %d times %q in %s", times, want, said)
		}
	}

	for _, signal := range []unix.Signal{unix.SIGTERM, unix.SIGINT} {
		h.ok("start", "--name", "p", "--", "sleep", "1000")
		guardian := h.pid("p", "GuardianPID")
		kill(t, guardian, signal)
		status := h.init.wait(guardian)
		h.nothingLeft("p")
		if !status.Signaled() || status.Signal() != unix.SIGTERM { // as the business ended, of KillSignal
			t.Errorf("%v: the guardian's status is %#x, want killed by SIGTERM", signal, status)
		}
		h.shows("p", "ActiveState", "inactive", "StatusReason", "stopped on request")
	}
}

//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"holdfast/internal/watchdog"
)

// playHog allocates 20 MB at a time until it is killed.
func playHog([]string) {
	for all := []byte{}; ; pause() {
		all = append(all, bytes.Repeat([]byte{1}, 20<<20)...)
	}
}

// memoryCgroup makes a cgroup of 64 MiB and returns the file that moves processes into it.
func memoryCgroup(t *testing.T) (procs string) {
	t.Helper()
	const limit = "67108864"
	dir := newCgroup(t, "memory")
	limits := []string{"memory.limit_in_bytes"} // v1
	if _, err := os.Stat(filepath.Join(dir, limits[0])); err != nil {
		limits = []string{"memory.max", "memory.swap.max"} // v2
	}
	for i, file := range limits {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(limit), 0); err != nil && i == 0 {
			t.Skipf("no memory limit can be set here: %v", err)
		}
	}
	return filepath.Join(dir, "cgroup.procs")
}

func TestOutOfMemoryAndKillDashNine(t *testing.T) {
	// Not in parallel: in the lab, where only the count of the whole host can be read, a kill here is
	// taken for a likely cause of one there.
	const oom, kill9 = "killed by SIGKILL (out of memory)", "killed by SIGKILL"
	tests := []struct {
		name           string
		args           []string
		afterOOM       string
		afterKill      string
		staysDownOfOOM bool
		staysDownOfTwo bool
	}{
		{"no-restart=OOM", []string{"--no-restart=OOM"},
			"not restarting: " + oom + ", on the no-restart list", "restarting in 10 ms: " + kill9 + ", Restart=always", true, false},
		{"prevent=SIGKILL", []string{"-p", "RestartPreventExitStatus=SIGKILL"},
			"not restarting: " + oom + ", on the no-restart list", "not restarting: " + kill9 + ", on the no-restart list", true, true},
		{"prevent=SIGTERM", []string{"-p", "RestartPreventExitStatus=SIGTERM"},
			"restarting in 10 ms: " + oom + ", Restart=always", "restarting in 10 ms: " + kill9 + ", Restart=always", false, false},
	}
	hog, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		for _, byOOM := range []bool{true, false} {
			end, want, down := `kill -KILL $$`, tt.afterKill, tt.staysDownOfTwo
			if byOOM {
				end, want, down = "exec env "+roleVariable+`=hog "$HOG"`, tt.afterOOM, tt.staysDownOfOOM
			}
			t.Run(fmt.Sprintf("%s,oom=%v", tt.name, byOOM), func(t *testing.T) {
				t.Parallel()
				procs := memoryCgroup(t)
				h := newHost(t)
				h.env = append(h.env, "RUNS="+filepath.Join(h.dir, "runs"), "HOG="+hog, "PROCS="+procs)
				args := append([]string{"start", "--name", "p", "--settle=0", "-p", "RestartSec=10ms"}, tt.args...)
				r := h.sh(`echo $$ >"$PROCS" && exec "$HOLDFAST" "$@"`, append(args, "--", "sh", "-c", once+end)...).result()
				h.said(r, 0)
				// The guardian is not asked before the memory is free again: without the right
				// to protect itself it could become the next victim, for what it needs to answer.
				if down {
					await(t, "the guardian has ended", func() bool { return len(h.below()) == 0 })
					h.shows("p", "ActiveState", "failed")
					h.shows("p", "StatusReason", want, "ExecMainCode", "2", "ExecMainStatus", "9", "NRestarts", "0")
					result := "signal"
					if byOOM {
						result = "oom-kill"
					}
					h.shows("p", "Result", result)
					h.fails(3, []string{"(Result: " + result + ")", "(code=killed, signal=KILL)", want}, "status", "p")
				} else {
					await(t, "it runs again", func() bool { return h.find("sleep", "1000") != 0 })
					h.shows("p", "NRestarts", "1", "SubState", "running")
					h.ok("stop", "p")
				}
				first := h.history("p")[0]
				if decided(t, first, want); first.Exit == nil {
					t.Fatal("the first run has not ended")
				}
				if (string(first.Exit.OOM) == "certain") != byOOM {
					t.Errorf("the first run's exit: %+v", first.Exit)
				}
				h.nothingLeft("p")
			})
		}
	}
}

// A real kill by the kernel for want of memory is called that, in the report and to the
// command.
func TestOutOfMemoryIsReported(t *testing.T) {
	hog, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	procs := memoryCgroup(t)
	h := newHost(t)
	h.env = append(h.env, "HOG="+hog, "PROCS="+procs)
	hook := h.file("hook", "#!/bin/sh\necho \"$SERVICE_RESULT $EXIT_CODE $EXIT_STATUS $HOLDFAST_CRASH_REPORT\" >hooked\ncat >stdin\n", 0o755)
	h.said(h.sh(`echo $$ >"$PROCS" && exec "$HOLDFAST" "$@"`, "start", "--name", "p", "--settle=0", "--restart=no", "--chdir", h.dir,
		"-p", "OnCrash="+hook, "--", "sh", "-c", `echo eating; exec env `+roleVariable+`=hog "$HOG"`).result(), 0)
	h.ended()
	report := h.reports("p")[0]
	r := h.onlyReport("p")
	if r.Cause != "killed by SIGKILL (out of memory)" || r.Result != watchdog.OOMKill || string(r.Exit.OOM) != "certain" {
		t.Errorf("the report says %q, %s, %+v", r.Cause, r.Result, r.Exit)
	}
	if r.MaxRSS < 20<<20 || r.MaxRSS > 128<<20 || len(r.Output) != 1 || r.Output[0] != "eating" {
		t.Errorf("peak memory %d, output %q", r.MaxRSS, r.Output)
	}
	if got, want := lines(filepath.Join(h.dir, "hooked")), "oom-kill killed KILL "+report; len(got) != 1 || got[0] != want {
		t.Errorf("the command was told %q, want %q", got, want)
	}
	text, err := os.ReadFile(filepath.Join(h.dir, "stdin"))
	if err != nil || !bytes.Contains(text, []byte(`"cause":"killed by SIGKILL (out of memory)"`)) {
		t.Errorf("the command's stdin was %q, %v", text, err)
	}
	h.said(h.run("history", "p", "1"), 0, "killed by SIGKILL (out of memory)", "oom-kill", report)
	h.nothingLeft("p")
}

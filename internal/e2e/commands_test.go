//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// unit writes a service file with these lines of [Service], whose programs find the test's
// directory in $DIR, and returns its path.
func (h *host) unit(name, lines string) string {
	h.t.Helper()
	return h.file(name+".service", fmt.Sprintf("[Service]\nEnvironment=DIR=%s\nWorkingDirectory=%[1]s\n%s\n", h.dir, lines), 0o644)
}

// told is what a service's programs have written to the file told.
func (h *host) told() []string { return lines(filepath.Join(h.dir, "told")) }

// tell is a command line that appends the words to that file.
func tell(words string) string { return `/bin/sh -c 'echo "` + words + `" >>told'` }

func TestCommandsOfALife(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	file := h.unit("p", `
ExecCondition=`+tell("condition")+`
ExecStartPre=`+tell("pre1 ${MAINPID}")+` ; `+tell("pre2")+`
ExecStart=/bin/sh -c 'trap "echo stopped >>told; exit 0" TERM; trap "echo reloaded >>told" HUP; echo main >>told; while :; do sleep 0.01; done'
ExecStartPost=/bin/sh -c 'echo post $1 >>told' sh $MAINPID
ExecReload=/bin/kill -HUP $MAINPID
ExecStop=`+tell("stop ${MAINPID} $$SERVICE_RESULT $$EXIT_CODE")+`
ExecStopPost=`+tell("post-stop ${MAINPID} $$SERVICE_RESULT $$EXIT_CODE $$EXIT_STATUS $$(umask)")+`
UMask=0027`)
	h.ok("start", file)
	main := h.pid("p", "MainPID")
	await(t, "it is up", func() bool { return len(h.told()) == 5 })
	h.shows("p", "SubState", "running", "ControlPID", "0", "Result", "success")
	if r := h.ok("reload", "p"); r != "p was reloaded\n" {
		t.Errorf("reload said %q", r)
	}
	await(t, "the reload is heard", func() bool { return len(h.told()) == 6 })
	h.ok("stop", "p")
	h.nothingLeft("p")
	got := h.told()
	if len(got) == 9 && got[3] == fmt.Sprintf("post %d", main) { // the business and ExecStartPost= run at once
		got[3], got[4] = got[4], got[3]
	}
	want := fmt.Sprintf("condition|pre1 |pre2|main|post %d|reloaded|stop %[1]d success |stopped|post-stop  success exited 0 0027", main)
	if strings.Join(got, "|") != want {
		t.Errorf("got  %q\nwant %q", strings.Join(got, "|"), want)
	}
	h.shows("p", "Result", "success", "ActiveState", "inactive")
}

func TestCommandsThatFail(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, lines string
		code        int
		says        []string
		told        string
		show        []string
	}{
		{"ExecCondition says no", "ExecCondition=/bin/sh -c 'exit 3'\nExecStart=" + tell("main") + "\nExecStopPost=" + tell("$$SERVICE_RESULT"), 0,
			[]string{"p is not started: ExecCondition=/bin/sh exited with 3"}, "exec-condition", []string{"Result", "exec-condition", "ActiveState", "inactive"}},
		{"ExecStartPre", "ExecStartPre=/bin/sh -c 'echo no room; exit 4'\nExecStart=" + tell("main") + "\nExecStop=" + tell("stop") + "\nExecStopPost=" + tell("$$SERVICE_RESULT $$EXIT_CODE"), 1,
			[]string{"ExecStartPre=/bin/sh exited with 4", "no room"}, "exit-code ", []string{"Result", "exit-code", "ActiveState", "failed", "MainPID", "0"}},
		{"ExecStartPre with -", "ExecStartPre=-/bin/false\nType=oneshot\nExecStart=" + tell("main"), 0, nil, "main", []string{"Result", "success"}},
		{"a missing program with -", "ExecStartPre=-/nowhere/at/all\nType=oneshot\nExecStart=" + tell("main"), 0, nil, "main", []string{"Result", "success"}},
		{"a missing program", "ExecStartPre=/nowhere/at/all\nExecStart=" + tell("main"), 1, []string{"/nowhere/at/all", "203/EXEC"}, "", []string{"Result", "exit-code"}},
		{"ExecStartPost", "ExecStart=/bin/sleep 1000\nExecStartPost=/bin/false\nExecStop=" + tell("stop") + "\nExecStopPost=" + tell("$$SERVICE_RESULT $$EXIT_CODE $$EXIT_STATUS"), 1,
			[]string{"ExecStartPost=/bin/false exited with 1"}, "exit-code killed TERM", []string{"Result", "exit-code", "ExecMainCode", "2", "ExecMainStatus", "15"}},
		{"a start that takes too long", "TimeoutStartSec=100ms\nExecStartPre=/bin/sleep 1000\nExecStart=" + tell("main"), 1,
			[]string{"the start took too long"}, "", []string{"Result", "timeout"}},
		{"oneshot, several", "Type=oneshot\nExecStart=" + tell("a") + "\nExecStart=" + tell("b") + " ; " + tell("c"), 0, []string{"has run and ended"}, "a b c", []string{"Result", "success", "ActiveState", "inactive"}},
		{"oneshot, the second fails", "Type=oneshot\nExecStart=" + tell("a") + "\nExecStart=/bin/sh -c 'exit 9'\nExecStart=" + tell("c"), 1, []string{"exited with 9"}, "a", []string{"Result", "exit-code", "ExecMainStatus", "9"}},
		{"a failed ExecStopPost", "Type=oneshot\nExecStart=" + tell("a") + "\nExecStopPost=/bin/sh -c 'exit 6'", 1, []string{"ExecStopPost=/bin/sh exited with 6"}, "a", []string{"Result", "exit-code"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.fails(tt.code, tt.says, "start", h.unit("p", tt.lines))
			await(t, "the guardian is gone", func() bool { return len(h.below()) == 0 })
			h.nothingLeft("p")
			if got := strings.Join(h.told(), " "); got != tt.told {
				t.Errorf("told %q, want %q", got, tt.told)
			}
			h.shows("p", tt.show...)
		})
	}
}

func TestRemainAfterExit(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	file := h.unit("p", "Type=oneshot\nRemainAfterExit=yes\nExecStart="+tell("up")+"\nExecStop="+tell("down")+"\nExecReload="+tell("again"))
	h.ok("start", file)
	h.shows("p", "ActiveState", "active", "SubState", "exited", "MainPID", "0")
	h.fails(0, []string{"active (exited)"}, "status", "p")
	h.ok("start", file)
	h.ok("reload", "p")
	h.ok("restart", "p")
	h.ok("stop", "p")
	h.nothingLeft("p")
	if got := strings.Join(h.told(), " "); got != "up again down up down" {
		t.Errorf("told %q", got)
	}
	h.shows("p", "ActiveState", "inactive", "Result", "success")
}

// A reload is waited for, and told of.
func TestAReloadThatFails(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", h.unit("p", "ExecStart=/bin/sleep 1000\nExecReload=/bin/sh -c 'echo bad config; exit 3'"))
	h.fails(1, []string{"p was not reloaded"}, "reload", "p")
	h.shows("p", "SubState", "running", "Result", "success")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// A program that does not know the signal of its ExecReload= ends of it, and the guardian
// with it. Whoever asked is answered all the same, whichever of two ends is noticed first.
func TestAReloadThatEndsTheServiceIsAnswered(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	file := h.unit("p", "StartLimitInterval=0\nExecStart=/bin/sleep 1000\nExecReload=/bin/kill -HUP $MAINPID")
	for range 30 {
		h.ok("start", file)
		if r := h.run("reload", "p"); r.code == 0 {
			h.said(r, 0, "p was reloaded")
		} else {
			h.said(r, 1, "p was not reloaded: the program has ended meanwhile (killed by SIGHUP)")
		}
		await(t, "the guardian is gone", func() bool { return len(h.below()) == 0 })
	}
	h.nothingLeft("p")
}

// A guardian that is killed while a command runs is followed by one that goes on with it.
func TestACommandIsAdopted(t *testing.T) {
	t.Parallel()
	waits := `/bin/sh -c 'echo pre >>told; while [ ! -e go ]; do sleep 0.01; done; exit ${CODE}'`
	for _, code := range []int{0, 5} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			file := h.unit("p", fmt.Sprintf("Environment=CODE=%d\nExecStartPre=%s\nExecStart=/bin/sleep 1000", code, waits))
			h.ok("start", "--no-block", file)
			await(t, "the command runs", func() bool { return len(h.told()) == 1 })
			control := h.pid("p", "ControlPID")
			h.orphan("p")
			h.shows("p", "ControlPID", strconv.Itoa(control))
			start := h.start("start", file)
			await(t, "there is another guardian", func() bool { return h.show("p", "GuardianState") == "present" })
			h.shows("p", "ControlPID", strconv.Itoa(control), "SubState", "start-pre")
			h.file("go", "", 0o644)
			r := start.result()
			if code == 0 {
				h.said(r, 0, "p is running")
				h.ok("stop", "p")
			} else {
				h.said(r, 1, "ExecStartPre=/bin/sh exited with 5")
			}
			if got := h.told(); len(got) != 1 {
				t.Errorf("told %q: it was run again", got)
			}
			h.nothingLeft("p")
		})
	}
}

// One that has ended meanwhile, nobody knows how, is no reason to start anything twice.
func TestACommandThatNobodySawEnd(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	file := h.unit("p", "ExecStartPre=/bin/sh -c 'echo pre >>told; sleep 1000 & [ -e go ] || wait; rm -f go'\nExecStart=/bin/sleep 1001")
	h.ok("start", "--no-block", file)
	await(t, "the command runs", func() bool { return len(h.told()) == 1 && len(h.named("sleep")) == 1 })
	control := h.pid("p", "ControlPID")
	h.orphan("p")
	kill(t, control, unix.SIGKILL)
	await(t, "the command is dead", func() bool { return !alive(control) })
	h.file("go", "", 0o644)
	h.ok("start", file)
	h.shows("p", "SubState", "running", "Result", "success", "NRestarts", "0")
	if got := h.told(); len(got) != 2 {
		t.Errorf("told %q, want a second ExecStartPre=", got)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

// A handover in the middle of a command does not disturb it.
func TestAHandoverDuringACommand(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", h.unit("p", "ExecStart=/bin/sleep 1000\nExecReload=/bin/sh -c 'echo begun >>told; while [ ! -e go ]; do sleep 0.01; done; echo done >>told'"))
	guardian := h.pid("p", "GuardianPID")
	reload := h.start("reload", "p")
	await(t, "it reloads", func() bool { return len(h.told()) == 1 })
	upgrade := h.start("upgrade", "p")
	h.file("go", "", 0o644)
	h.said(reload.result(), 0, "p was reloaded")
	h.said(upgrade.result(), 0, "p was handed over")
	h.awaitShow("p", "SubState", "running")
	h.shows("p", "GuardianPID", strconv.Itoa(guardian), "NRestarts", "0")

	// Of the next one nobody waits for the end.
	os.Remove(filepath.Join(h.dir, "go"))
	kill(t, guardian, unix.SIGHUP)
	await(t, "it reloads again", func() bool { return len(h.told()) == 3 })
	h.ok("upgrade", "p")
	h.shows("p", "SubState", "reload")
	h.file("go", "", 0o644)
	h.awaitShow("p", "SubState", "running")
	if got := strings.Join(h.told(), " "); got != "begun done begun done" {
		t.Errorf("told %q", got)
	}
	h.ok("stop", "p")
	h.nothingLeft("p")
}

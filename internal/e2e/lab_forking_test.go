//go:build linux

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// steady runs for ever, and is deaf to SIGHUP from its first instant.
const steady = "-- /usr/bin/env --ignore-signal=HUP sleep infinity"

// forking is the unit of a service called web, with more lines for its [Service].
// systemd's own limit on starts is off: these tests restart in quick succession.
func forking(start string, more ...string) []string {
	return append([]string{
		"[Unit]",
		"StartLimitIntervalSec=0",
		"[Service]",
		"Type=forking",
		"PIDFile=/run/web.pid",
		"ExecStart=/lab/holdfast start " + start,
		"ExecReload=/bin/kill -HUP $MAINPID",
	}, more...)
}

func TestSystemdFollowsTheGuardian(t *testing.T) {
	tests := []struct{ name, start, killMode string }{
		{"the PID file as systemd says", "--name web " + steady, "mixed"},
		{"the PID file as the flag says", "--name web --pidfile /run/web.pid " + steady, "control-group"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.unit("web.service", forking(tt.start, "KillMode="+tt.killMode, "Restart=on-abnormal")...)
			l.systemctl("start", "web")
			guardian, business := l.guarded("web", "/run/web.pid", "web")

			// What happens to the business is holdfast's affair, not systemd's.
			l.ok("kill", "-KILL", strconv.Itoa(business))
			await(t, "another business runs", func() bool {
				pid := l.shown("web", "MainPID")
				return pid != "0" && pid != strconv.Itoa(business)
			})
			l.ok("/lab/holdfast", "restart", "web")
			if again, _ := l.guarded("web", "/run/web.pid", "web"); again != guardian {
				t.Errorf("the guardian is %d, was %d", again, guardian)
			}
			l.expect("web", "NRestarts=0", "ActiveState=active", "SubState=running")

			l.systemctl("stop", "web")
			l.expect("web", "ActiveState=inactive", "SubState=dead", "Result=success")
			l.gone("web", "/run/web.pid", "web")
			l.quiet()
		})
	}
}

func TestSystemdRestartsAndReloadsAtOnce(t *testing.T) {
	t.Parallel()
	restartAndReload(t, 20)
}

// restartAndReload has systemd restart the unit and reload it at once, again and again.
// The reload signals $MAINPID, so the PID file must be right before the start returns.
func restartAndReload(t *testing.T, times int) {
	l := newLab(t)
	l.unit("web.service", forking("--name web "+steady, "KillMode=mixed")...)
	last := 0
	for i := range times {
		l.systemctl("restart", "web")
		l.systemctl("reload", "web")
		guardian, _ := l.guarded("web", "/run/web.pid", "web")
		if guardian == last {
			t.Fatalf("round %d: the guardian is still %d", i, guardian)
		}
		last = guardian
	}
	l.expect("web", "NRestarts=0", "Result=success")
	l.systemctl("stop", "web")
	l.gone("web", "/run/web.pid", "web")
	l.quiet()
}

func TestSystemdReloadReachesTheProgram(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.unit("web.service", forking(`--name web -- sh -c 'trap "echo reloaded" HUP; echo ready; while :; do sleep 1000 & wait; kill $!; done'`)...)
	printed := func(line string) func() bool {
		return func() bool { return strings.Contains(l.ok("/lab/holdfast", "logs", "web"), line) }
	}
	l.systemctl("start", "web")
	await(t, "the trap is set", printed("ready"))
	l.systemctl("reload", "web")
	await(t, "the program reloads", printed("reloaded"))
	l.systemctl("stop", "web")
}

func TestSystemdRestartsAKilledGuardian(t *testing.T) {
	for _, how := range [][2]string{{"control-group", "on-failure"}, {"mixed", "on-abnormal"}, {"mixed", "always"}} {
		t.Run(how[0]+" "+how[1], func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.unit("web.service", forking("--name web "+steady, "KillMode="+how[0], "Restart="+how[1])...)
			l.systemctl("start", "web")
			first, _ := l.guarded("web", "/run/web.pid", "web")
			l.ok("kill", "-KILL", strconv.Itoa(first))
			l.awaitUnit("web", "NRestarts=1")
			l.awaitUnit("web", "SubState=running")
			if second, _ := l.guarded("web", "/run/web.pid", "web"); second == first {
				t.Errorf("the guardian is still %d", second)
			}
			l.systemctl("reload", "web")
			l.systemctl("stop", "web")
			l.gone("web", "/run/web.pid", "web")
			l.quiet()
		})
	}
}

// With KillMode=process systemd leaves the business of a killed guardian alive. The next
// guardian takes it over.
func TestSystemdCannotRunTheProgramTwice(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.unit("web.service", forking("--name web "+steady, "KillMode=process", "Restart=no")...)
	l.systemctl("start", "web")
	guardian, business := l.guarded("web", "/run/web.pid", "web")
	l.ok("kill", "-KILL", strconv.Itoa(guardian))
	l.awaitUnit("web", "ActiveState=failed")
	l.systemctl("start", "web")
	mainPID, filed, shown := l.show("web", "MainPID"), l.ok("cat", "/run/web.pid"), l.shown("web", "GuardianPID")
	if mainPID != filed || mainPID != shown || mainPID == strconv.Itoa(guardian) {
		t.Errorf("systemd's MainPID is %s, the PID file says %s, GuardianPID is %s, was %d", mainPID, filed, shown, guardian)
	}
	if pid := l.shown("web", "MainPID"); pid != strconv.Itoa(business) {
		t.Errorf("the business is %s, was %d", pid, business)
	}
	if got, want := l.members("web"), []int{business, l.number(shown)}; !slices.Equal(got, want) {
		t.Errorf("processes %v are in the unit, want %v", got, want)
	}
	l.systemctl("stop", "web")
	await(t, "nothing is left", func() bool { return l.members("web") == nil })
	l.gone("web", "/run/web.pid", "web")
}

// A guardian that ends ends as the business did, so systemd's own record is true.
func TestSystemdSeesHowTheProgramEnded(t *testing.T) {
	const crash = "sh -c 'read go </run/go; %s'" // waits until somebody opens the other end
	tests := []struct {
		name, start string
		end         string   // a command in the lab that ends the service
		want        []string // of a unit that did not fail systemd forgets the rest
	}{
		{"a code on the no-restart list", "--no-restart=7 -- " + fmt.Sprintf(crash, "exit 7"), "echo >/run/go",
			[]string{"ActiveState=failed", "Result=exit-code", "ExecMainCode=1", "ExecMainStatus=7"}},
		{"a signal on the no-restart list", "--no-restart=SIGKILL -- " + fmt.Sprintf(crash, "kill -KILL $$$$"), "echo >/run/go",
			[]string{"ActiveState=failed", "Result=signal", "ExecMainCode=2", "ExecMainStatus=9"}},
		{"done", "--restart=on-failure -- " + fmt.Sprintf(crash, "exit 0"), "echo >/run/go",
			[]string{"ActiveState=inactive"}},
		{"stopped by hand", steady, "/lab/holdfast stop web",
			[]string{"ActiveState=inactive"}},
		{"stopped while it waited for a restart", "-p RestartSec=1h --settle=0 -- sh -c 'exit 3'", "systemctl stop web",
			[]string{"ActiveState=inactive"}},
		{"a failure of the stop", "-- sh -c 'trap \"exit 4\" TERM; echo ready; sleep infinity & wait'",
			"until /lab/holdfast logs web | grep ready; do sleep 0.01; done; systemctl stop web",
			[]string{"ActiveState=failed", "Result=exit-code", "ExecMainCode=1", "ExecMainStatus=4"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.ok("mkfifo", "/run/go")
			// A signal would be systemd's reason to restart, so here it has none.
			l.unit("web.service", forking("--name web "+tt.start, "KillMode=mixed", "Restart=no")...)
			l.systemctl("start", "web")
			l.ok("sh", "-c", tt.end)
			l.awaitUnit("web", tt.want[0])
			l.expect("web", append(tt.want, "NRestarts=0")...)
			if left := l.members("web"); left != nil {
				t.Errorf("processes %v are left", left)
			}
			l.quiet()
		})
	}
}

// Restart=on-abnormal, as the manual recommends, restarts after a signal only: the end
// of the business with a code on the list is an end.
func TestSystemdLeavesADecisionAlone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.ok("mkfifo", "/run/go")
	l.unit("web.service", forking("--name web --no-restart=7 -- sh -c 'read go </run/go; exit 7'", "Restart=on-abnormal")...)
	l.systemctl("start", "web")
	l.ok("sh", "-c", "echo >/run/go")
	l.awaitUnit("web", "ActiveState=failed")
	l.expect("web", "NRestarts=0", "ExecMainStatus=7")
	l.quiet()
}

func TestSystemdHearsOfAFailedStart(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.unit("web.service", forking("--name web -- sleep 1000x")...)
	if r := l.run("systemctl", "start", "web"); r.code != 1 {
		t.Errorf("systemctl start ended with %d, want 1", r.code)
	}
	l.expect("web", "ActiveState=failed", "Result=exit-code")
	journal := l.journal()
	for _, want := range []string{
		"holdfast: web failed to start (Result=exit-code): not restarting: exited with 1 within the first 100 ms",
		"    sleep: invalid time interval ‘1000x’",
	} {
		if !strings.Contains(journal, want) {
			t.Errorf("the journal does not say %q", want)
		}
	}
	if left := l.members("web"); left != nil {
		t.Errorf("processes %v are left", left)
	}
	l.quiet()
}

// systemd would wait for a PID file that nobody writes until its timeout.
func TestSystemdReadsAnotherPIDFile(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.unit("web.service", forking("--name web --pidfile /run/other.pid "+steady)...)
	if r := l.run("systemctl", "start", "web"); r.code == 0 {
		t.Errorf("systemctl start succeeded, with MainPID=%s", l.show("web", "MainPID"))
	}
	l.expect("web", "Result=exit-code")
	if want := "the guardian's PID belongs into /run/other.pid, but the unit says PIDFile=/run/web.pid"; !strings.Contains(l.journal(), want) {
		t.Errorf("the journal does not say %q", want)
	}
	l.unit("web.service", forking("--name web --pidfile /var/run/web.pid "+steady)...) // is a link to /run
	l.systemctl("start", "web")
	l.guarded("web", "/run/web.pid", "web")
	l.systemctl("stop", "web")
	l.quiet()
}

// A person has started the service by hand, with the PID file elsewhere: systemd has
// no guardian to follow, and is told so.
func TestSystemdFindsTheServiceRunningAlready(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.unit("web.service", forking("--name web "+steady)...)
	l.ok("/lab/holdfast", "start", "--name", "web", "--", "sleep", "infinity")
	if r := l.run("systemctl", "start", "web"); r.code == 0 {
		t.Errorf("systemctl start succeeded, with MainPID=%s", l.show("web", "MainPID"))
	}
	if journal, want := l.journal(), "the guardian's PID belongs into /run/holdfast/web/pid, but the unit says PIDFile=/run/web.pid"; !strings.Contains(journal, want) {
		t.Errorf("the journal does not say %q", want)
	}
	l.ok("/lab/holdfast", "stop", "web")
	l.systemctl("start", "web")
	l.guarded("web", "/run/web.pid", "web")
	l.systemctl("stop", "web")
}

// The unit that the manual shows is a unit that works.
func TestSystemdUnitOfTheManual(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../../docs/systemd.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(manual), "\n    [Unit]\n")
	if !found {
		t.Fatal("the manual shows no unit")
	}
	unit := []string{"[Unit]"}
	for line := range strings.Lines(after) {
		if line != "\n" && !strings.HasPrefix(line, "    ") {
			break
		}
		unit = append(unit, strings.TrimSpace(line))
	}
	l := newLab(t)
	l.ok("cp", "/lab/holdfast", "/usr/local/bin/holdfast")
	l.ok("sh", "-c", `mkdir -p /opt/web; printf '#!/bin/sh\nexec env --ignore-signal=HUP sleep infinity\n' >/opt/web/web; chmod +x /opt/web/web`)
	l.ok("sh", "-c", `mkdir -p /etc/holdfast; printf '[Service]\nExecStart=/opt/web/web\nExecReload=/bin/kill -HUP $MAINPID\nRestart=always\n' >/etc/holdfast/web.service`)
	l.unit("web.service", unit...)
	l.systemctl("start", "web")
	l.systemctl("reload", "web")
	guardian, _ := l.guarded("web", "/run/holdfast/web/pid", "web")
	l.ok("kill", "-KILL", strconv.Itoa(guardian))
	l.awaitUnit("web", "NRestarts=1")
	l.awaitUnit("web", "SubState=running")
	l.guarded("web", "/run/holdfast/web/pid", "web")
	l.systemctl("stop", "web")
	l.expect("web", "ActiveState=inactive", "Result=success")
	l.gone("web", "/run/holdfast/web/pid", "web")
	l.quiet()
	if journal := l.journal(); strings.Contains(journal, "Unknown key") {
		t.Error("systemd does not know all of it")
	}
}

// systemctl stop in the middle of an upgrade ends the program in order, with KillMode=mixed
// by the guardian alone.
func TestSystemdStopsDuringAnUpgrade(t *testing.T) { stopsDuringUpgradesInTheLab(t, 5) }

func stopsDuringUpgradesInTheLab(t *testing.T, times int) {
	for _, killMode := range []string{"mixed", "control-group"} {
		t.Run(killMode, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.unit("talker.service", "[Unit]", "StartLimitIntervalSec=0", "[Service]", "ExecStart=/bin/sh -c \"trap 'trap : TERM; echo TERM; exit 3' TERM; echo up; while :; do sleep 1000 & wait; done\"")
			l.unit("web.service", forking("/lab/talker.service", "KillMode="+killMode, "Restart=on-abnormal")...)
			for i := range times {
				l.systemctl("start", "web")
				await(t, "the trap is set", func() bool {
					return strings.Count(l.ok("/lab/holdfast", "logs", "-n", "1000", "talker"), "up") == i+1
				})
				moment := strconv.FormatFloat(rand.Float64()/10, 'f', 4, 64)
				l.ok("sh", "-c", "/lab/holdfast upgrade talker >/tmp/upgrade 2>&1 & sleep "+moment+"; systemctl stop web; wait")
				l.expect("web", "ActiveState=failed", "NRestarts=0", "ExecMainCode=1", "ExecMainStatus=3")
				if left := l.members("web"); left != nil || l.run("test", "-e", "/run/web.pid").code == 0 {
					t.Errorf("left: processes %v, or the PID file", left)
				}
				if said := strings.Fields(l.ok("/lab/holdfast", "logs", "-n", "1000", "talker")); len(said) != 2*(i+1) || said[2*i+1] != "TERM" {
					t.Errorf("round %d, %s s: the program said %v, want up and TERM", i, moment, said)
				}
				if t.Failed() {
					return
				}
			}
			l.quiet()
		})
	}
}

// Where no process may trace another one, an upgrade goes without, and says what that means.
// An upgrade is no start: systemd's limit on these does not count it.
func TestSystemdForbidsToTrace(t *testing.T) {
	for filter, because := range map[string]string{
		"~ptrace":       "the process that was to trace this one was ended by SIGSYS",
		"~ptrace:EPERM": "ptrace: operation not permitted",
	} {
		t.Run(filter, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			unit := forking("--name web "+steady, "KillMode=mixed", "SystemCallFilter="+filter)
			unit[1] = "StartLimitIntervalSec=1h\nStartLimitBurst=1"
			l.unit("web.service", unit...)
			l.systemctl("start", "web")
			guardian, business := l.guarded("web", "/run/web.pid", "web")
			l.ok("grep", "-q", "^Seccomp:.2", "/proc/"+strconv.Itoa(guardian)+"/status")
			for range 3 {
				l.ok("/lab/holdfast", "upgrade", "web")
			}
			if g, b := l.guarded("web", "/run/web.pid", "web"); g != guardian || b != business {
				t.Errorf("guardian %d and business %d became %d and %d", guardian, business, g, b)
			}
			log := l.ok("cat", "/var/log/holdfast/web/guardian.log")
			if strings.Count(log, exposed) != 3 || !strings.Contains(log, because) {
				t.Errorf("the guardian does not say %q, because of %q:\n%s", exposed, because, log)
			}
			l.expect("web", "NRestarts=0")
			l.systemctl("stop", "web")
			l.gone("web", "/run/web.pid", "web")
			l.quiet()
		})
	}
}

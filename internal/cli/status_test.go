package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"holdfast/internal/state"
	"holdfast/internal/watchdog"
)

func init() { time.Local = time.UTC } // the pages below are in this zone

// noon is when the pages below are looked at.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// web is a service from a command line that has crashed once and runs again.
func web() view {
	service := watchdog.CommandDefaults("web",
		watchdog.Command{Path: "/opt/web", Args: []string{"./web", "-c", "my web.conf"}}, nil, "/opt", 0o022)
	service.PIDFile = "/run/holdfast/web/pid"
	started := noon.Add(-3*time.Minute - 4*time.Second)
	return view{
		dir:      state.Dir{Name: "web", Runtime: "/run/holdfast/web", Log: "/var/log/holdfast/web"},
		guardian: present,
		record: watchdog.Record{
			Service: service, State: watchdog.Running, Result: watchdog.Success,
			Guardian: watchdog.Process{PID: 1230, Start: 1}, Business: watchdog.Process{PID: 1240, Start: 2},
			Restarts: 1, StateChanged: started, ActiveEnter: started,
			Runs: []watchdog.Run{{
				Number: 1, PID: 1234, Started: started.Add(-10 * time.Second), Ended: started.Add(-time.Second),
				Lasted: 9 * time.Second, Exit: &watchdog.Exit{Signal: syscall.SIGKILL},
				Decision: "restarting in 100 ms: killed by SIGKILL, Restart=always; restart 1",
				MaxRSS:   12 << 20, UserTime: 30 * time.Millisecond, SystemTime: 12 * time.Millisecond,
				Output: []string{"listening", "\x1b]0;evil\a"},
			}, {
				Number: 2, PID: 1240, Started: started,
			}},
		},
	}
}

var webTree = tree{
	members: []member{
		{1230, 1, "holdfast", "holdfast start -- ./web"},
		{1240, 1230, "web", `./web -c "my web.conf"`},
		{1243, 1230, "orphan", "[orphan] <defunct>"},
		{1241, 1240, "web", "web: worker"},
		{1242, 1240, "web", "web: worker"},
	},
	threads: 9, rss: 13002342, cpu: 1103 * time.Millisecond,
}

func TestStatusPage(t *testing.T) {
	tests := []struct {
		name string
		tree tree
		tail []string
		edit func(*view)
		want string
	}{
		{"running, after a crash", webTree, []string{"GET /", "\x1b[31mbell\a"}, func(v *view) {
			v.record.Reason = "restarting in 100 ms: killed by SIGKILL, Restart=always; restart 1"
		}, `
● web - web
     Loaded: command line (./web -c "my web.conf")
     Active: active (running) since Sat 2026-11-21 11:56:56 UTC; 3min 4s ago
    Process: 1234 (code=killed, signal=KILL), ran 9 s, ended 3min 5s ago
   Decision: restarting in 100 ms: killed by SIGKILL, Restart=always; restart 1
   Main PID: 1240 (web)
   Guardian: 1230
   Restarts: 1
      Tasks: 9
     Memory: 12.3M
        CPU: 1.103s
   PID file: /run/holdfast/web/pid
        Log: /var/log/holdfast/web/output.log
  Processes: 1230 holdfast start -- ./web
             ├─1240 ./web -c "my web.conf"
             │ ├─1241 web: worker
             │ └─1242 web: worker
             └─1243 [orphan] <defunct>

GET /
\x1b[31mbell\a
`},
		{"waiting for a restart", tree{}, nil, func(v *view) {
			r := &v.record
			r.State, r.Result, r.Business = watchdog.AutoRestart, watchdog.OOMKill, watchdog.Process{}
			r.StateChanged, r.NextStart = noon.Add(-2*time.Second), noon.Add(4200*time.Millisecond)
			r.Runs = r.Runs[:1]
			r.Runs[0].Ended = r.StateChanged
			r.Runs[0].Exit.OOM = watchdog.ByOOM
			r.Reason = "restarting in 6.2 s: killed by SIGKILL (out of memory), Restart=always; restart 2"
			r.Trouble = "the business's output is being lost: no space left on device"
		}, `
● web - web
     Loaded: command line (./web -c "my web.conf")
     Active: activating (auto-restart) (Result: oom-kill) since Sat 2026-11-21 11:59:58 UTC; 2s ago
    Process: 1234 (code=killed, signal=KILL), out of memory, ran 9 s, ended 2s ago
   Next run: in 4.2 s (Sat 2026-11-21 12:00:04 UTC)
   Decision: restarting in 6.2 s: killed by SIGKILL (out of memory), Restart=always; restart 2
    Trouble: the business's output is being lost: no space left on device
   Guardian: 1230
   Restarts: 1
   PID file: /run/holdfast/web/pid
        Log: /var/log/holdfast/web/output.log
`},
		{"failed, from a file", tree{}, nil, func(v *view) {
			v.guardian = absent
			r := &v.record
			r.Service.Source, r.Service.Description = "/etc/holdfast/web.service", "The web"
			r.State, r.Result = watchdog.Failed, watchdog.ExitCode
			r.Guardian, r.Business = watchdog.Process{}, watchdog.Process{}
			r.Runs = r.Runs[:1]
			r.Runs[0].Exit = &watchdog.Exit{Code: 203, Err: "no such file or directory"}
			r.Restarts = 0
			r.Reason = "not restarting: not executed: no such file or directory (status=203/EXEC), Restart=no"
		}, `
× web - The web
     Loaded: loaded (/etc/holdfast/web.service)
     Active: failed (Result: exit-code) since Sat 2026-11-21 11:56:56 UTC; 3min 4s ago
    Process: 1234 (code=exited, status=203/EXEC), ran 9 s, ended 3min 5s ago
   Decision: not restarting: not executed: no such file or directory (status=203/EXEC), Restart=no
        Log: /var/log/holdfast/web/output.log
`},
		{"stopped", tree{}, nil, func(v *view) {
			v.guardian = absent
			r := &v.record
			r.State, r.Reason, r.Restarts = watchdog.Dead, "stopped on request", 0
			r.Guardian, r.Business = watchdog.Process{}, watchdog.Process{}
			r.Runs = nil
		}, `
○ web - web
     Loaded: command line (./web -c "my web.conf")
     Active: inactive (dead) since Sat 2026-11-21 11:56:56 UTC; 3min 4s ago
   Decision: stopped on request
        Log: /var/log/holdfast/web/output.log
`},
		{"guardian killed, business alive", tree{members: webTree.members[1:2], threads: 1, rss: 4096}, nil, func(v *view) {
			v.guardian = killed
			v.record.State, v.record.StateChanged = watchdog.Failed, time.Time{}
			v.record.Reason = "the guardian (PID 1230) was killed; the business (PID 1240) still runs, unguarded"
		}, `
× web - web
     Loaded: command line (./web -c "my web.conf")
     Active: failed
    Process: 1234 (code=killed, signal=KILL), ran 9 s, ended 3min 5s ago
     Reason: the guardian (PID 1230) was killed; the business (PID 1240) still runs, unguarded
   Main PID: 1240 (web)
   Guardian: none (was 1230)
   Restarts: 1
      Tasks: 1
     Memory: 4.0K
        CPU: 0
   PID file: /run/holdfast/web/pid
        Log: /var/log/holdfast/web/output.log
  Processes: 1240 ./web -c "my web.conf"
`},
		{"guardian stopped", tree{}, nil, func(v *view) { v.guardian = silent; v.record.Runs = nil }, `
● web - web
     Loaded: command line (./web -c "my web.conf")
     Active: active (running) since Sat 2026-11-21 11:56:56 UTC; 3min 4s ago
   Main PID: 1240
   Guardian: 1230; it does not answer, so this is what it said last (was it stopped? kill -CONT 1230)
   Restarts: 1
   PID file: /run/holdfast/web/pid
        Log: /var/log/holdfast/web/output.log
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := web()
			tt.edit(&v)
			var b bytes.Buffer
			printStatus(&b, screen{}, v, tt.tree, tt.tail, noon)
			if got := "\n" + b.String(); got != tt.want {
				t.Errorf("got:%swant:%s", got, tt.want)
			}
		})
	}
}

func TestStatusOnATerminal(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	printStatus(&b, screen{width: 40, colour: true}, web(), webTree, []string{strings.Repeat("ä", 50)}, noon)
	for _, want := range []string{
		"\x1b[0;1;32m●\x1b[0m web - web\n",
		"Active: \x1b[0;1;32mactive (running)\x1b[0m since",
		"             ├─1240 ./web -c \"my web.co…\n",
		strings.Repeat("ä", 39) + "…\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}

func TestColourOnlyOnATerminal(t *testing.T) {
	t.Parallel()
	if s := screenOf(new(bytes.Buffer)); s != (screen{}) {
		t.Errorf("screenOf(a buffer) = %+v", s)
	}
}

func TestLSB(t *testing.T) {
	t.Parallel()
	here := t.TempDir() // exists, as a PID file would
	tests := []struct {
		name     string
		state    watchdog.State
		guardian presence
		pidFile  string
		want     int
	}{
		{"running", watchdog.Running, present, here, 0},
		{"starting", watchdog.Start, present, here, 3},
		{"waiting for a restart", watchdog.AutoRestart, present, here, 3},
		{"stopping", watchdog.StopSigterm, present, here, 3},
		{"stopped", watchdog.Dead, absent, here + "/none", 3},
		{"failed", watchdog.Failed, absent, here + "/none", 3},
		{"guardian killed", watchdog.Failed, killed, here, 1},
		{"guardian killed, PID file removed since", watchdog.Failed, killed, here + "/none", 3},
	}
	for _, tt := range tests {
		v := view{guardian: tt.guardian, record: watchdog.Record{State: tt.state}}
		v.record.Service.PIDFile = tt.pidFile
		if got := v.lsb(); got != tt.want {
			t.Errorf("%s: exit code %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestStatusJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := printJSON(&b, oneOrAll([]string{"web"}, []facts{factsOf(web(), webTree, []string{"<GET>"})})); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"name": "web", "active_state": "active", "sub_state": "running", "guardian": "present",
		"main_pid": 1240.0, "guardian_pid": 1230.0, "memory_bytes": 13002342.0, "since": "2026-11-21T11:56:56Z",
	} {
		if got[name] != want {
			t.Errorf("%s = %v, want %v", name, got[name], want)
		}
	}
	exit, _ := got["last_exit"].(map[string]any)
	if exit["cause"] != "killed" || exit["status"] != 9.0 || exit["text"] != "killed by SIGKILL" {
		t.Errorf("last_exit = %v", exit)
	}
	if !strings.Contains(b.String(), "<GET>") {
		t.Error("the log line was escaped for HTML")
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	check := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	check(size(512), "512B")
	check(size(4096), "4.0K")
	check(size(13002342), "12.3M")
	check(size(5<<40), "5.0T")
	check(size(5000<<40), "5000T")
	check(cpuTime(0), "0")
	check(cpuTime(61103*time.Millisecond), "1min 1.103s")
	check(cpuTime(42*time.Millisecond), "42ms")
	check(age(400*time.Millisecond), "400ms")
	check(age(59*time.Second), "59s")
	check(age(184*time.Second), "3min 4s")
	check(age(59*time.Minute), "59min")
	check(age(65*time.Minute), "1h 5min")
	check(age(7*time.Hour), "7h")
	check(age(26*time.Hour), "1 day 2h")
	check(age(50*time.Hour), "2 days")
	check(age(8*24*time.Hour), "1 week 1 day")
	check(age(40*24*time.Hour), "1 month 9 days")
	check(cpuTime(0), "0")
	check(cpuTime(61103*time.Millisecond), "1min 1.103s")
	check(cpuTime(42*time.Millisecond), "42ms")
	check(age(400*24*time.Hour), "1 year 1 month")
	check(sinceWhen(noon, noon.Add(-time.Hour)), "Sat 2026-11-21 12:00:00 UTC") // the clock was set back
	check(stamp(time.Time{}), "")
	check(printable("tab\there, bell\a, \xff, über"), "tab\there, bell\\a, \\xff, über")
	check(printable("�"), "�")
	check(commandLine([]string{"a", "b c", "", `d"e`, ";", "\n", "ü"}), `a "b c" "" "d\"e" ";" "\n" ü`)
}

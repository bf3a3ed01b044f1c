package watchdog

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRecordKeepsTheLastRuns(t *testing.T) {
	var r Record
	if r.LastRun() != nil || r.LastExit() != nil {
		t.Error("a record without runs has a last one")
	}
	now := time.Now()
	for i := range keptRuns + 5 {
		r.beginRun(1000+i, now)
		if i == 0 && r.LastExit() != nil {
			t.Error("a run that goes on has an exit")
		}
		if i < keptRuns+4 {
			r.LastRun().Exit = &Exit{Code: i}
		}
	}
	if first, last := r.Runs[0], r.LastRun(); len(r.Runs) != keptRuns || first.Number != 6 || last.Number != keptRuns+5 || last.PID != 1000+keptRuns+4 {
		t.Errorf("kept %d runs, %d to %d", len(r.Runs), first.Number, last.Number)
	}
	if exit := r.LastExit(); exit.Code != keptRuns+3 {
		t.Errorf("the last exit is %v, want that of the run before the present one", exit)
	}
}

// Each change of state sets the times that systemctl show names after the coarse
// states; "at" are the seconds at which the listed states were entered.
func TestRecordTimes(t *testing.T) {
	const never = -1
	type times struct{ inactiveExit, activeEnter, activeExit, inactiveEnter int }
	tests := []struct {
		name   string
		states []State // entered at 1, 2, 3 ...
		want   times
	}{
		{"starting", []State{Start}, times{1, never, never, never}},
		{"running", []State{Start, Running}, times{1, 2, never, never}},
		{"stopping", []State{Start, Running, StopSigterm}, times{1, 2, 3, never}},
		{"a phase of the stop changes nothing", []State{Start, Running, StopSigterm, FinalSigkill}, times{1, 2, 3, never}},
		{"stopped", []State{Start, Running, StopSigterm, Dead}, times{1, 2, 3, 4}},
		{"failed", []State{Start, Running, Failed}, times{1, 2, 3, 3}},
		{"never came up", []State{Start, Failed}, times{1, never, never, 2}},
		{"a restart is not inactive in between", []State{Start, Running, AutoRestart, Start, Running}, times{1, 5, 3, never}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			epoch := time.Unix(1_700_000_000, 0)
			r := Record{State: Dead, NextStart: epoch}
			for i, state := range tt.states {
				r.enter(state, epoch.Add(time.Duration(i+1)*time.Second))
			}
			at := func(when time.Time) int {
				if when.IsZero() {
					return never
				}
				return int(when.Sub(epoch) / time.Second)
			}
			got := times{at(r.InactiveExit), at(r.ActiveEnter), at(r.ActiveExit), at(r.InactiveEnter)}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if last := len(tt.states); at(r.StateChanged) != last || r.State != tt.states[last-1] || !r.NextStart.IsZero() {
				t.Errorf("%s since %d, next start %v", r.State, at(r.StateChanged), r.NextStart)
			}
		})
	}
}

func TestSince(t *testing.T) {
	tests := []struct {
		states []State // entered at 1, 2, 3 ...
		want   int64
	}{
		{[]State{Start}, 1},
		{[]State{Start, StartPost, Running}, 3},
		{[]State{Start, Running, Reload}, 2},
		{[]State{Start, Running, Reload, Running}, 2},
		{[]State{Start, Running, StopSigterm}, 3},
		{[]State{Start, Running, StopSigterm, Dead}, 4},
	}
	for _, tt := range tests {
		r := Record{State: Dead}
		for i, state := range tt.states {
			r.enter(state, time.Unix(int64(i+1), 0))
		}
		if got := r.Since().Unix(); got != tt.want {
			t.Errorf("after %v it is so since %d, want %d", tt.states, got, tt.want)
		}
	}
}

func TestActiveState(t *testing.T) {
	want := map[string][]State{
		"inactive":     {Dead, ""},
		"failed":       {Failed},
		"activating":   {Condition, StartPre, Start, StartPost, AutoRestart},
		"active":       {Running, AfterExit},
		"reloading":    {Reload},
		"deactivating": {Stop, StopWatchdog, StopSigterm, StopSigkill, StopPost, FinalWatchdog, FinalSigterm, FinalSigkill},
	}
	for active, states := range want {
		for _, state := range states {
			if got := state.Active(); got != active {
				t.Errorf("%q is %s, want %s", state, got, active)
			}
		}
	}
}

// What a guardian leaves on disk is what the next one reads.
func TestRecordSurvivesTheDisk(t *testing.T) {
	score := -500
	service := FileDefaults("web")
	service.Exec = Command{Path: "/bin/web", Args: []string{"web", "-c", "web.conf"}}
	service.OOMScoreAdjust = &score
	service.TimeoutStartSec = Infinity
	service.Policy.RestartPreventExitStatus = exits("7 KILL OOM")
	when := time.Unix(1_700_000_000, 123).UTC()
	record := Record{
		Service: service, State: AutoRestart, Result: OOMKill, Reason: "restarting in 1 s",
		Guardian: Process{PID: 10, Start: 1 << 60}, BootID: "b", Restarts: 3, NextStart: when,
		Window: Window{Begin: time.Hour, Count: 4}, StateChanged: when,
		Runs: []Run{{
			Number: 4, PID: 11, Started: when, Ended: when.Add(time.Second), Lasted: time.Second,
			Exit: &Exit{Signal: syscall.SIGKILL, OOM: ByOOM}, Decision: "d", MaxRSS: 1 << 40, Output: []string{"bye"},
		}},
	}
	data, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	var again Record
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, record) {
		t.Errorf("got  %+v\nwant %+v", again, record)
	}
	if empty, _ := json.Marshal(Record{}); strings.Contains(string(empty), "0001-01-01") {
		t.Errorf("a time that never was is written: %s", empty)
	}
}

func TestDefaultsAreSystemds(t *testing.T) {
	file := FileDefaults("web")
	if file.Policy.Restart != RestartNo || file.Type != Simple || file.WorkingDirectory != "/" || file.UMask != 0o022 {
		t.Errorf("a service file has %+v", file)
	}
	if want := (Backoff{RestartSec: 100 * time.Millisecond, RestartMaxDelaySec: Infinity}); file.Backoff != want {
		t.Errorf("a service file has %+v, want %+v", file.Backoff, want)
	}
	if want := (StartLimit{10 * time.Second, 5}); file.StartLimit != want {
		t.Errorf("a service file has %+v, want %+v", file.StartLimit, want)
	}

	env := []string{"A=1"}
	line := CommandDefaults("web", Command{Path: "/opt/web"}, env, "/srv", 0o077)
	if line.Policy.Restart != RestartAlways || line.Type != Exec || line.SettleSec != 100*time.Millisecond || line.RetryFailedStart {
		t.Errorf("a command line has %+v", line)
	}
	if want := (Backoff{100 * time.Millisecond, 8, 30 * time.Second, 30 * time.Second}); line.Backoff != want {
		t.Errorf("a command line has %+v, want %+v", line.Backoff, want)
	}
	if line.StartLimit.Interval != 0 || line.WorkingDirectory != "/srv" || line.UMask != 0o077 || !slices.Equal(line.Environment, env) {
		t.Errorf("a command line does not keep the caller's surroundings: %+v", line)
	}
}

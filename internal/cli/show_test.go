package cli

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"holdfast/internal/watchdog"
)

func TestProperties(t *testing.T) {
	t.Parallel()
	fresh := func() tree { return webTree }
	ended := web()
	ended.record.State, ended.record.Result = watchdog.Failed, watchdog.OOMKill
	ended.record.Runs = ended.record.Runs[:1]
	ended.record.Service.Policy.RestartPreventExitStatus = watchdog.ExitList{
		Codes: []int{7}, Signals: []syscall.Signal{syscall.SIGTERM}, OOM: true,
	}
	orphaned := web()
	orphaned.guardian = killed
	unknown := view{dir: web().dir, record: watchdog.Record{
		Service: watchdog.FileDefaults("web"), State: watchdog.Dead, Result: watchdog.Success,
	}}
	tests := []struct {
		v          view
		walk       func() tree
		name, want string
	}{
		{web(), fresh, "Id", "web.service"},
		{web(), fresh, "LoadState", "loaded"},
		{web(), fresh, "ActiveState", "active"},
		{web(), fresh, "SubState", "running"},
		{web(), fresh, "Result", "success"},
		{web(), fresh, "MainPID", "1240"},
		{web(), fresh, "GuardianPID", "1230"},
		{web(), fresh, "NRestarts", "1"},
		{web(), fresh, "ExecMainPID", "1240"},
		{web(), fresh, "ExecMainCode", "0"},
		{web(), fresh, "ExecMainStatus", "0"},
		{web(), fresh, "ExecMainExitTimestamp", ""},
		{web(), fresh, "ActiveEnterTimestamp", "Sat 2026-11-21 11:56:56 UTC"},
		{web(), fresh, "TasksCurrent", "9"},
		{web(), fresh, "MemoryCurrent", "13002342"},
		{web(), fresh, "CPUUsageNSec", "1103000000"},
		{web(), fresh, "RestartUSec", "100ms"},
		{web(), fresh, "TimeoutStartUSec", "1min 30s"},
		{web(), fresh, "StartLimitIntervalUSec", "0"},
		{web(), fresh, "UMask", "0022"},
		{web(), fresh, "KillSignal", "15"},
		{web(), fresh, "RestartKillSignal", "15"},
		{web(), fresh, "SendSIGKILL", "yes"},
		{web(), fresh, "ExecStart", `{ path=/opt/web ; argv[]=./web -c "my web.conf" ; ignore_errors=no ; ` +
			`start_time=[Sat 2026-11-21 11:56:56 UTC] ; stop_time=[n/a] ; pid=1240 ; code=(null) ; status=0/0 }`},
		{web(), fresh, "LogFile", "/var/log/holdfast/web/output.log"},

		{ended, func() tree { return tree{} }, "Result", "oom-kill"},
		{ended, func() tree { return tree{} }, "ExecMainCode", "2"},
		{ended, func() tree { return tree{} }, "ExecMainStatus", "9"},
		{ended, func() tree { return tree{} }, "ExecMainExitTimestamp", "Sat 2026-11-21 11:56:55 UTC"},
		{ended, func() tree { return tree{} }, "MemoryCurrent", "[not set]"},
		{ended, func() tree { return tree{} }, "RestartPreventExitStatus", "7 TERM OOM"},

		{orphaned, fresh, "GuardianPID", "0"},
		{orphaned, fresh, "GuardianState", "killed"},

		{unknown, func() tree { return tree{} }, "LoadState", "not-found"},
		{unknown, func() tree { return tree{} }, "ActiveState", "inactive"},
		{unknown, func() tree { return tree{} }, "ExecMainPID", "0"},
		{unknown, func() tree { return tree{} }, "ExecStart", ""},
		{unknown, func() tree { return tree{} }, "RestartMaxDelayUSec", "infinity"},
	}
	for _, tt := range tests {
		chosen, err := choose([]string{tt.name})
		if err != nil {
			t.Error(err)
			continue
		}
		if got := chosen[0].value(tt.v, tt.walk); got != tt.want {
			t.Errorf("%s=%s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	if _, err := choose([]string{"mainpid"}); err == nil || !strings.Contains(err.Error(), "it is spelled MainPID") {
		t.Error(err)
	}
	all, err := choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range all {
		if seen[p.name] {
			t.Errorf("%s is there twice", p.name)
		}
		seen[p.name] = true
	}
	chosen, err := choose([]string{"SubState", "Id"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"SubState":"running","Id":"web.service"}`
	if got := string(propertiesJSON(web(), chosen)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWaitidCode(t *testing.T) {
	t.Parallel()
	for want, e := range []*watchdog.Exit{nil, {Code: 7}, {Signal: syscall.SIGKILL}, {Signal: syscall.SIGSEGV, Core: true}} {
		if got := waitidCode(e); got != want {
			t.Errorf("%v: %d, want %d", e, got, want)
		}
	}
	if got := waitidCode(&watchdog.Exit{NoFork: true}); got != 0 {
		t.Errorf("without a process: %d", got)
	}
}

func TestRunningIsOnlyTheLast(t *testing.T) {
	t.Parallel()
	v := web()
	if !v.running(v.record.Runs[1]) || v.running(v.record.Runs[0]) {
		t.Error("the second run goes on, the first does not")
	}
	v.record.Business = watchdog.Process{}
	if v.running(v.record.Runs[1]) {
		t.Error("without a business no run goes on")
	}
	if got := v.lasted(v.record.Runs[1], noon.Add(time.Hour)); got != "-" {
		t.Errorf("how long it lasted is not known, and %s was said", got)
	}
}

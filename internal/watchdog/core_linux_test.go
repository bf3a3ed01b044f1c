package watchdog

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCoreGlob(t *testing.T) {
	t.Parallel()
	r := &CrashReport{
		Run:     Run{PID: 4711, Exit: &Exit{Signal: 11, Core: true}},
		Program: "/opt/a-rather-long-name", Directory: "/srv/a*b", Host: "web1",
	}
	for pattern, want := range map[string]string{
		"core":                     `/srv/a\*b/core`,
		"core.%p":                  `/srv/a\*b/core.4711`,
		"cores/../c.%s.%h":         `/srv/a\*b/c.11.web1`,
		"/var/crash/%e.%t":         `/var/crash/a-rather-long-n.*`,
		"/var/crash/%e.%p.%t.%i%d": `/var/crash/*.4711.*.**`,
		"/var/crash/100%%[%":       `/var/crash/100%\[`,
	} {
		if got := coreGlob(pattern, r); got != want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
		if _, err := filepath.Match(want, ""); err != nil {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestReportsAreSortedByTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{
		"crash-20261121T120000.000Z-9.json", "crash-20261121T120000.001Z-10.json", "output.log",
		"crash-20261122T000000.000Z-1.json", "crash-20261122T000001.000Z-2.json.new", "crash-20261123T000000.000Z-9.json",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := removeOldReports(dir, nil); err != nil {
		t.Error(err)
	}
	reports, err := CrashReports(dir)
	if err != nil || len(reports) != 4 || filepath.Base(reports[2]) != "crash-20261122T000000.000Z-1.json" {
		t.Errorf("%v: %q", err, reports)
	}
	if left, _ := filepath.Glob(dir + "/*.new"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	for run, want := range map[int]string{9: "crash-20261123T000000.000Z-9.json", 10: "crash-20261121T120000.001Z-10.json"} {
		if got, err := ReportOf(dir, run); err != nil || filepath.Base(got) != want {
			t.Errorf("run %d: %s, %v, want %s", run, got, err, want)
		}
	}
	if got, err := ReportOf(dir, 0); got != "" || err != nil {
		t.Errorf("run 0: %s, %v", got, err)
	}
}

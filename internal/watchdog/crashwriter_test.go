package watchdog

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// However fast a service crashes, no more reports wait in memory than are kept on disk, and
// these are the newest.
func TestReportsOfACrashLoop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := &Guardian{crashes: newCrashes(), log: zerolog.New(failOnLog{t})}
	report := func(number int) string {
		return filepath.Join(dir, fmt.Sprintf("crash-20261121T120000.%04dZ-%d.json", number, number))
	}
	g.crashes.reports.written = time.Now().Add(time.Hour) // nothing is written before flush
	for number := range 1000 {
		g.writeLater(report(number), &CrashReport{Run: Run{Number: number, Exit: &Exit{Code: 1}}})
		if n := len(g.crashes.reports.waiting); n > keptReports {
			t.Fatalf("%d reports wait", n)
		}
	}
	if found, err := CrashReports(dir); len(found) > 0 || err != nil {
		t.Errorf("written before their time: %q, %v", found, err)
	}
	g.crashes.wait()
	found, err := CrashReports(dir)
	if err != nil || len(found) != keptReports {
		t.Fatalf("%d reports, %v", len(found), err)
	}
	for i, path := range found {
		if r, err := LoadCrashReport(path); err != nil || r.Number != 1000-keptReports+i || r.Host == "" {
			t.Errorf("%s: %+v, %v", path, r, err)
		}
	}

	g.crashes.reports.written = time.Now().Add(-reportPause)
	g.writeLater(report(1000), &CrashReport{Run: Run{Number: 1000, Exit: &Exit{Code: 1}}})
	g.crashes.beside.Wait() // a crash after a while is reported at once
	if found, _ := CrashReports(dir); len(found) != keptReports || found[keptReports-1] != report(1000) {
		t.Errorf("the last report is missing: %q", found)
	}
}

type failOnLog struct{ t *testing.T }

func (f failOnLog) Write(line []byte) (int, error) {
	f.t.Errorf("logged: %s", line)
	return len(line), nil
}

package watchdog

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"holdfast/internal/state"
)

// However fast a service crashes, no more reports wait in memory than are kept on disk, and
// these are the newest.
func TestReportsOfACrashLoop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := &Guardian{crashes: newCrashes(nil, ""), log: zerolog.New(failOnLog{t})}
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

// The names of reports say the time of a clock that may have been set back.
func TestTheNewestReportsAreKeptWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := func(day, number int) string { return fmt.Sprintf("crash-202611%02dT120000.000Z-%d.json", day, number) }
	var runs []Run
	write := func(g *Guardian, number int) {
		runs = append(runs, Run{Number: number, Report: name(28-number, number)})
		g.writeReports([]unwrittenReport{{filepath.Join(dir, name(28-number, number)), &CrashReport{Run: Run{Number: number, Exit: &Exit{Code: 1}}}}})
	}
	for number := range keptReports { // of an earlier boot
		if err := os.WriteFile(filepath.Join(dir, name(29, 100+number)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first := &Guardian{crashes: newCrashes(nil, dir), log: zerolog.New(failOnLog{t})}
	for number := range 10 {
		write(first, number)
	}
	second := &Guardian{crashes: newCrashes(runs, dir), log: zerolog.New(failOnLog{t})}
	for number := 10; number < 15; number++ {
		write(second, number)
	}
	found, err := CrashReports(dir)
	if err != nil || len(found) != keptReports {
		t.Errorf("%d reports, %v", len(found), err)
	}
	for _, run := range runs {
		if !slices.Contains(found, filepath.Join(dir, run.Report)) {
			t.Errorf("%s was removed", run.Report)
		}
	}
	if last := filepath.Join(dir, name(29, 119)); !slices.Contains(found, last) || slices.Contains(found, filepath.Join(dir, name(29, 100))) {
		t.Errorf("of the earlier ones, there are %q", found)
	}
}

func TestNoReportIsNamedWhereNoneIsWritten(t *testing.T) {
	t.Parallel()
	for _, dir := range []state.Dir{{}, {Log: t.TempDir()}} {
		g, crash := guarding(dir)
		g.take(crash)
		g.timer.Stop()
		g.crashes.wait()
		run := *g.record.LastRun()
		if reports, _ := CrashReports(dir.Log); run.Exit == nil || !run.Reported || len(reports) > 1 || (run.Report != "") != (len(reports) == 1) {
			t.Errorf("%+v, reports %q", run, reports)
		}
		g.reportCrash()
		if again := g.record.LastRun(); again.Report != run.Report {
			t.Errorf("reported twice: %s, %s", run.Report, again.Report)
		}
	}
}

type failOnLog struct{ t *testing.T }

func (f failOnLog) Write(line []byte) (int, error) {
	f.t.Errorf("logged: %s", line)
	return len(line), nil
}

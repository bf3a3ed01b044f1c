package watchdog

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"holdfast/internal/state"
)

// reportPause is how long the reports that follow one another are gathered. Those of a
// crash loop, which may come by the hundred in a second, would else be most of its cost;
// nearly all of them were removed again at once.
const reportPause = time.Second

// unwritten is the crash reports that are to be written.
type unwritten struct {
	mu      sync.Mutex
	waiting []unwrittenReport
	writer  bool // a goroutine is there for them

	hurry   chan struct{}
	writing sync.Mutex // one batch at a time
	written time.Time  // the last one
	newest  []string   // the last ones, in order, whatever time their names say
}

type unwrittenReport struct {
	path string
	*CrashReport
}

// flush cuts the gathering short.
func (u *unwritten) flush() {
	select {
	case u.hurry <- struct{}{}:
	default:
	}
}

// add reports whether nobody writes them yet. It keeps no more than will be kept in the end.
func (u *unwritten) add(report unwrittenReport) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.waiting = append(u.waiting, report)
	u.waiting = slices.Delete(u.waiting, 0, max(0, len(u.waiting)-keptReports))
	begin := !u.writer
	u.writer = true
	return begin
}

// more reports whether there are any; if not, the writer has come to its end.
func (u *unwritten) more() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.writer = len(u.waiting) > 0
	return u.writer
}

// gather waits for more to come, if the last batch was just written.
func (u *unwritten) gather() []unwrittenReport {
	pause := time.NewTimer(time.Until(u.written.Add(reportPause)))
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-u.hurry:
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	batch := u.waiting
	u.waiting = nil
	return batch
}

// writeLater has the report written at once, or with those of a crash loop together.
func (g *Guardian) writeLater(path string, report *CrashReport) {
	reports := &g.crashes.reports
	if !reports.add(unwrittenReport{path, report}) {
		return
	}
	g.crashes.beside.Go(func() {
		for reports.more() {
			g.writeReports(reports.gather())
			reports.written = time.Now()
		}
	})
}

// writeReports completes reports of the same directory and puts them beside the last ones.
func (g *Guardian) writeReports(batch []unwrittenReport) (written bool) {
	u := &g.crashes.reports
	u.writing.Lock()
	defer u.writing.Unlock()
	var err error
	for _, r := range batch {
		r.Host, _ = os.Hostname() // never fails
		if r.Exit.Core {
			r.CoreFile, r.CoreHandler = findCore(r.CrashReport)
		}
		if saved := state.Save(r.path, r.CrashReport); err == nil {
			err = saved
		}
		u.newest = append(u.newest, r.path)
	}
	u.newest = slices.Delete(u.newest, 0, max(0, len(u.newest)-keptReports))
	written = err == nil
	if removed := removeOldReports(filepath.Dir(batch[0].path), u.newest); err == nil {
		err = removed
	}
	if err != nil {
		g.log.Warn().Err(err).Msg("cannot write the crash report")
	}
	return written
}

// removeOldReports keeps the newest, those of the list before any other, and removes what a
// guardian was killed over.
func removeOldReports(dir string, newest []string) error {
	unfinished, _ := filesLike(dir, ".json.new")
	reports, err := CrashReports(dir)
	surplus := max(0, len(reports)-keptReports)
	reports = slices.DeleteFunc(reports, func(path string) bool { return slices.Contains(newest, path) })
	for _, path := range append(unfinished, reports[:min(surplus, len(reports))]...) {
		if removed := os.Remove(path); err == nil {
			err = removed
		}
	}
	return err
}

package watchdog

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"holdfast/internal/proc"
	"holdfast/internal/state"
)

// A CrashReport is all that is known about a run that did not end as asked: its end was
// no success, and nobody had asked for a stop or a restart. It is a JSON file in the log
// directory; the fields of the Run are among its own, with more lines of Output.
//
// What only a living process has, such as its open descriptors and its memory maps, is
// gone when its end is heard of, and so is not in it.
type CrashReport struct {
	Service string `json:"service"`
	Run
	// Cause is the exit in words.
	Cause string `json:"cause"`
	// Restarts is the automatic restarts before it since the last requested start.
	Restarts int `json:"restarts"`
	// CoreFile is where the core is, if one was dumped and found.
	CoreFile string `json:"core_file,omitempty"`
	// CoreHandler is the program or socket that was given the core instead of a file.
	CoreHandler string `json:"core_handler,omitempty"`
	// Program, Arguments (argv[0] included) and Directory are what was to be executed.
	Program   string   `json:"program"`
	Arguments []string `json:"arguments"`
	Directory string   `json:"directory"`
	// Environment is the names of its variables, sorted, and never a value.
	Environment []string `json:"environment"`
	// Guardian is the guardian's PID, Version which holdfast it is.
	Guardian int    `json:"guardian"`
	Version  string `json:"version"`
	// Host and BootID are the machine and its boot.
	Host   string `json:"host"`
	BootID string `json:"boot_id,omitempty"`
}

// How much the log directory keeps of crashes.
const (
	keptReports    = 20
	keptCrashLines = 100
)

// crashes is what goes on beside the loop after a crash.
type crashes struct {
	reports unwritten
	beside  sync.WaitGroup // goroutines
	hooked  bool           // an OnCrash= command runs, or is about to
	ended   chan struct{}  // closed by the loop to end that command
	killed  bool           // ended is closed
	dirty   bool           // a command has run, and may have left something behind
}

// newCrashes is for a service whose runs so far are these, with their reports in the directory.
func newCrashes(runs []Run, dir string) crashes {
	var reports []string
	for _, run := range runs {
		if run.Report != "" {
			reports = append(reports, filepath.Join(dir, run.Report))
		}
	}
	return crashes{reports: unwritten{hurry: make(chan struct{}, 1), newest: reports}, ended: make(chan struct{})}
}

// wait returns when all reports are written and no command runs.
func (c *crashes) wait() {
	c.reports.flush()
	c.beside.Wait()
}

// reportCrash sees to the report and the OnCrash= command of the last run, if that calls
// for them and has none yet. The loop only collects the facts.
func (g *Guardian) reportCrash() {
	run := g.record.LastRun()
	if run == nil || run.Exit == nil || run.Asked || run.Result == "" || run.Result == Success || run.Reported {
		return
	}
	spec, unspawnable := g.spec(g.service.Exec, hookMark(g.record.InvocationID)) // as of the run that has ended: the next has not begun
	run.Reported, g.changed = true, true
	logged := g.dir.Log != ""
	if logged {
		run.Report = reportName(run.Number, time.Now())
	}
	report := g.crashReport(*run, spec)
	var hook *proc.Spec
	switch {
	case g.service.OnCrash.Path == "" || g.machine.stopping:
	case unspawnable != nil:
		g.log.Warn().Msg("the OnCrash= command is not run: " + unspawnable.String())
	case g.crashes.hooked:
		g.log.Warn().Int("run", run.Number).Msg("the OnCrash= command is not run: that of an earlier crash still runs")
	default:
		command := g.service.OnCrash
		spec.Env = hookEnvironment(spec.Env, run)
		spec.Path = LookUpProgram(command.Path, g.service.ExecSearchPath)
		spec.Args, _ = command.arguments(spec.Env)
		hook, g.crashes.hooked, g.crashes.dirty = &spec, true, true
	}
	path := filepath.Join(g.dir.Log, run.Report)
	if hook == nil {
		if logged {
			g.writeLater(path, report)
		}
		return
	}
	g.crashes.beside.Go(func() {
		written := logged && g.writeReports([]unwrittenReport{{path, report}})
		g.runHook(*hook, path, written)
		g.send(hookEnded{})
	})
}

func (g *Guardian) crashReport(run Run, spec proc.Spec) *CrashReport {
	if lines := g.capture.Tail(keptCrashLines); len(lines) > len(run.Output) {
		run.Output = lines // another guardian may have seen more
	}
	r := &CrashReport{
		Service: g.service.Name, Run: run, Cause: run.Exit.String(), Restarts: g.machine.restarts,
		Program: g.service.Exec.Path, Arguments: g.service.Exec.Args, Directory: spec.Dir,
		Guardian: selfPID, Version: g.Version, BootID: g.record.BootID,
	}
	if spec.Path != "" {
		r.Program, r.Arguments = spec.Path, spec.Args
	} else { // it could not even be said how to run it
		r.Directory = g.service.WorkingDirectory
	}
	for _, assignment := range spec.Env {
		name, _, _ := strings.Cut(assignment, "=")
		r.Environment = append(r.Environment, name)
	}
	slices.Sort(r.Environment)
	return r
}

// reportName sorts by time: a service's runs are counted anew after a reboot. Within one
// boot it is the clock that may be set back; see [unwritten].
func reportName(run int, now time.Time) string {
	return fmt.Sprintf("crash-%s-%d.json", now.UTC().Format("20060102T150405.000Z"), run)
}

// CrashReports lists the crash reports in a log directory, oldest first.
func CrashReports(dir string) ([]string, error) {
	return filesLike(dir, ".json")
}

// ReportOf finds the newest report of the run with that number; "" if there is none.
func ReportOf(dir string, run int) (string, error) {
	reports, err := CrashReports(dir)
	ending := fmt.Sprintf("-%d.json", run)
	for _, path := range slices.Backward(reports) {
		if strings.HasSuffix(path, ending) {
			return path, err
		}
	}
	return "", err
}

// LoadCrashReport reads a crash report.
func LoadCrashReport(path string) (CrashReport, error) {
	var report CrashReport
	err := state.Load(path, &report)
	return report, err
}

func filesLike(dir, ending string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted
	var found []string
	for _, entry := range entries {
		if name := entry.Name(); strings.HasPrefix(name, "crash-") && strings.HasSuffix(name, ending) {
			found = append(found, filepath.Join(dir, name))
		}
	}
	return found, err
}

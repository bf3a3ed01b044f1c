package watchdog

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"holdfast/internal/logs"
	"holdfast/internal/proc"
	"holdfast/internal/state"
)

// guarding is a guardian with a business that no process stands for. crash is its exit with 7,
// after which it is started again in an hour.
func guarding(dir state.Dir) (g *Guardian, crash message) {
	g = &Guardian{
		dir: dir, log: zerolog.Nop(), reaper: &proc.Reaper{}, capture: logs.Through(os.Stdout, os.Stderr),
		events: make(chan message, 64), over: make(chan struct{}), crashes: newCrashes(nil, dir.Log), business: proc.ID{PID: 1 << 30, Start: 1},
	}
	g.service = Service{Name: "p", Exec: Command{Path: "/bin/true", Args: []string{"true"}}, Policy: Policy{Restart: RestartAlways}}
	g.service.Backoff.RestartSec = time.Hour
	g.machine = NewMachine(&g.service)
	g.machine.Step(time.Now(), StartRequested{})
	g.machine.Step(time.Now(), Spawned{})
	g.record.beginRun(g.business.PID, time.Now())
	return g, reaped{ended: []proc.Ended{{ID: g.business, Status: 7 << 8}}}
}

// A crash that is heard of in the last moment before another program takes over is reported
// by this one, and its OnCrash= command has somebody who waits for it.
func TestACrashDuringAHandover(t *testing.T) {
	for _, hook := range []bool{false, true} {
		g, crash := guarding(state.Dir{Log: t.TempDir()})
		g.crashes.reports.written = time.Now().Add(time.Hour) // no report is written before somebody waits for it

		became := false
		g.succession = Succession{
			Pause: func() {}, Continue: func() {},
			Become: func(string, []byte, func(error) error) error {
				became = true
				if reports, err := CrashReports(g.dir.Log); len(reports) != 1 || err != nil {
					t.Errorf("at the handover there are the reports %q, %v", reports, err)
				}
				return errors.New("this is only a test")
			},
		}
		g.unwatch = func() {
			if hook {
				g.crashes.hooked = true
			}
			g.events <- crash
		}
		err := g.handOver("next")
		if became == hook || err == nil {
			t.Errorf("with a hook %v: it handed over: %v, %v", hook, became, err)
		}
		if run := g.record.LastRun(); run.Exit == nil || run.Exit.Code != 7 {
			t.Errorf("the crash was not taken in: %+v", run)
		}
		g.crashes.wait()
		g.unwatch()
		g.timer.Stop()
	}
}

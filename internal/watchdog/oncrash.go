package watchdog

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"holdfast/internal/proc"
)

// hookTimeout is how long an OnCrash= command may take, where TimeoutStopSec= is not
// shorter.
const hookTimeout = 30 * time.Second

// reportVariable tells the command where the report is. It is not set if that could not
// be written.
const reportVariable = "HOLDFAST_CRASH_REPORT"

// hookMark marks an OnCrash= command and what that has started.
func hookMark(invocationID string) string {
	if invocationID == "" {
		return ""
	}
	return invocationID + hookSuffix
}

const hookSuffix = "-oncrash"

// endHook ends the command that the record's guardian has left, and waits for its end: its
// limit was in that guardian's hands. The rest of the service has ended, as far as it was to.
func (r *Record) endHook() error {
	marks := slices.DeleteFunc(r.marks(), func(mark string) bool { return !strings.HasSuffix(mark, hookSuffix) })
	left := proc.NewEstate(marks, proc.ID{})
	if _, err := left.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	members, err := left.Members()
	patience := time.After(killingTime)
	for _, p := range members {
		ended := make(chan struct{})
		if left.Watch(p.ID, func(proc.Ended) { close(ended) }) != nil {
			continue // it has ended
		}
		select {
		case <-ended:
		case <-patience:
			return fmt.Errorf("the OnCrash= command (PID %d) does not end, though it was killed", p.PID)
		}
	}
	return err
}

// hookEnvironment is the business's environment with what systemd adds for ExecStopPost=
// (systemd.exec(5), "Environment Variables Set or Propagated by the Service Manager").
func hookEnvironment(env []string, run *Run) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(assignment string) bool {
		name, _, _ := strings.Cut(assignment, "=")
		return slices.Contains([]string{"MAINPID", "EXIT_CODE", "EXIT_STATUS", reportVariable}, name)
	})
	return environment(env, []string{"SERVICE_RESULT=" + string(run.Result)}, exitEnvironment(run.Exit))
}

// runHook runs an OnCrash= command until it ends, its time is over or the service is
// stopped. Its stdin is the report, for User= may not be let into the log directory.
// Whatever goes wrong is told, and touches nothing else.
func (g *Guardian) runHook(spec proc.Spec, path string, written bool) {
	if written {
		spec.Env = append(spec.Env, reportVariable+"="+path)
		if file, err := os.Open(path); err == nil {
			defer file.Close()
			spec.Stdin, spec.Redirect[0] = file, nil
		}
	}
	id, ended, err := g.reaper.SpawnAside(spec)
	if err != nil {
		g.log.Warn().Err(err).Msg("cannot run the OnCrash= command")
		return
	}
	limit := min(hookTimeout, g.service.TimeoutStopSec)
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	select {
	case end := <-ended:
		g.tellHook(end)
		return
	case <-timeout.C:
		g.log.Warn().Int("pid", id.PID).Msgf("the OnCrash= command took longer than %s, and is killed", Span(limit))
	case <-g.crashes.ended:
		g.log.Info().Int("pid", id.PID).Msg("the OnCrash= command is killed: the service was stopped")
	}
	g.reaper.KillAside(id)
	timeout.Reset(limit)
	select {
	case <-ended:
	case <-timeout.C:
		g.log.Warn().Int("pid", id.PID).Msg("the OnCrash= command does not end, though it was killed")
	}
}

func (g *Guardian) tellHook(end proc.Ended) {
	exit := plainExit(end)
	if exit == (Exit{}) || g.service.OnCrash.IgnoreFailure {
		g.log.Info().Int("pid", end.ID.PID).Msg("the OnCrash= command " + past(&exit))
		return
	}
	g.log.Warn().Int("pid", end.ID.PID).Msg("the OnCrash= command failed: it " + past(&exit))
}

// hookEnded is the message that the command has ended.
type hookEnded struct{}

// finishCrashes waits for the reports of a service that has ended, and answers meanwhile.
func (g *Guardian) finishCrashes() {
	done := make(chan struct{})
	go func() {
		g.capture.Rest()
		g.crashes.wait()
		close(done)
	}()
	for waiting := true; waiting; {
		select {
		case m := <-g.events:
			g.take(m)
		case <-done:
			waiting = false
		}
	}
	mode := g.service.KillMode
	if g.crashes.dirty && g.service.SendSIGKILL && (mode == KillControlGroup || mode == KillMixed) {
		g.reaper.SignalAll(syscall.SIGKILL) // what the command has left; all else has ended before
	}
}

func (g *Guardian) endHook() {
	if !g.crashes.killed {
		g.crashes.killed = true
		close(g.crashes.ended)
	}
}

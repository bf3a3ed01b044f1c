package watchdog

import (
	"fmt"
	"strings"
	"time"

	"holdfast/internal/proc"
)

// runControl starts a command beside the business: as the same user, in the same place
// and with the same output.
func (g *Guardian) runControl(r RunControl) Event {
	command := g.service.commands(r.State)[r.Command]
	mark := controlMark(g.record.InvocationID)
	if r.State == Start { // of Type=forking: what it leaves behind is the business
		mark = g.record.InvocationID
		g.oom.Mark(selfPID)
		g.began, g.killed = time.Now(), false
	}
	spec, exit := g.ready(command, mark, g.controlEnvironment(r.State)...)
	if exit == nil {
		id, err := g.reaper.Spawn(spec)
		if err == nil {
			g.control = id
			g.record.Control = Process(id)
			g.log.Info().Int("pid", id.PID).Str("program", spec.Path).Msg("started " + directive(r.State))
			return nil
		}
		exit = exitOfSpawn(err)
	}
	g.log.Warn().Msgf("%s%s %s", directive(r.State), command.Path, exit)
	return ControlExited{Exit: *exit, Alone: !g.machine.others}
}

// controlMark marks the processes of a service's other commands, so that none of them is
// ever taken for its business.
func controlMark(invocationID string) string {
	if invocationID == "" {
		return ""
	}
	return invocationID + "-control"
}

// controlEnvironment is what systemd adds for such a command (systemd.exec(5),
// "Environment Variables Set or Propagated by the Service Manager").
func (g *Guardian) controlEnvironment(state State) []string {
	whom := WhomControl
	if state == Start { // of Type=forking
		whom = WhomMain
	}
	env := g.notifyEnvironment(whom)
	if g.business.PID != 0 {
		env = append(env, fmt.Sprintf("MAINPID=%d", g.business.PID))
	}
	if state == Stop || state == StopPost {
		env = append(env, "SERVICE_RESULT="+string(g.machine.result))
		env = append(env, exitEnvironment(g.machine.exit)...)
	}
	return env
}

// exitEnvironment is how a run ended. One that was never forked, or that nobody saw end,
// is left out.
func exitEnvironment(exit *Exit) []string {
	if exit == nil || exit.NoFork || exit.Unknown {
		return nil
	}
	status := fmt.Sprint(exit.Code)
	if exit.Signal != 0 {
		status = strings.TrimPrefix(SignalName(exit.Signal), "SIG")
	}
	return []string{"EXIT_CODE=" + exit.Cause(), "EXIT_STATUS=" + status}
}

// endControl puts the end of the control process on record. What it printed is kept where
// no run does.
func (g *Guardian) endControl(ended proc.Ended) Exit {
	exit := plainExit(ended)
	g.log.Info().Int("pid", g.control.PID).Msgf("%s %s", directive(g.machine.of), past(&exit))
	g.capture.Drain()
	if exit != (Exit{}) && g.machine.exit == nil && !g.machine.running {
		g.record.Output = g.capture.Tail(keptLines)
	}
	g.control, g.record.Control = proc.ID{}, Process{}
	return exit
}

// tell keeps an outcome for whoever waits for it until the new state is on disk.
func (g *Guardian) tell(outcome Outcome) {
	if outcome == Reloaded || outcome == ReloadFailed {
		g.reloaded = outcome
		return
	}
	g.outcome = outcome
}

// lostControl is for the command that a dead guardian has run: it goes on, or it has
// ended unseen.
func (g *Guardian) lostControl(alive bool) *ControlExited {
	g.control = proc.ID(g.record.Control)
	if alive && g.estate.Watch(g.control, g.tellEnd) == nil {
		return nil
	}
	ended := g.control.Exit(g.witness, 0)
	return &ControlExited{Exit: g.endControl(ended)}
}

// beginUnrecordedStart completes the record of a guardian that died right after it had
// begun a start, with a command that nobody knows more of.
func (g *Guardian) beginUnrecordedStart(r *Record) {
	r.countRestart()
	r.InvocationID = r.NextInvocationID
	state := Start
	for _, first := range []State{StartPre, Condition} {
		if len(g.service.commands(first)) > 0 {
			state = first
		}
	}
	r.enter(state, time.Now())
	p := &r.Progress
	p.Ran, p.Fault, p.Again, p.Of, p.Command, r.Result = false, "", false, state, 0, Success
	p.Due, p.Expires = 0, 0
}

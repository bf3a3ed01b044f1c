package watchdog

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"
)

// Random histories look for what must never happen. A failure names the seed of its
// world: newWorld(t, seed).run() tells that history again.
func TestRandomHistories(t *testing.T) {
	const worlds = 20_000
	seen := map[string]int{}
	events := 0
	for seed := range uint64(worlds) {
		w := newWorld(t, seed)
		w.run()
		events += len(w.told)
		w.count(seen)
	}
	t.Logf("%d events in %d worlds: %v", events, worlds, seen)

	// Worlds in which nothing happens prove nothing.
	for _, state := range []State{Dead, Condition, StartPre, Start, StartPost, Running, AfterExit, Reload, ReloadSignal, ReloadNotify, Stop, StopWatchdog,
		StopSigterm, StopSigkill, StopPost, FinalWatchdog, FinalSigterm, FinalSigkill, Failed, AutoRestart} {
		if seen[string(state)] < 100 {
			t.Errorf("only %d times in the state %s", seen[string(state)], state)
		}
	}
	for _, end := range []bool{false, true} {
		for _, awaited := range []bool{false, true} {
			if what := fmt.Sprintf("adopted, ended: %v, awaited: %v", end, awaited); seen[what] < 100 {
				t.Errorf("only %d times %s", seen[what], what)
			}
		}
	}
	if seen["begun again"] < 100 {
		t.Errorf("only %d times begun again when all had ended", seen["begun again"])
	}
	for _, outcome := range []Outcome{Started, Ended, StartFailed, NotWanted, Cancelled, Reloaded, ReloadFailed} {
		if seen[string(outcome)] < 20 {
			t.Errorf("only %d starts had the outcome %s", seen[string(outcome)], outcome)
		}
	}
	for _, result := range []Result{Success, ExitCode, BySignal, CoreDump, OOMKill, Timeout, Resources, StartLimitHit, Skipped, Protocol, ByWatchdog} {
		if seen["result "+string(result)] < 5 {
			t.Errorf("only %d services ended with the result %s", seen["result "+string(result)], result)
		}
	}
}

func (w *world) count(seen map[string]int) {
	ended := false
	for _, chapter := range w.told {
		if adopted, ok := chapter.event.(Adopted); ok {
			seen[fmt.Sprintf("adopted, ended: %v, awaited: %v", adopted.Exited != nil, adopted.Awaited)]++
		}
		for _, action := range chapter.actions {
			switch action := action.(type) {
			case Finish:
				ended = true
			case Begin:
				if ended {
					seen["begun again"]++
				}
			case Enter:
				seen[string(action.State)]++
			case Answer:
				seen[string(action.Outcome)]++
			}
		}
	}
	seen["result "+string(w.machine.result)]++
}

// judge looks for what must never happen. The event has brought the actions, which are
// not yet performed.
func (w *world) judge(event Event, was State, actions []Action) {
	if fired, ok := event.(TimerFired); ok && fired.Timer != w.counts && len(actions) > 0 {
		w.wrong("a timer counts although its state was left")
	}
	if fired, ok := event.(WatchdogFired); ok && fired.Timer != w.watch.number && len(actions) > 0 {
		w.wrong("the watchdog bites although it was set back")
	}
	if !w.deadline.IsZero() && w.now.After(w.deadline) {
		w.wrong("the stop is not over after four times TimeoutStopSec")
	}
	state, awaited := was, w.awaited
	for i, action := range actions {
		switch action := action.(type) {
		case Enter:
			state = action.State
			if state == Running && w.cameUp.IsZero() {
				w.cameUp = w.now
			}
			if state == Running && w.business == nil && (w.service.Type != Forking && w.service.ExitType != ExitCgroup || len(w.alive()) == 0) {
				w.wrong("running without a business")
			}
			if up := state == Running || state == AfterExit; up && w.machine.control {
				w.wrong("%s beside a control process", state)
			}
		case Begin:
			w.cameUp = time.Time{}
		case Spawn:
			w.judgeSpawn(i, actions)
		case RunControl:
			w.judgeRunControl(i, actions, action)
		case Kill:
			w.judgeKill(event, state, action)
		case SetTimer:
			if !timed(event, action.After) {
				w.judgeTimer(state, action.After)
			}
		case EndRun:
			if !ends(event) {
				w.wrong("a run ended although nothing did")
			}
		case Answer:
			if action.Outcome == Reloaded || action.Outcome == ReloadFailed {
				if was.Active() != "reloading" && state.Active() != "reloading" {
					w.wrong("%s, though it did not reload", action.Outcome)
				}
				continue
			}
			if !awaited {
				w.wrong("an answer that nobody waits for")
			}
			awaited = false
		case Finish:
			if i != len(actions)-1 || awaited || state != Dead && state != Failed {
				w.wrong("finished in the state %s, awaited: %v", state, awaited)
			}
			w.judgeLeftovers()
		}
	}
	if state != w.machine.state {
		w.wrong("in the state %s, which was never announced", w.machine.state)
	}
}

// timed reports whether it is the event that says how long something takes.
func timed(event Event, after time.Duration) bool {
	switch event := event.(type) {
	case Adopted:
		return after == event.Left
	case Notified:
		return after == event.Message.ExtendTimeout || event.Message.Reloading
	}
	return false
}

func ends(event Event) bool {
	switch event := event.(type) {
	case Exited, SpawnFailed:
		return true
	case Adopted:
		return event.Exited != nil
	}
	return false
}

func (w *world) judgeSpawn(i int, actions []Action) {
	if !w.deadline.IsZero() {
		w.wrong("started after a stop was asked for")
	}
	if i != len(actions)-1 || w.machine.state != Start || w.machine.control {
		w.wrong("a spawn that does not come last, from the state start, alone")
	}
	if actions[i] != (Spawn{}) { // the next command of a oneshot
		return
	}
	if len(w.service.ExecCondition)+len(w.service.ExecStartPre) == 0 {
		w.judgeStart()
	}
}

// judgeRunControl is for the start of a command: nothing that was to come before the
// business comes after a stop was asked for.
func (w *world) judgeRunControl(i int, actions []Action, r RunControl) {
	if i != len(actions)-1 || w.machine.state != r.State {
		w.wrong("a command that does not come last, or is not of this state")
	}
	switch r.State {
	case Condition, StartPre, Start, StartPost, Reload:
		if !w.deadline.IsZero() {
			w.wrong("%s begins after a stop was asked for", directive(r.State))
		}
	}
	first := r.State == Condition
	switch before := len(w.service.ExecCondition); r.State {
	case StartPre:
		first = before == 0
	case Start:
		first = before+len(w.service.ExecStartPre) == 0
	}
	if first && r.Command == 0 {
		w.judgeStart()
	}
}

// judgeStart is for the first thing that a start starts.
func (w *world) judgeStart() {
	w.judgeLeftovers()
	w.spawned = append(w.spawned, w.now)

	limit := w.service.StartLimit
	recent := slices.DeleteFunc(slices.Clone(w.spawned), func(at time.Time) bool {
		return limit.Interval != Infinity && w.now.Sub(at) > limit.Interval
	})
	most := 2 * limit.Burst // a window does not slide, so two of them can touch
	if limit.Interval == Infinity {
		most = limit.Burst
	}
	if limit.Interval > 0 && len(recent) > most {
		w.wrong("%d starts within %v, where %d are allowed", len(recent), limit.Interval, limit.Burst)
	}
}

// judgeLeftovers is for the moments when the old processes should be gone: before a
// start, and at the end.
func (w *world) judgeLeftovers() {
	for _, p := range w.alive() {
		switch mode := w.service.KillMode; {
		case mode == KillNone: // asked for
		case mode == KillProcess && (p != w.business || p == w.outlived): // a command that was given up is nobody's
		case !w.machine.isStarting() && !w.service.SendSIGKILL: // a failure, or stopped as far as allowed
		case w.service.SendSIGKILL && w.anybodyStuck(): // nothing ends it
		default:
			w.wrong("the old processes are still there")
		}
	}
}

func (w *world) anybodyStuck() bool {
	return slices.ContainsFunc(w.alive(), func(p *process) bool { return p.stuck })
}

func (w *world) judgeKill(event Event, state State, k Kill) {
	if k.Whom == WhomMain && w.business == nil {
		w.wrong("signals a business that is not there")
	}
	if _, asked := event.(KillRequested); asked {
		return
	}
	if w.machine.reload == Timeout && k.Whom == WhomControl {
		return // of a reload that took too long
	}
	if slices.Contains(k.Signals, syscall.SIGKILL) && (!w.service.SendSIGKILL || state != StopSigkill && state != FinalSigkill) {
		w.wrong("sends SIGKILL in %s, SendSIGKILL=%v", state, w.service.SendSIGKILL)
	}
	if _, adopted := event.(Adopted); k.Whom == WhomControl && w.control == nil && !adopted { // whose end is told next
		w.wrong("signals a control process that is not there")
	}
	if mode := w.service.KillMode; mode == KillNone && state != Running && state != AfterExit || mode == KillProcess && k.Whom == WhomAll {
		w.wrong("signals %s, KillMode=%s", k.Whom, mode)
	}
}

func (w *world) judgeTimer(state State, after time.Duration) {
	shortest, longest := w.service.TimeoutStopSec, w.service.TimeoutStopSec
	switch state {
	case Start:
		shortest, longest = w.service.SettleSec, w.service.SettleSec
		if !w.service.Type.isPrompt() {
			shortest, longest = w.service.TimeoutStartSec, w.service.TimeoutStartSec
		}
	case Condition, StartPre, StartPost, Reload, ReloadSignal, ReloadNotify:
		shortest, longest = w.service.TimeoutStartSec, w.service.TimeoutStartSec
	case FinalSigkill:
		shortest = max(shortest, killingTime)
		longest = shortest
	case Running:
		if w.service.RuntimeMaxSec == nil {
			w.wrong("limits a run")
		}
		shortest = max(0, w.cameUp.Add(*w.service.RuntimeMaxSec).Sub(w.now))
		longest = shortest
	case AutoRestart:
		shortest, longest = w.service.Backoff.RestartSec, w.service.Backoff.RestartSec
		if w.service.Backoff.grows() {
			longest = w.service.Backoff.RestartMaxDelaySec
		}
	}
	if after < shortest || after > longest {
		w.wrong("waits %v in %s, want %v to %v", after, state, shortest, longest)
	}
}

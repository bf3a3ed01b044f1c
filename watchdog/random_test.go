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
	for _, state := range []State{Dead, Failed, Start, Running, StopSigterm, StopSigkill, FinalSigterm, FinalSigkill, AutoRestart} {
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
	for _, outcome := range []Outcome{Started, Ended, StartFailed, Cancelled} {
		if seen[string(outcome)] < 20 {
			t.Errorf("only %d starts had the outcome %s", seen[string(outcome)], outcome)
		}
	}
	for _, result := range []Result{Success, ExitCode, BySignal, CoreDump, OOMKill, Timeout, Resources, StartLimitHit} {
		if seen["result "+string(result)] < 5 {
			t.Errorf("only %d services ended with the result %s", seen["result "+string(result)], result)
		}
	}
}

func (w *world) count(seen map[string]int) {
	for _, chapter := range w.told {
		if adopted, ok := chapter.event.(Adopted); ok {
			seen[fmt.Sprintf("adopted, ended: %v, awaited: %v", adopted.Exited != nil, adopted.Awaited)]++
		}
		for _, action := range chapter.actions {
			switch action := action.(type) {
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
	if !w.deadline.IsZero() && w.now.After(w.deadline) {
		w.wrong("the stop is not over after four times TimeoutStopSec")
	}
	state, awaited := was, w.awaited
	for i, action := range actions {
		switch action := action.(type) {
		case Enter:
			state = action.State
			if state == Running && w.business == nil {
				w.wrong("running without a business")
			}
		case Spawn:
			w.judgeSpawn(i, actions)
		case Kill:
			w.judgeKill(event, state, action)
		case SetTimer:
			if adopted, ok := event.(Adopted); !ok || action.After != adopted.Left {
				w.judgeTimer(state, action.After)
			}
		case EndRun:
			if !ends(event) {
				w.wrong("a run ended although nothing did")
			}
		case Answer:
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
	if i == 0 || actions[i-1] != (Enter{Start}) || i != len(actions)-1 {
		w.wrong("a spawn that does not come last, from the state start")
	}
	w.judgeLeftovers()

	limit := w.service.StartLimit
	recent := slices.DeleteFunc(slices.Clone(w.spawned), func(at time.Time) bool {
		return limit.Interval != Infinity && w.now.Sub(at) > limit.Interval
	})
	most := 2 * limit.Burst // a window does not slide, so two of them can touch
	if limit.Interval == Infinity {
		most = limit.Burst
	}
	if limit.Interval > 0 && len(recent) >= most {
		w.wrong("%d starts within %v, where %d are allowed", len(recent)+1, limit.Interval, limit.Burst)
	}
}

// judgeLeftovers is for the moments when the old processes should be gone: before a
// start, and at the end.
func (w *world) judgeLeftovers() {
	for _, p := range w.alive() {
		switch mode := w.service.KillMode; {
		case mode == KillNone: // asked for
		case mode == KillProcess && p != w.business:
		case w.machine.state != Start && !w.service.SendSIGKILL: // a failure, or stopped as far as allowed
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
	if slices.Contains(k.Signals, syscall.SIGKILL) && (!w.service.SendSIGKILL || state != StopSigkill && state != FinalSigkill) {
		w.wrong("sends SIGKILL in %s, SendSIGKILL=%v", state, w.service.SendSIGKILL)
	}
	if mode := w.service.KillMode; mode == KillNone && state != Running || mode == KillProcess && k.Whom != WhomMain {
		w.wrong("signals %s, KillMode=%s", k.Whom, mode)
	}
}

func (w *world) judgeTimer(state State, after time.Duration) {
	shortest, longest := w.service.TimeoutStopSec, w.service.TimeoutStopSec
	switch state {
	case Start:
		shortest, longest = w.service.SettleSec, w.service.SettleSec
	case AutoRestart:
		shortest, longest = w.service.Backoff.RestartSec, w.service.Backoff.RestartSec
		if w.service.Backoff.grows() {
			longest = w.service.Backoff.RestartMaxDelaySec
		}
	}
	if after < shortest || after > longest || state == Running {
		w.wrong("waits %v in %s, want %v to %v", after, state, shortest, longest)
	}
}

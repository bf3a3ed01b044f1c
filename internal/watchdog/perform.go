package watchdog

import (
	cryptorand "crypto/rand"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/proc"
)

// perform does one thing to the system. It returns the event that this has brought
// about at once, if any.
func (g *Guardian) perform(action Action) Event {
	switch action := action.(type) {
	case TestConditions:
		return ConditionsTested{unmet(g.service.Conditions)}
	case Begin:
		g.begin()
	case Spawn:
		return g.spawn(action.Command)
	case RunControl:
		return g.runControl(action)
	case FindMain:
		return g.findMain()
	case AwaitMain:
		g.awaitMain()
	case Kill:
		g.kill(action)
	case SetTimer:
		g.setTimer(action)
	case SetWatchdog:
		g.setWatchdog(action)
	case SetMain:
		return g.setMain(action.Main)
	case Enter:
		g.enter(action.State)
	case EndRun:
		g.endRun(action)
	case Explain:
		g.explain(action)
	case Answer:
		g.tell(action.Outcome)
	case Finish:
		g.ending = true
	}
	return nil
}

// begin prepares for whatever a life of the service will start.
func (g *Guardian) begin() {
	g.ending = false
	g.reportCrash() // of a run after which a restart was asked for
	g.record.InvocationID, g.record.Output = g.nextID, nil
	g.capture.StartRun(g.record.nextNumber(), g.record.InvocationID)
}

func (g *Guardian) spawn(command int) Event {
	if command > 0 {
		g.capture.StartRun(g.record.nextNumber(), g.record.InvocationID)
	}
	g.began, g.killed = time.Now(), false
	spec, exit := g.ready(g.service.execStart(command), g.record.InvocationID, g.notifyEnvironment(WhomMain)...)
	if exit == nil {
		g.oom.Mark(selfPID)
		id, err := g.reaper.Spawn(spec)
		if err == nil {
			g.business = id
			g.record.Business = Process(id)
			run := g.record.beginRun(id.PID, time.Now())
			run.Session, _ = unix.Getsid(0) // never fails
			if run.Seal, err = g.witness.Hold(id); err != nil {
				g.log.Debug().Err(err).Msg("no witness for the end of the business")
			}
			g.log.Info().Int("pid", id.PID).Str("program", spec.Path).Msg("started the business")
			return Spawned{}
		}
		exit = exitOfSpawn(err)
	}
	g.record.beginRun(0, time.Now())
	return SpawnFailed{*exit}
}

// kill signals the business or everything below the guardian. Who is gone by now got
// what the signal was for.
func (g *Guardian) kill(k Kill) {
	if slices.Contains(k.Signals, syscall.SIGKILL) {
		g.killed = true
	}
	switch k.Whom {
	case WhomMain:
		g.signalOne(g.business, k.Signals)
		return
	case WhomControl:
		g.signalOne(g.control, k.Signals)
		return
	}
	if g.business.PID != 0 && g.foreign {
		g.signalOne(g.business, k.Signals)
	}
	n, err := g.reaper.SignalAll(k.Signals...)
	if g.estate != nil {
		more, estateErr := g.estate.Signal(k.Signals...)
		n, err = n+more, errors.Join(err, estateErr)
		g.settled()
	}
	if err != nil {
		g.log.Warn().Err(err).Msg("cannot signal every process")
	}
	g.log.Debug().Int("processes", n).Msg("sent " + SignalName(k.Signals[0]))
}

func (g *Guardian) signalOne(id proc.ID, signals []syscall.Signal) {
	if err := id.Signal(signals...); err != nil && !errors.Is(err, proc.ErrGone) {
		g.log.Warn().Err(err).Int("pid", id.PID).Msg("cannot signal the process")
	}
}

func (g *Guardian) setTimer(t SetTimer) {
	if g.timer != nil {
		g.timer.Stop()
	}
	after := t.After
	if t.Spread > 0 {
		after += rand.N(t.Spread)
	}
	g.due = sinceBoot() + after
	g.timer = time.AfterFunc(after, func() { g.send(TimerFired{t.Timer}) })
	if g.record.State == AutoRestart {
		g.record.NextStart = time.Now().Add(after)
	}
}

func (g *Guardian) setWatchdog(w SetWatchdog) {
	if g.watchdog != nil {
		g.watchdog.Stop()
	}
	g.watchdog = time.AfterFunc(w.After, func() { g.send(WatchdogFired{w.Timer}) })
}

func (g *Guardian) enter(state State) {
	g.log.Debug().Str("from", string(g.record.State)).Str("to", string(state)).Msg("state")
	if d := &g.service.Directories; d.leaves(g.record.State, state) {
		if err := d.remove(g.service.Setup.RootDirectory); err != nil {
			g.log.Warn().Err(err).Msg("cannot remove the runtime directory")
		}
	}
	g.record.enter(state, time.Now())
	g.due = 0
	if g.watchdog != nil && !state.isWatched() {
		g.watchdog.Stop()
	}
	g.leaveMain(state)
	if state == Running && g.business.PID != 0 {
		// By now the business may have moved to a cgroup of its own.
		g.oom.Mark(g.business.PID)
	}
}

func (g *Guardian) endRun(end EndRun) {
	run := g.record.LastRun()
	run.Exit, run.Result, run.Asked = &end.Exit, end.Result, end.Asked
	run.Ended = time.Now()
	run.Lasted = time.Since(g.began)
	run.Output = g.capture.Tail(keptLines)
	g.record.Business = Process{}
	g.business, g.foreign = proc.ID{}, false
	g.log.Info().Int("pid", run.PID).Msgf("the business %s after %s", past(run.Exit), Span(run.Lasted))
}

func (g *Guardian) explain(e Explain) {
	if run := g.record.LastRun(); run != nil && run.Exit != nil && run.InvocationID == g.record.InvocationID {
		run.Decision = e.Decision
		if e.Result == Protocol { // found only when all of it had ended
			run.Result = Protocol
		}
	}
	g.log.Info().Str("result", string(e.Result)).Msg(e.Decision)
	g.reportCrash()
}

// exits turns what was reaped into events. Only the exits of the business and of the
// control process carry a decision; that of any other below us may complete a stop.
func (g *Guardian) exits(r reaped) []Event {
	var events []Event
	alone := g.settled() && r.alone
	for _, ended := range r.ended {
		if ended.ID == g.control {
			events = append(events, ControlExited{Exit: g.endControl(ended), Alone: alone})
			continue
		}
		if ended.ID != g.business {
			continue
		}
		g.capture.Drain()
		if g.mainMoved(ended) {
			continue
		}
		run := g.record.LastRun()
		run.MaxRSS, run.UserTime, run.SystemTime = ended.MaxRSS, ended.UserTime, ended.SystemTime
		events = append(events, Exited{Exit: g.exitOf(ended), Lasted: time.Since(g.began), Alone: alone})
	}
	switch {
	case len(events) > 0:
	case alone:
		events = append(events, TreeEmptied{})
	case len(r.ended) > 0:
		events = append(events, DescendantExited{})
	}
	return events
}

// exitOf is the exit of the business, for which the kernel's word on a SIGKILL is asked.
func (g *Guardian) exitOf(ended proc.Ended) Exit {
	exit := plainExit(ended)
	if exit.Signal == syscall.SIGKILL && !g.killed {
		switch g.oom.Verdict(ended.ID.PID) {
		case proc.ByOOM:
			exit.OOM = ByOOM
		case proc.ProbablyOOM:
			exit.OOM = ProbablyOOM
		}
	}
	return exit
}

func plainExit(ended proc.Ended) Exit {
	switch status := ended.Status; {
	case ended.Unknown:
		return unknownExit
	case status.Exited():
		return Exit{Code: status.ExitStatus()}
	default:
		return Exit{Signal: status.Signal(), Core: status.CoreDump()}
	}
}

// newInvocationID is systemd's 128 random bits in hexadecimal (systemd.exec(5)).
func newInvocationID() string {
	var id [16]byte
	cryptorand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

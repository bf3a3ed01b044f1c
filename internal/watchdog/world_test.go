package watchdog

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A world is all that the machine cannot see: processes that heed signals or don't,
// leave others behind and die when they like, people who ask at bad moments, a clock
// on the wall that is set back and forth. The same seed makes the same world.
type world struct {
	*testing.T
	random  *rand.Rand
	seed    uint64
	service Service
	machine *Machine
	began   time.Time
	now     time.Time
	told    []chapter // the history so far

	business  *process
	control   *process
	others    []*process // whatever else is below the guardian
	forks     int        // how many more processes this world may see
	timers    []alarm    // that will fire, the stale ones, too
	requests  int        // that people will still make
	guardians int        // that will be killed
	asks      time.Time  // when the next one does

	awaiting bool        // a PID file
	watch    alarm       // the watchdog's timer, that was set last
	named    *process    // by MAINPID=
	counts   int         // the number of the timer that counts; 0 for none
	awaited  bool        // somebody waits for a start
	cameUp   time.Time   // when it was up first in its present life
	deadline time.Time   // by which a stop must be over; zero before it was asked for
	spawned  []time.Time // since the start limit was reset
	outlived *process    // the end of its service
	finished bool
}

type process struct {
	ends    time.Time // zero: not by itself
	exit    Exit      // that it will have
	began   time.Time
	polite  bool // heeds SIGTERM
	stuck   bool // in the kernel, where no SIGKILL reaches it
	vicious bool // forks when it is killed
}

type alarm struct {
	number int
	due    time.Time
}

type chapter struct {
	at      time.Duration
	event   Event
	actions []Action
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{T: t, seed: seed, random: rand.New(rand.NewPCG(seed, 0)), began: time.Now()}
	w.now = w.began
	w.service = w.anyService()
	w.machine = NewMachine(&w.service)
	w.forks = 20
	w.guardians = pick(w, 0, 0, 1, 3)
	w.requests = 1 + w.random.IntN(20)
	w.asks = w.now.Add(w.upTo(5 * time.Second))
	return w
}

func (w *world) anyService() Service {
	s := FileDefaults("test")
	if w.chance(50) {
		s = CommandDefaults("test", Command{Path: "/bin/test"}, nil, "/", 0o022)
	}
	s.Type = pick(w, Simple, Exec, Exec, Oneshot, Idle, Forking, Notify, NotifyReload, NotifyReload)
	s.NotifyAccess = pick(w, NotifyNone, NotifyMain, NotifyExec, NotifyAll, NotifyAll)
	if s.Type.notifies() && s.NotifyAccess == NotifyNone {
		s.NotifyAccess = NotifyMain
	}
	s.WatchdogSec = pick(w, 0, 0, time.Second, Infinity)
	if w.chance(20) {
		s.Conditions = []Precondition{{Name: "ConditionPathExists", Path: "/x"}}
	}
	s.Exec = Command{Path: "/bin/test"}
	if w.chance(50) {
		commands := func() []Command {
			return make([]Command, pick(w, 0, 0, 0, 1, 2))
		}
		s.ExecCondition, s.ExecStartPre, s.ExecStartPost = commands(), commands(), commands()
		s.ExecReload, s.ExecStop, s.ExecStopPost = commands(), commands(), commands()
	}
	if w.chance(50) {
		s.BusinessPIDFile = "/run/test.pid"
	}
	if s.Type == Oneshot {
		s.ExecMore = make([]Command, pick(w, 0, 0, 1, 2))
	}
	s.RemainAfterExit = w.chance(20)
	if s.Type != Oneshot {
		s.ExitType = pick(w, ExitMain, ExitMain, ExitCgroup)
	}
	s.OOMPolicy = pick(w, OOMStop, OOMContinue, OOMKillAll)
	if w.chance(20) {
		s.RuntimeMaxSec = new(pick(w, 100*time.Millisecond, time.Second, 20*time.Second))
	}
	s.TimeoutStartSec = pick(w, 2*time.Second, 10*time.Second, Infinity)
	s.TimeoutStartFailureMode = pick(w, FailTerminate, FailTerminate, FailAbort, FailKill)
	s.TimeoutStopFailureMode = pick(w, FailTerminate, FailTerminate, FailAbort, FailKill)
	s.Policy.Restart = pick(w, RestartNo, RestartAlways, RestartAlways, RestartAlways, RestartOnFailure, RestartOnSuccess, RestartOnAbnormal, RestartOnAbort)
	s.Policy.RestartPreventExitStatus = exits(pick(w, "", "", "3", "KILL", "OOM"))
	s.Policy.RestartForceExitStatus = exits(pick(w, "", "", "0 3 TERM"))
	s.Backoff.RestartSec = pick(w, 0, 100*time.Millisecond, 3*time.Second)
	s.Backoff.RestartResetSec = pick(w, 0, time.Second)
	s.StartLimit = StartLimit{pick(w, 0, 10*time.Second, Infinity), 1 + w.random.IntN(20)}
	s.SettleSec = pick(w, 0, 100*time.Millisecond)
	s.KillMode = pick(w, KillControlGroup, KillControlGroup, KillMixed, KillProcess, KillNone)
	s.RestartKillSignal = pick(w, 0, syscall.SIGUSR1)
	s.SendSIGHUP = w.chance(30)
	s.SendSIGKILL = w.chance(80)
	s.TimeoutStopSec = pick(w, time.Second, 5*time.Second, 5*time.Second, Infinity)
	return s
}

// run lets the world go on until the machine has finished.
func (w *world) run() {
	w.happen(StartRequested{})
	for !w.finished {
		if w.guardians > 0 && !w.machine.over && w.chance(5) {
			w.guardians--
			w.succeed()
			continue
		}
		w.next()
	}
}

// succeed puts a new guardian in the place of one that was killed. Meanwhile the business
// may have ended, and so may others.
func (w *world) succeed() {
	record := Record{
		State: w.machine.state, Result: w.machine.result, Reason: w.machine.reason,
		Restarts: w.machine.restarts, Runs: []Run{{Exit: w.machine.exit}}, Progress: w.machine.progress(), Told: w.machine.told,
	}
	e := Adopted{Left: Infinity, Awaited: w.chance(50)}
	for _, timer := range w.timers {
		if timer.number == w.counts {
			e.Left = max(0, timer.due.Sub(w.now))
		}
	}
	w.timers, w.counts, w.awaited, w.awaiting, w.watch = nil, 0, false, false, alarm{}
	for _, p := range w.alive() {
		if !w.chance(30) {
			continue
		}
		if p == w.business {
			w.business = nil
			record.Business.PID, record.Runs[0].Exit = 1, nil
			e.Exited = &Exited{Exit: pick(w, p.exit, unknownExit), Lasted: w.now.Sub(p.began)}
		}
		if p == w.control {
			w.control = nil
			if w.machine.control {
				e.Control = &ControlExited{Exit: pick(w, p.exit, unknownExit)}
				record.Control.PID = 1
			}
		}
		w.others = slices.DeleteFunc(w.others, func(other *process) bool { return other == p })
	}
	if w.control != nil && w.machine.control {
		record.Control.PID = 1
	}
	if w.business != nil {
		record.Business.PID, record.Runs[0].Exit = 1, nil
	}
	if e.Alone = len(w.alive()) == 0; e.Exited != nil {
		e.Exited.Alone = e.Alone
	}
	if e.Control != nil {
		e.Control.Alone = e.Alone
	}
	if e.Awaited && !w.deadline.IsZero() { // the stop is forgotten
		w.deadline, w.requests = time.Time{}, 1
	}
	window, expires := w.machine.window, w.machine.expires
	w.machine = restoreMachine(&w.service, record)
	w.machine.window, w.machine.expires = window, expires
	w.happen(e)
}

// next brings about whatever comes next: a death, a timer or a request.
func (w *world) next() {
	dying, at := w.firstToDie()
	timer := w.firstTimer()
	switch {
	case w.awaiting && w.chance(20):
		w.happen(PIDFileChanged{})
	case w.chance(15):
		w.speak()
	case !w.watch.due.IsZero() && (at.IsZero() || w.watch.due.Before(at)) && (timer < 0 || w.watch.due.Before(w.timers[timer].due)) &&
		(w.requests <= 0 || w.watch.due.Before(w.asks)):
		w.starve()
	case w.requests > 0 && (at.IsZero() || w.asks.Before(at)) && (timer < 0 || w.asks.Before(w.timers[timer].due)):
		w.pass(w.asks)
		w.ask()
	case timer >= 0 && (at.IsZero() || w.timers[timer].due.Before(at)):
		w.pass(w.timers[timer].due)
		w.fire(timer)
	case !at.IsZero():
		w.pass(at)
		w.die(dying)
	case w.deadline.IsZero():
		w.happen(StopRequested{})
	default: // nobody ends by himself, and the stop waits for ever: the power fails
		for _, p := range w.alive() {
			p.ends = w.now
		}
	}
}

func (w *world) pass(until time.Time) {
	if until.After(w.now) {
		w.now = until
	}
}

func (w *world) ask() {
	w.requests--
	w.asks = w.now.Add(w.upTo(pick(w, 0, 300*time.Millisecond, 20*time.Second)))
	if w.requests == 0 {
		w.happen(StopRequested{})
		w.requests = -1
		if w.chance(50) { // to see whether a stop can be undone
			w.happen(pick[Event](w, StartRequested{}, RestartRequested{}, ResetFailedRequested{}, StopRequested{}))
		}
		return
	}
	w.happen(pick[Event](w, StartRequested{}, StartRequested{}, RestartRequested{}, RestartRequested{},
		ReloadRequested{}, ReloadRequested{}, ResetFailedRequested{}, KillRequested{syscall.SIGKILL, WhomMain}, KillRequested{syscall.SIGTERM, WhomAll}))
}

func (w *world) fire(timer int) {
	number := w.timers[timer].number
	w.timers = slices.Delete(w.timers, timer, timer+1)
	w.happen(TimerFired{number})
}

// die ends a process and reaps it.
func (w *world) die(p *process) {
	if p == w.business {
		w.business = nil
		w.happen(Exited{Exit: p.exit, Lasted: w.now.Sub(p.began), Alone: len(w.alive()) == 0})
		return
	}
	if p == w.control {
		w.control = nil
		w.happen(ControlExited{Exit: p.exit, Alone: len(w.alive()) == 0})
		return
	}
	w.others = slices.DeleteFunc(w.others, func(other *process) bool { return other == p })
	if len(w.alive()) == 0 {
		w.happen(TreeEmptied{})
	} else {
		w.happen(DescendantExited{})
	}
}

// happen tells the machine, does what it wants, and tells what came of that.
func (w *world) happen(event Event) {
	for event != nil && !w.finished {
		w.foresee(event)
		was := w.machine.state
		wall := w.random.IntN(3) - 1 // a day behind, right, or a day ahead
		actions := w.machine.Step(setWall(w.T, w.now, time.Duration(wall)*24*time.Hour), event)
		w.told = append(w.told, chapter{w.now.Sub(w.began), event, actions})
		w.judge(event, was, actions)
		event = nil
		for _, action := range actions {
			if consequence := w.perform(action); consequence != nil {
				event = consequence
			}
		}
	}
}

func (w *world) foresee(event Event) {
	switch event := event.(type) {
	case StartRequested, RestartRequested:
		w.awaited = true
	case Adopted:
		w.awaited = event.Awaited
	case ResetFailedRequested:
		w.spawned = nil
	case StopRequested:
		if w.deadline.IsZero() {
			w.deadline = w.now.Add(100 * 365 * 24 * time.Hour)
			if w.service.TimeoutStopSec != Infinity {
				phases := 6 + len(w.service.ExecStop) + len(w.service.ExecStopPost)
				w.deadline = w.now.Add(time.Duration(phases)*w.service.TimeoutStopSec + killingTime)
				w.deadline = w.deadline.Add(longExtension) // of what was under way already
			}
		}
	}
}

func (w *world) perform(action Action) Event {
	switch action := action.(type) {
	case TestConditions:
		if w.chance(20) {
			return ConditionsTested{"ConditionPathExists=/x"}
		}
		return ConditionsTested{}
	case Spawn:
		return w.spawn()
	case RunControl:
		return w.runControl(action.State)
	case Kill:
		w.kill(action)
	case SetTimer:
		if w.chance(70) { // stopped in time; else its firing is on its way already
			w.timers = nil
		}
		w.timers = append(w.timers, alarm{action.Timer, w.now.Add(action.After)})
		w.counts = action.Timer
	case SetWatchdog:
		w.watch = alarm{action.Timer, w.now.Add(action.After)}
	case SetMain:
		w.setMain()
	case FindMain:
		return w.findMain()
	case AwaitMain:
		w.awaiting = true
	case Enter:
		w.counts, w.awaiting = 0, false
	case Answer:
		w.awaited = w.awaited && (action.Outcome == Reloaded || action.Outcome == ReloadFailed)
	case Finish: // if no OnCrash= command runs
		w.finished = !w.deadline.IsZero() || w.chance(70)
		w.outlived = w.business
	}
	return nil
}

func (w *world) spawn() Event {
	switch {
	case w.chance(5):
		return SpawnFailed{Exit{Code: 203, Err: "no such file or directory"}}
	case w.chance(2):
		return SpawnFailed{Exit{NoFork: true, Err: "resource temporarily unavailable"}}
	}
	if w.business != nil {
		w.others = append(w.others, w.business)
	}
	w.business = w.process()
	for range w.random.IntN(4) {
		w.fork()
	}
	return Spawned{}
}

// findMain finds one of the others, or nobody.
func (w *world) findMain() Event {
	switch {
	case w.service.BusinessPIDFile != "" && w.chance(30): // there is none, or it is wrong
	case w.business != nil:
		return MainFound{}
	case len(w.others) > 0 && w.chance(70):
		w.business, w.others = w.others[0], slices.Clone(w.others[1:])
		return MainFound{}
	}
	return MainMissing{"no PID file"}
}

func (w *world) runControl(state State) Event {
	switch {
	case w.chance(5):
		return ControlExited{Exit{Code: 203, Err: "no such file or directory"}, !w.machine.others}
	case w.chance(2):
		return ControlExited{Exit{NoFork: true, Err: "resource temporarily unavailable"}, !w.machine.others}
	}
	if w.control != nil {
		w.others = append(w.others, w.control)
	}
	w.control = w.process()
	if w.chance(70) {
		w.control.exit = Exit{}
	}
	if w.chance(20) {
		w.fork()
	}
	if state == Start {
		if w.business != nil { // that KillMode=none has left
			w.others, w.business = append(w.others, w.business), nil
		}
		for range w.random.IntN(3) {
			w.fork()
		}
	}
	return nil
}

func (w *world) process() *process {
	p := &process{began: w.now, polite: w.chance(60), stuck: w.chance(2), vicious: w.chance(30)}
	if w.chance(70) {
		p.ends = w.now.Add(w.upTo(pick(w, 50*time.Millisecond, time.Second, 30*time.Second)))
		p.exit = pick(w, Exit{}, Exit{Code: 1}, Exit{Code: 3}, Exit{Signal: syscall.SIGTERM},
			Exit{Signal: syscall.SIGSEGV, Core: true}, Exit{Signal: syscall.SIGKILL, OOM: ByOOM})
	}
	return p
}

func (w *world) fork() {
	if w.forks > 0 {
		w.forks--
		w.others = append(w.others, w.process())
	}
}

// kill signals processes, which then end soon, or late, or not at all.
func (w *world) kill(k Kill) {
	targets := w.alive()
	switch k.Whom {
	case WhomMain:
		targets = []*process{w.business}
	case WhomControl:
		targets = []*process{w.control}
	}
	targets = slices.DeleteFunc(targets, func(p *process) bool { return p == nil })
	for _, p := range targets {
		deadly := slices.Contains(k.Signals, syscall.SIGKILL)
		if deadly && p.vicious {
			p.vicious = false
			w.fork()
		}
		if deadly && !p.stuck || !deadly && p.polite {
			patience := time.Second
			if deadly {
				patience = 10 * time.Millisecond
			}
			if ends := w.now.Add(w.upTo(patience)); p.ends.IsZero() || ends.Before(p.ends) {
				p.ends, p.exit = ends, Exit{Signal: k.Signals[0]}
			}
		}
	}
}

func (w *world) alive() []*process {
	all := slices.Clone(w.others)
	for _, p := range []*process{w.business, w.control} {
		if p != nil {
			all = append(all, p)
		}
	}
	return all
}

func (w *world) firstToDie() (first *process, at time.Time) {
	for _, p := range w.alive() {
		if !p.ends.IsZero() && (first == nil || p.ends.Before(at)) {
			first, at = p, p.ends
		}
	}
	return first, at
}

func (w *world) firstTimer() int {
	first := -1
	for i, timer := range w.timers {
		if first < 0 || timer.due.Before(w.timers[first].due) {
			first = i
		}
	}
	return first
}

func (w *world) chance(percent int) bool { return w.random.IntN(100) < percent }

func (w *world) upTo(d time.Duration) time.Duration {
	return time.Duration(w.random.Int64N(int64(d) + 1))
}

func pick[T any](w *world, from ...T) T { return from[w.random.IntN(len(from))] }

// wrong ends the test with the history that led to what must not be.
func (w *world) wrong(format string, args ...any) {
	w.Helper()
	var story strings.Builder
	for _, c := range w.told[max(0, len(w.told)-30):] {
		fmt.Fprintf(&story, "%12v  %T%+v\n", c.at, c.event, c.event)
		for _, action := range c.actions {
			fmt.Fprintf(&story, "%16s%T%+v\n", "", action, action)
		}
	}
	w.Fatalf("seed %d: %s\n%s%+v", w.seed, fmt.Sprintf(format, args...), &story, w.service)
}

package watchdog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"holdfast/internal/logs"
	"holdfast/internal/proc"
	"holdfast/internal/state"
)

// A Guardian keeps one service. One goroutine, the one that calls Run, owns all that
// is in it; everybody else sends it events.
type Guardian struct {
	machine *Machine
	service Service
	dir     state.Dir
	log     zerolog.Logger
	reaper  *proc.Reaper
	oom     *proc.OOMWatch
	capture *logs.Capture
	witness proc.Witness

	// Of a guardian that has died, nil where there was none:
	inherited *Adopted     // what the machine will be told of it
	estate    *proc.Estate // the processes it left

	// Version is which holdfast this is, for crash reports.
	Version string
	// Compressor is the command that compresses a rotated log file, whose path is added to
	// it; nil leaves them as they are. Its first word is a path.
	Compressor []string
	crashes    crashes

	ear        *ear       // nil where the business may not notify
	above      *announcer // nil where no manager wants to hear of the service
	succession Succession
	resumed    bool       // from a program that was in this process before
	successor  *successor // asked for, and next in turn
	handing    bool       // a handover is under way

	events     chan message
	over       chan struct{} // closed when Run returns
	children   chan os.Signal
	requests   chan os.Signal
	hangup     message    // what SIGHUP means
	unwatch    func()     // undoes forwardSignals
	collecting sync.Mutex // held from a reaping until the loop has been told
	timer      *time.Timer
	watchdog   *time.Timer

	record   Record
	nextID   string        // the NextInvocationID on disk
	due      time.Duration // of the timer, on the clock that runs since boot; 0: not set
	orphans  int           // that guardians before this one have reaped
	business proc.ID
	control  proc.ID   // the command that is run beside it
	foreign  bool      // the business is not below the guardian
	unawait  func()    // ends what AwaitMain has begun; nil if nothing
	began    time.Time // of the present run, on the clock that does not jump
	killed   bool      // the guardian sent the business a SIGKILL itself
	waiting  []chan<- Reply
	outcome  Outcome // what those waiting are about to be told; "" when nothing
	reloads  []chan<- Reply
	reloaded Outcome // and those who wait for a reload
	ails     string  // the log, as far as that was told
	unsaved  error   // why the last state is not on disk
	changed  bool    // the record differs from what is on disk
	ending   bool    // the service has ended for good
	finished bool    // and so does the guardian
}

// A Reply answers a request.
type Reply struct {
	// Outcome says how a start, a restart or a reload by ExecReload= went; "" for other requests.
	Outcome Outcome `json:"outcome,omitempty"`
	// Over says that the guardian ends.
	Over bool `json:"over,omitempty"`
	// Handed says that the guardian hands over to another program, and that the start that
	// was asked for goes on below that one.
	Handed bool `json:"handed,omitempty"`
	// Record is the service's state after the request.
	Record Record `json:"record"`
}

// ErrOver is returned to requests that reach a guardian that ends.
var ErrOver = errors.New("the guardian is ending")

// NewGuardian prepares a guardian for the service in its directories. previous is what
// an earlier guardian left on record: its runs and its start limit count on. If that one
// did not end in order, this one takes over what it has left, above all its business.
// The caller holds the service's lock. The output of the business goes to capture.
func NewGuardian(service Service, dir state.Dir, previous Record, capture *logs.Capture, log zerolog.Logger) (*Guardian, error) {
	reaper, err := proc.NewReaper()
	if err != nil {
		return nil, err
	}
	if err := reaper.ProtectFromOOM(); err != nil {
		log.Debug().Err(err).Msg("not protected from the out-of-memory killer")
	}
	self, err := proc.Identify(os.Getpid())
	if err != nil {
		return nil, fmt.Errorf("cannot find this process's start time: %w", err)
	}
	g := &Guardian{
		service: service,
		dir:     dir,
		log:     log,
		reaper:  reaper,
		oom:     proc.WatchOOM(),
		capture: capture,
		witness: proc.Witness(dir.Witness()),
		nextID:  newInvocationID(),
		events:  make(chan message, 64),
		over:    make(chan struct{}),
		crashes: newCrashes(previous.Runs, dir.Log),
	}
	g.record = Record{
		State: Dead, Result: Success, Runs: previous.Runs,
		InactiveEnter: previous.InactiveEnter, ActiveExit: previous.ActiveExit,
		ControlGroup: previous.groupNow(),
	}
	g.machine = NewMachine(&g.service)
	if previous.orphaned() {
		if err := g.inherit(&previous); err != nil {
			return nil, fmt.Errorf("cannot take over from the guardian (PID %d) that died: %w", previous.Guardian.PID, err)
		}
	}
	g.record.Guardian, g.record.BootID, g.record.Loaded = Process(self), proc.BootID(), time.Now()
	g.resumeWindow(previous)
	return g, nil
}

// Ask hands an event to the guardian and waits for its reply: for a start or restart
// once its outcome is known, for anything else at once. A nil event asks for the
// record only. With ErrOver comes the last record.
func (g *Guardian) Ask(ctx context.Context, event Event) (Reply, error) {
	reply := make(chan Reply, 1)
	if !g.send(request{event, reply}) {
		return Reply{Over: true, Record: g.record}, ErrOver
	}
	select {
	case answer := <-reply:
		return answer, nil
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	case <-g.over:
	}
	select { // the answer may have come together with the end
	case answer := <-reply:
		return answer, nil
	default:
		return Reply{Over: true, Record: g.record}, ErrOver
	}
}

// Run guards until the service has ended for good, and returns its last record.
func (g *Guardian) Run() Record {
	defer g.watchSignals()()
	g.unwatch = g.forwardSignals()
	defer g.startAnnouncing()()
	g.keepLog()
	defer g.startHearing()()
	g.makeGroup()
	if g.resumed {
		g.resume()
	}
	g.save() // before there is a business that another guardian would have to find
	for !g.finished {
		for _, m := range g.next() {
			g.take(m)
		}
		if s := g.successor; s != nil { // not before the rest of what came with it
			g.successor = nil
			s.reply <- g.handOver(s.binary)
		}
	}
	g.finishCrashes()
	g.removeGroup()
	g.witness.Dismiss()
	g.record = g.snapshot()
	close(g.over)
	g.unwatch()
	return g.record
}

// take turns one message into events for the machine and tells those who wait.
func (g *Guardian) take(m message) {
	switch m := m.(type) {
	case reaped:
		g.hear() // what was said before an exit comes before it
		for _, event := range g.exits(m) {
			g.step(event)
		}
	case audible:
		g.hear()
		g.ear.heard <- struct{}{}
	case TimerFired, WatchdogFired:
		g.hear() // it may be in time
		g.step(m.(Event))
	case request:
		g.answer(m)
	case upgradeRequested:
		g.upgrade()
	case heartbeat:
		g.giveSign()
	case logChanged:
		g.tellLog()
	case rotationRequested:
		go g.rotate()
	case hookEnded:
		g.crashes.hooked = false
		g.finish()
	case successor:
		if g.successor != nil || g.handing {
			m.reply <- errors.New("another handover is under way")
			return
		}
		g.successor = &m
	case Event:
		g.step(m)
	}
	g.settle()
	if g.handing {
		g.tellWaiting(Reply{Handed: true, Record: g.snapshot()})
	}
}

func (g *Guardian) answer(r request) {
	switch r.event.(type) {
	case nil:
		r.reply <- Reply{Record: g.snapshot()}
	case StartRequested, RestartRequested:
		g.waiting = append(g.waiting, r.reply)
		g.step(r.event)
	case ReloadRequested:
		g.step(r.event)
		if g.machine.state.Active() == "reloading" || g.reloaded != "" {
			g.reloads = append(g.reloads, r.reply)
			return
		}
		r.reply <- Reply{Record: g.snapshot()}
	default:
		g.step(r.event)
		r.reply <- Reply{Record: g.snapshot(), Over: g.finished}
	}
}

// step lets the machine decide and does what it says. What an action brings about at
// once, such as a failed spawn, is decided on before anything else.
func (g *Guardian) step(event Event) {
	if adopted := g.inherited; adopted != nil {
		g.inherited = nil
		if _, adopted.Awaited = event.(StartRequested); adopted.Awaited {
			event = *adopted
		} else {
			g.step(*adopted)
		}
	}
	if g.finished {
		return
	}
	switch event.(type) {
	case StopRequested:
		g.log.Info().Msg("stop requested")
	case RestartRequested:
		g.log.Info().Msg("restart requested")
	case ReloadRequested:
		g.log.Info().Msg("reload requested")
		if g.above != nil {
			g.above.reloaded = true
		}
	}
	for event != nil {
		var next Event
		for _, action := range g.machine.Step(time.Now(), event) {
			if _, sign := action.(SetWatchdog); !sign { // of which there are many
				g.changed = true
			}
			if consequence := g.perform(action); consequence != nil {
				next = consequence
			}
		}
		event = next
	}
	g.finish()
}

// finish ends the guardian of a service that has ended for good. While an OnCrash= command
// runs it waits for that, or for a start; a stop waits for neither.
func (g *Guardian) finish() {
	if !g.ending || g.finished {
		return
	}
	if g.machine.stopping {
		g.endHook()
	}
	if !g.crashes.hooked {
		g.finished, g.changed = true, true
	}
}

// settle ends the handling of a message: the new state is on disk before anybody is
// told of it.
func (g *Guardian) settle() {
	if g.changed && !g.restartsNow() {
		g.save()
		g.changed = false
	}
	g.announce()
	if g.outcome != "" {
		g.tellWaiting(Reply{Outcome: g.outcome, Over: g.finished, Record: g.snapshot()})
		g.outcome = ""
	}
	if g.reloaded != "" {
		for _, waiting := range g.reloads {
			waiting <- Reply{Outcome: g.reloaded, Over: g.finished, Record: g.snapshot()}
		}
		g.reloads, g.reloaded = nil, ""
	}
}

func (g *Guardian) tellWaiting(reply Reply) {
	for _, waiting := range g.waiting {
		waiting <- reply
	}
	g.waiting = nil
}

// restartsNow reports that the next run begins at once, with no wait after the last. Then
// one save tells of both, and the program does not wait for the disk in between. One that
// could not even be executed is no such case: it may never run.
func (g *Guardian) restartsNow() bool {
	last := g.record.LastRun()
	return last != nil && last.PID != 0 && g.record.State == AutoRestart && g.outcome == "" && !time.Now().Before(g.record.NextStart)
}

package watchdog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"holdfast/internal/logs"
	"holdfast/internal/proc"
	"holdfast/internal/state"
)

// A handover puts another program into the guardian's process. The loop takes in whatever
// has happened up to then, and what happens later waits in the kernel: signals are
// blocked, children are zombies, output is in the pipe, clients are in the socket's queue.

// A Succession is how another program can take a guardian's place.
type Succession struct {
	// Program is the present one.
	Program Program
	// Opened is closed when nobody waits for the guardian's first start any more.
	Opened <-chan struct{}
	// Pause returns when no client waits for an answer; those who come then wait for
	// Continue, or for the other program.
	Pause, Continue func()
	// Become executes the program, unless last fails, which it calls right before, with the
	// reason if signals that come from then on may be lost or end the process. It
	// returns only if that has failed.
	Become func(binary string, state []byte, last func(exposed error) error) error
	// Upgrade is the command that asks for a handover from outside; SIGUSR2 has it run.
	Upgrade []string
}

// PrepareHandover makes handovers possible. It is to be called before Run.
func (g *Guardian) PrepareHandover(s Succession) {
	g.succession = s
	g.record.Program = s.Program
}

// successor asks the loop for a handover.
type successor struct {
	binary string
	reply  chan<- error
}

// upgradeRequested is what SIGUSR2 means.
type upgradeRequested struct{}

// openTime is how long a handover waits for the end of a start that is all but over.
const openTime = time.Second

// HandOver puts the program into this process. It returns only if that has failed, and
// always an error; then the guardian goes on as before.
func (g *Guardian) HandOver(binary string) error {
	if g.succession.Become == nil {
		return errors.New("this guardian cannot hand over")
	}
	select {
	case <-g.succession.Opened:
	case <-time.After(openTime):
		return errors.New("somebody waits for the outcome of the start; try again when that is known")
	}
	reply := make(chan error, 1)
	if !g.send(successor{binary, reply}) {
		return ErrOver
	}
	select {
	case err := <-reply:
		return err
	case <-g.over:
		return ErrOver
	}
}

// heritage is what the next program needs, in JSON.
type heritage struct {
	Record Record
	Dir    state.Dir
	NextID string

	// Of the machine, beyond the record:
	Exit                            *Exit
	Running, Others, Awaited, Hurry bool
	Control                         bool
	Reload                          Result

	Children proc.Children
	Began    time.Duration // of the present run, on the clock that runs since boot
	Killed   bool
	Foreign  bool
	Estate   bool      // what a guardian that died has left is not gone yet
	Known    []proc.ID // its processes, as far as they were found
}

func (g *Guardian) heritage() heritage {
	m := g.machine
	h := heritage{
		Record: g.snapshot(), Dir: g.dir, NextID: g.nextID,
		Exit: m.exit, Running: m.running, Others: m.others, Awaited: m.awaited, Hurry: m.hurry,
		Control: m.control, Reload: m.reload,
		Children: g.reaper.Children(), Began: sinceBoot() - time.Since(g.began), Killed: g.killed, Foreign: g.foreign,
	}
	if g.estate != nil {
		h.Estate, h.Known = true, g.estate.Known()
	}
	return h
}

var errHooked = errors.New("the OnCrash= command is running; try again when it has ended")

func (g *Guardian) handOver(binary string) error {
	if g.inherited != nil {
		return errors.New("this guardian has not begun yet; try again")
	}
	if g.crashes.hooked {
		return errHooked
	}
	g.quiesce()
	defer g.carryOn()
	switch {
	case g.finished:
		return ErrOver
	case g.crashes.hooked: // that of a crash which has come meanwhile
		return errHooked
	}
	g.crashes.wait() // for the report of such a one
	release, err := g.capture.Hold()
	if err != nil {
		return err
	}
	defer release()
	g.log.Info().Str("program", binary).Msg("handing over")
	if g.above != nil {
		g.above.flush()
	}
	g.save() // should that program end at once, there is another way to go on: adoption
	heritage, err := json.Marshal(g.heritage())
	if err == nil {
		err = g.succession.Become(binary, heritage, g.unheard)
	}
	g.log.Error().Err(err).Msg("the handover has failed; this guardian goes on")
	return err
}

// quiesce takes in everything that has happened, until nothing is on its way any more.
func (g *Guardian) quiesce() {
	g.handing = true
	g.tellWaiting(Reply{Handed: true, Record: g.snapshot()})
	quiet := make(chan struct{})
	go func() {
		g.succession.Pause()
		g.capture.Rest()
		g.crashes.wait()
		g.unwatch()
		g.collecting.Lock()
		close(quiet)
	}()
	for {
		select {
		case m := <-g.events:
			g.take(m)
			continue
		case <-quiet:
		}
		break
	}
	for len(g.events) > 0 {
		g.take(<-g.events)
	}
}

// carryOn undoes quiesce.
func (g *Guardian) carryOn() {
	g.handing = false
	g.collecting.Unlock()
	g.unwatch = g.forwardSignals()
	g.succession.Continue()
	g.capture.Proceed()
	go g.collect() // a SIGCHLD may have gone unheard
}

// unheard refuses a handover in the middle of which somebody has spoken. exposed is why
// nobody would hear who speaks from now on until the new program listens.
func (g *Guardian) unheard(exposed error) error {
	if exposed != nil {
		g.log.Warn().Err(exposed).Msg("a signal in the next milliseconds may be lost or end this guardian")
	}
	flushed := make(chan os.Signal, 1)
	signal.Notify(flushed, syscall.SIGTERM)
	signal.Stop(flushed) // waits until what the runtime has caught is in the channels
	if len(g.requests) > 0 {
		return errors.New("a signal has come that goes first; try again")
	}
	return nil
}

// upgrade asks for a handover to what is now at this program's path. That takes a process
// of its own, for the loop does not wait until the new program is found good.
func (g *Guardian) upgrade() {
	if len(g.succession.Upgrade) == 0 {
		return
	}
	command := g.succession.Upgrade
	complaint, stderr, err := os.Pipe()
	if err == nil {
		_, _, err = g.reaper.SpawnAside(proc.Spec{Path: command[0], Args: command, Env: os.Environ(), Stderr: stderr})
		stderr.Close()
		go func() {
			defer complaint.Close()
			if text, _ := io.ReadAll(complaint); len(text) > 0 { // else this program is gone by then
				g.log.Warn().Msg(strings.TrimSpace(string(text)))
			}
		}()
	}
	if err != nil {
		g.log.Error().Err(err).Msg("cannot upgrade; this guardian goes on")
	}
}

// Resume prepares a guardian that goes on in the process of another program's. state is
// what that one gave to [Succession.Become]; calls are the signals that have come since, by
// [signal.Notify].
func Resume(handed []byte, calls chan os.Signal, capture *logs.Capture, log zerolog.Logger) (*Guardian, error) {
	var h heritage
	if err := json.Unmarshal(handed, &h); err != nil {
		return nil, fmt.Errorf("what was handed over makes no sense: %w", err)
	}
	reaper, err := proc.ResumeReaper(h.Children)
	if err != nil {
		return nil, err
	}
	g := &Guardian{
		service: h.Record.Service, dir: h.Dir, log: log, reaper: reaper, oom: proc.WatchOOM(), capture: capture,
		witness: proc.Witness(h.Dir.Witness()), nextID: h.NextID,
		events: make(chan message, 64), over: make(chan struct{}),
		crashes:  newCrashes(h.Record.Runs, h.Dir.Log),
		requests: calls,
		record:   h.Record, business: proc.ID(h.Record.Business), control: proc.ID(h.Record.Control),
		killed: h.Killed, foreign: h.Foreign, resumed: true,
		orphans: h.Record.Orphans - h.Children.Orphans,
		began:   time.Now().Add(h.Began - sinceBoot()),
	}
	g.capture.ContinueRun(g.record.InvocationID)
	if g.business.PID != 0 {
		g.oom.Mark(g.business.PID)
	}
	g.restore()
	m := g.machine
	m.exit, m.running, m.others, m.awaited, m.hurry = h.Exit, h.Running, h.Others, h.Awaited, h.Hurry
	m.control, m.reload = h.Control, h.Reload
	g.resumeWindow(h.Record)
	if h.Estate {
		g.estate = proc.NewEstate(g.record.marks(), g.business)
		g.estate.Remember(h.Known)
	}
	return g, nil
}

// resume takes up what waits for its time, and what has happened since the other program
// has looked.
func (g *Guardian) resume() {
	left := Infinity
	if due := g.record.Progress.Due; due != 0 {
		left = max(0, due-sinceBoot())
	}
	for _, action := range g.machine.resume(time.Now(), left) {
		g.perform(action)
	}
	g.log.Info().Str("version", g.record.Program.Version).Msg("took over from the program before")
	var ended []proc.Ended
	if g.machine.running {
		gone := error(nil)
		if g.estate != nil && !g.reaper.Spawned(g.business) {
			gone = g.estate.Watch(g.business, g.tellEnd)
		} else {
			gone = g.reaper.Know(g.business, g.tellEnd) // one that was not spawned here may have another parent
		}
		if gone != nil {
			ended = append(ended, g.business.Exit(g.witness, g.record.LastRun().Seal))
		}
	}
	if g.machine.awaitsMain() {
		go g.send(PIDFileChanged{})
	}
	if g.estate != nil && g.machine.control && !g.reaper.Spawned(g.control) {
		if gone := g.estate.Watch(g.control, g.tellEnd); gone != nil {
			ended = append(ended, g.control.Exit(g.witness, 0))
		}
	}
	go g.collect(ended...)
}

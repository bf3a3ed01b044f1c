package watchdog

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"holdfast/internal/notify"
)

// An announcer tells a manager above the guardian, such as systemd, how the service is. The
// manager's main process stays the guardian, so a restart of the business is nothing that it
// would have to know; it reads of it in the status.
type announcer struct {
	manager notify.Manager
	log     zerolog.Logger
	beat    time.Duration // between two signs of life; 0: none is wanted
	beating *time.Timer   // nil without
	queue   chan saying   // a manager that is slow to read must not keep the loop

	phase    string // what was said last of READY=1 and the like
	status   string // and as STATUS=
	reloaded bool   // a reload was asked for since
}

// A saying is one message; done is closed when it was sent, if somebody waits for that.
type saying struct {
	states []string
	done   chan<- struct{}
}

// Announce has the guardian tell the manager: READY=1 when the service is up, RELOADING=1,
// STOPPING=1 when it ends for good, STATUS=, and WATCHDOG=1 for as long as the loop goes
// round, if WATCHDOG_USEC= asks this process for it. It is to be called before Run. Without a
// manager it does nothing.
func (g *Guardian) Announce(m notify.Manager) {
	if !m.Listens() {
		return
	}
	g.above = &announcer{
		manager: m, log: g.log, beat: beatWanted(os.Getenv, os.Getpid()),
		queue: make(chan saying, 64),
	}
}

// beatWanted is half of WATCHDOG_USEC, as sd_watchdog_enabled(3) recommends.
func beatWanted(getenv func(string) string, pid int) time.Duration {
	if for_ := getenv("WATCHDOG_PID"); for_ != "" && for_ != strconv.Itoa(pid) {
		return 0
	}
	usec, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || usec <= 0 || usec > int64(Infinity/time.Microsecond) {
		return 0
	}
	return time.Duration(usec) * time.Microsecond / 2
}

// heartbeat is the message on which the loop gives a sign of life.
type heartbeat struct{}

// run sends what is queued until the queue is closed.
func (a *announcer) run() {
	complained := ""
	for said := range a.queue {
		err := a.manager.Send(said.states...)
		if text := fmt.Sprint(err); err != nil && text != complained { // not with each beat
			complained = text
			a.log.Warn().Msg(text)
		}
		if said.done != nil {
			close(said.done)
		}
	}
}

func (a *announcer) tell(states ...string) {
	select {
	case a.queue <- saying{states: states}:
	default:
		a.log.Warn().Strs("states", states).Msg("the manager does not read what it is told")
	}
}

// flush returns when everything was sent, or the manager does not read it.
func (a *announcer) flush() {
	done := make(chan struct{})
	select {
	case a.queue <- saying{done: done}:
	default:
		return
	}
	select {
	case <-done:
	case <-time.After(announceTime):
	}
}

// announceTime is how long a manager that does not read is waited for.
const announceTime = 5 * time.Second

const (
	saidReady     = "READY=1"
	saidReloading = "RELOADING=1"
	saidStopping  = "STOPPING=1"
)

// news is what the manager is not told yet.
func (a *announcer) news(state State, ending bool, status string, now time.Duration) (states []string) {
	say := func(phase string) {
		if a.phase != phase {
			a.phase = phase
			states = append(states, phase)
		}
	}
	active := state.Active()
	if a.phase == saidReady && !ending && (a.reloaded || active == "reloading") {
		say(saidReloading)
		states = append(states, fmt.Sprintf("MONOTONIC_USEC=%d", now.Microseconds()))
	}
	a.reloaded = false
	switch {
	case ending:
		say(saidStopping)
	case active == "active": // after a reload that takes no time, too: both in one message
		say(saidReady)
	}
	if status != a.status {
		a.status = status
		states = append(states, "STATUS="+status)
	}
	return states
}

// startAnnouncing has the manager told from now on.
func (g *Guardian) startAnnouncing() (stop func()) {
	a := g.above
	if a == nil {
		return func() {}
	}
	go a.run()
	if a.beat > 0 {
		a.beating = time.AfterFunc(0, func() { g.send(heartbeat{}) })
	}
	return func() {
		if a.beating != nil {
			a.beating.Stop()
		}
		a.flush()
		close(a.queue)
	}
}

// announce tells the manager what has changed.
func (g *Guardian) announce() {
	if a := g.above; a != nil {
		if news := a.news(g.record.State, g.machine.stopping || g.finished, g.inShort(), sinceBoot()); len(news) > 0 {
			a.tell(news...)
		}
	}
}

// giveSign tells the manager that the loop goes round.
func (g *Guardian) giveSign() {
	g.above.tell("WATCHDOG=1")
	g.above.beating.Reset(g.above.beat)
}

// inShort is the service in a line for the manager's status.
func (g *Guardian) inShort() string {
	switch {
	case g.record.State == Running:
		return fmt.Sprintf("running, PID %d", g.record.Business.PID)
	case g.machine.reason != "" && !g.machine.stopping:
		return fmt.Sprintf("%s: %s", g.record.State, g.machine.reason)
	}
	return string(g.record.State)
}

package watchdog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A business that ignores SIGTERM, forks and crash-loops is stopped at every point of
// the loop, in every order in which exits, timers and requests can come: it is never
// started again, and the stop always ends. The tree of orders is walked to a depth;
// from each leaf the machine is stopped and must come to its end by timers alone.
func TestStopAtEveryPointOfACrashLoop(t *testing.T) {
	const depth = 7
	for _, tt := range []struct {
		name  string
		alter func(*Service)
	}{
		{"service file", func(*Service) {}},
		{"growing backoff and settling", func(s *Service) {
			s.SettleSec = time.Second
			s.Backoff.RestartSteps, s.Backoff.RestartMaxDelaySec = 3, time.Minute
		}},
		{"restarted at once", func(s *Service) { s.Backoff.RestartSec = 0 }},
		{"KillMode=mixed", func(s *Service) { s.KillMode = KillMixed }},
		{"with a start limit", func(s *Service) { s.StartLimit = StartLimit{Infinity, 2} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			service := FileDefaults("test")
			service.Policy.Restart = RestartAlways
			service.StartLimit = StartLimit{}
			tt.alter(&service)
			w := walk{T: t, now: time.Now()}
			w.from(scene{machine: *NewMachine(&service)}, depth)
			t.Logf("%d orders, %d of them stopped in the middle", w.orders, w.stops)
			if w.orders < 5000 || w.stops < 1000 {
				t.Errorf("only %d orders, %d of them stopped in the middle", w.orders, w.stops)
			}
		})
	}
}

type walk struct {
	*testing.T
	now           time.Time
	orders, stops int
}

// A scene is one moment of one order. It is copied at each fork of the way, so the
// machine is kept by value; what its pointers lead to is never written again.
type scene struct {
	machine  Machine
	business bool
	others   bool
	timer    int // that was set last, 0 before
	stopped  bool
	awaited  bool
	given    bool // SIGKILL has failed for a whole TimeoutStopSec
	finished bool
	story    []Event
}

func (w *walk) from(s scene, depth int) {
	if s.finished || depth == 0 {
		w.orders++
		if s.stopped {
			w.stops++
		}
		w.end(s)
		return
	}
	for _, event := range s.possible() {
		w.step(s, event, func(next scene) { w.from(next, depth-1) })
	}
}

// possible is what may come next.
func (s *scene) possible() []Event {
	events := []Event{StartRequested{}, StopRequested{}, RestartRequested{}}
	if s.timer > 0 {
		events = append(events, TimerFired{s.timer})
	}
	switch {
	case s.business:
		events = append(events, Exited{Exit: Exit{Code: 1}, Alone: true}, Exited{Exit: Exit{Code: 1}})
	case s.others:
		events = append(events, DescendantExited{}, TreeEmptied{})
	}
	return events
}

// end is the way on when nobody ever dies or asks again.
func (w *walk) end(s scene) {
	if s.finished {
		return
	}
	if !s.stopped {
		w.step(s, StopRequested{}, w.end)
		return
	}
	for range 4 { // the phases of a stop
		w.step(s, TimerFired{s.timer}, func(next scene) { s = next })
		if s.finished {
			return
		}
	}
	w.wrong(s, "the stop never ends")
}

// step goes on with each scene that the event can lead to; a spawn can succeed or fail.
func (w *walk) step(s scene, event Event, goOn func(scene)) {
	s.story = append(slices.Clip(s.story), event)
	switch event := event.(type) {
	case StartRequested, RestartRequested:
		s.awaited = true
	case StopRequested:
		s.stopped = true
	case Spawned:
		s.business = true
	case Exited:
		s.business, s.others = false, !event.Alone
	case TreeEmptied:
		s.others = false
	case TimerFired:
		s.given = s.given || s.machine.state == FinalSigkill && event.Timer == s.machine.timer
	}
	spawn := false
	for _, action := range s.machine.Step(w.now, event) {
		if s.finished {
			w.wrong(s, "%T after the end", action)
		}
		switch action := action.(type) {
		case Spawn:
			spawn = true
			if s.stopped {
				w.wrong(s, "started after the stop")
			}
			if (s.business || s.others) && !s.given {
				w.wrong(s, "started beside old processes")
			}
		case SetTimer:
			s.timer = action.Timer
		case Answer:
			if !s.awaited {
				w.wrong(s, "answered %s, twice", action.Outcome)
			}
			s.awaited = false
		case Finish:
			s.finished = true
			if (s.business || s.others) && !s.given {
				w.wrong(s, "ended while processes are left")
			}
			if s.awaited {
				w.wrong(s, "ended without an answer")
			}
		}
	}
	if !spawn {
		goOn(s)
		return
	}
	w.step(s, Spawned{}, goOn)
	w.step(s, SpawnFailed{Exit{Code: 203, Err: "no such file or directory"}}, goOn)
}

func (w *walk) wrong(s scene, format string, args ...any) {
	w.Helper()
	var story strings.Builder
	for _, event := range s.story {
		fmt.Fprintf(&story, "\n%T%+v", event, event)
	}
	w.Fatalf("%s:%s", fmt.Sprintf(format, args...), &story)
}

package watchdog

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"holdfast/internal/notify"
)

// A history is a story about one machine, told line by line:
//
//	Restart=always RestartSec=1s     what differs from an empty service file
//	start > start spawn              an event, and all the actions that it brings
//	spawned > running answer:started
//	exits 7 > ended auto-restart wait:1s
//	because: restarting in 1 s: exited with 7, Restart=always; restart 1
//	timer > start spawn              the timer that was set last has run out
//
// The test owns the time: it passes only when a timer fires, or in "later 5s > -".
type history struct {
	*testing.T
	service Service
	machine *Machine
	now     time.Time
	line    string
	timer   SetTimer // the last one that was set
	stale   SetTimer // the one before

	watchdog, hungry SetWatchdog // the last one that was set, and the one before
}

type story struct{ name, text string }

func histories(t *testing.T, stories []story) {
	for _, story := range stories {
		t.Run(story.name, func(t *testing.T) {
			h := &history{T: t, service: FileDefaults("test"), now: time.Now()}
			h.service.Exec = Command{Path: "main"}
			h.machine = NewMachine(&h.service)
			for line := range strings.Lines(story.text) {
				if h.line = strings.TrimSpace(line); h.line != "" {
					h.tell()
				}
			}
		})
	}
}

func (h *history) tell() {
	what, want, isEvent := strings.Cut(h.line, " > ")
	topic, fact, isFact := strings.Cut(h.line, ": ")
	switch {
	case isEvent:
		if got := h.step(strings.Fields(what)); got != want {
			h.Fatalf("%s\ngot > %s", h.line, got)
		}
	case isFact:
		if got := h.fact(topic); got != fact {
			h.Fatalf("%s\ngot: %s", h.line, got)
		}
	default:
		for _, setting := range strings.Fields(h.line) {
			name, value, _ := strings.Cut(setting, "=")
			h.set(name, value)
		}
	}
}

// step hands the event to the machine and tells what it wants done.
func (h *history) step(words []string) string {
	var actions []string
	events := []Event{h.event(words)}
	if n, ok := events[0].(Notified); ok {
		events = nil
		for _, part := range n.parts() {
			events = append(events, part)
		}
	}
	for _, event := range events {
		for _, action := range h.machine.Step(h.now, event) {
			if word := h.action(action); word != "" {
				actions = append(actions, word)
			}
		}
	}
	if len(actions) == 0 {
		return "-"
	}
	return strings.Join(actions, " ")
}

func (h *history) event(words []string) Event {
	switch verb, rest := words[0], words[1:]; verb {
	case "start":
		return StartRequested{}
	case "stop":
		return StopRequested{}
	case "restart":
		return RestartRequested{}
	case "reload":
		return ReloadRequested{}
	case "reset-failed":
		return ResetFailedRequested{}
	case "kill":
		return KillRequested{Signal: h.signal(rest[0]), Whom: Whom(rest[1])}
	case "conditions-hold":
		return ConditionsTested{}
	case "condition-unmet":
		return ConditionsTested{"ConditionPathExists=/x"}
	case "spawned":
		return Spawned{}
	case "not-executed":
		return SpawnFailed{Exit{Code: 203, Err: "no such file or directory"}}
	case "not-forked":
		return SpawnFailed{Exit{NoFork: true, Err: "resource temporarily unavailable"}}
	case "exits", "killed": // exits 7; killed KILL; then: oom, core, leaving-others, after 1m
		return h.exited(verb, rest)
	case "control": // control exits 7, control killed TERM; then: leaving-others
		e := h.exited(rest[0], rest[1:]).(Exited)
		return ControlExited{Exit: e.Exit, Alone: e.Alone && !h.machine.running}
	case "no-control":
		return ControlExited{Exit: Exit{NoFork: true, Err: "resource temporarily unavailable"}, Alone: !h.machine.others}
	case "main-found":
		return MainFound{}
	case "main-missing":
		return MainMissing{"no PID file"}
	case "pid-file-changed":
		return PIDFileChanged{}
	case "adopted":
		return h.adopted(rest)
	case "descendant-exited":
		return DescendantExited{}
	case "tree-emptied":
		return TreeEmptied{}
	case "says", "control-says", "other-says", "stranger-says": // then fields; stale: written before the reload
		return h.notified(verb, rest)
	case "starved":
		h.now = h.now.Add(h.watchdog.After)
		return WatchdogFired{h.watchdog.Timer}
	case "starved-late":
		return WatchdogFired{h.hungry.Timer}
	case "later":
		h.now = h.now.Add(h.duration(rest[0]))
		return nil
	case "timer":
		h.now = h.now.Add(h.timer.After)
		return TimerFired{h.timer.Timer}
	case "stale-timer":
		return TimerFired{h.stale.Timer}
	}
	h.Fatalf("%s: no such event", h.line)
	return nil
}

func (h *history) exited(verb string, words []string) Event {
	e := Exited{Alone: true}
	if verb == "exits" {
		e.Exit.Code = h.number(words[0])
	} else {
		e.Exit.Signal = h.signal(words[0])
	}
	for i, word := range words[1:] {
		switch word {
		case "oom":
			e.Exit.OOM = ByOOM
		case "core":
			e.Exit.Core = true
		case "leaving-others":
			e.Alone = false
		case "after":
			e.Lasted = h.duration(words[i+2])
		}
	}
	return e
}

func (h *history) notified(verb string, fields []string) Event {
	n := Notified{From: map[string]Whom{"says": WhomMain, "control-says": WhomControl, "other-says": WhomAll}[verb], Wrote: h.now}
	if fields[len(fields)-1] == "stale" {
		n.Wrote, fields = h.now.Add(-time.Hour), fields[:len(fields)-1]
	}
	message, warnings, err := notify.Parse([]byte(strings.Join(fields, "\n")))
	if err != nil || len(warnings) > 0 {
		h.Fatalf("%s: %v %q", h.line, err, warnings)
	}
	if message.Monotonic == 0 {
		n.Wrote = time.Time{}
	}
	n.Message, n.Main.PID = message, message.MainPID
	return n
}

// action is the action in a word. Explanations are compared as facts, but must be
// those that the machine itself goes by.
func (h *history) action(action Action) string {
	switch action := action.(type) {
	case Begin:
		return ""
	case TestConditions:
		return "test"
	case Spawn:
		if action.Command > 0 {
			return fmt.Sprintf("spawn:%d", action.Command)
		}
		return "spawn"
	case FindMain:
		return "find-main"
	case AwaitMain:
		return "await-main"
	case RunControl:
		return "run:" + h.service.commands(action.State)[action.Command].Path
	case Kill:
		var names []string
		for _, signal := range action.Signals {
			names = append(names, strings.TrimPrefix(SignalName(signal), "SIG"))
		}
		return strings.Join(names, "+") + ":" + string(action.Whom)
	case SetTimer:
		h.stale, h.timer = h.timer, action
		return "wait:" + action.After.String()
	case SetWatchdog:
		h.hungry, h.watchdog = h.watchdog, action
		return "watchdog:" + action.After.String()
	case SetMain:
		return fmt.Sprintf("main:%d", action.Main.PID)
	case Enter:
		return string(action.State)
	case EndRun:
		if h.machine.exit != nil && !reflect.DeepEqual(&action.Exit, h.machine.exit) {
			h.Errorf("%s: EndRun has %v, not %v", h.line, action.Exit, h.machine.exit)
		}
		return "ended"
	case Explain:
		if action.Decision != h.machine.reason && action.Decision != restartedOnRequest {
			h.Errorf("%s: Explain has %q, not %q", h.line, action.Decision, h.machine.reason)
		}
		return ""
	case Answer:
		return "answer:" + string(action.Outcome)
	case Finish:
		return "finish"
	}
	return fmt.Sprintf("%T", action)
}

func (h *history) fact(topic string) string {
	switch topic {
	case "because":
		return cmp.Or(h.machine.reason, "-")
	case "result":
		return string(h.machine.result)
	case "status":
		return cmp.Or(h.machine.told.Status, "-")
	case "errno":
		return strconv.Itoa(int(h.machine.told.Errno))
	case "restarts": // NRestarts
		return strconv.Itoa(h.machine.restarts)
	}
	h.Fatalf("%s: no such fact", h.line)
	return ""
}

// set understands as much of a service file as the stories need.
func (h *history) set(name, value string) {
	s := &h.service
	switch name {
	case "CommandDefaults":
		*s = CommandDefaults("test", Command{Path: "/bin/test"}, nil, "/", 0o022)
	case "Type":
		s.Type = Type(value)
	case "NotifyAccess":
		s.NotifyAccess = NotifyAccess(value)
	case "WatchdogSec":
		s.WatchdogSec = h.duration(value)
	case "SettleSec":
		s.SettleSec = h.duration(value)
	case "RetryFailedStart":
		s.RetryFailedStart = value == "yes"
	case "ExecStart": // of a oneshot
		switch {
		case value == "":
			s.Exec = Command{}
		case s.Exec.Path == "main":
			h.addCommand(&s.ExecMore, value)
			s.Exec, s.ExecMore = s.ExecMore[0], nil
		default:
			h.addCommand(&s.ExecMore, value)
		}
	case "ConditionPathExists":
		s.Conditions = append(s.Conditions, Precondition{Name: name, Path: value})
	case "ExecCondition":
		h.addCommand(&s.ExecCondition, value)
	case "ExecStartPre":
		h.addCommand(&s.ExecStartPre, value)
	case "ExecStartPost":
		h.addCommand(&s.ExecStartPost, value)
	case "ExecReload":
		h.addCommand(&s.ExecReload, value)
	case "ExecStop":
		h.addCommand(&s.ExecStop, value)
	case "ExecStopPost":
		h.addCommand(&s.ExecStopPost, value)
	case "PIDFile":
		s.BusinessPIDFile = value
	case "ExitType":
		s.ExitType = ExitType(value)
	case "OOMPolicy":
		s.OOMPolicy = OOMPolicy(value)
	case "RuntimeMaxSec":
		s.RuntimeMaxSec = new(h.duration(value))
	case "RemainAfterExit":
		s.RemainAfterExit = value == "yes"
	case "TimeoutStartSec":
		s.TimeoutStartSec = h.duration(value)
	case "TimeoutAbortSec":
		abort := h.duration(value)
		s.TimeoutAbortSec = &abort
	case "TimeoutStartFailureMode":
		s.TimeoutStartFailureMode = FailureMode(value)
	case "TimeoutStopFailureMode":
		s.TimeoutStopFailureMode = FailureMode(value)
	case "Force":
		s.Policy.RestartForceExitStatus = exits(strings.ReplaceAll(value, ",", " "))
	case "SuccessExitStatus":
		s.Policy.SuccessExitStatus = exits(value)
	case "Restart":
		s.Policy.Restart = Restart(value)
	case "Prevent":
		s.Policy.RestartPreventExitStatus = exits(value)
	case "RestartSec":
		s.Backoff.RestartSec = h.duration(value)
	case "RestartSteps":
		s.Backoff.RestartSteps = h.number(value)
	case "RestartMaxDelaySec":
		s.Backoff.RestartMaxDelaySec = h.duration(value)
	case "RestartResetSec":
		s.Backoff.RestartResetSec = h.duration(value)
	case "StartLimitIntervalSec":
		s.StartLimit.Interval = h.duration(value)
	case "StartLimitBurst":
		s.StartLimit.Burst = h.number(value)
	case "KillMode":
		s.KillMode = KillMode(value)
	case "KillSignal":
		s.KillSignal = h.signal(value)
	case "RestartKillSignal":
		s.RestartKillSignal = h.signal(value)
	case "FinalKillSignal":
		s.FinalKillSignal = h.signal(value)
	case "SendSIGHUP":
		s.SendSIGHUP = value == "yes"
	case "SendSIGKILL":
		s.SendSIGKILL = value == "yes"
	case "TimeoutStopSec":
		s.TimeoutStopSec = h.duration(value)
	case "ReloadSignal":
		s.ReloadSignal = h.signal(value)
	default:
		h.Fatalf("%s: no such setting", name)
	}
}

// addCommand adds a command by its name, with - in front if its failure does not count.
func (h *history) addCommand(list *[]Command, name string) {
	name, ignore := strings.CutPrefix(name, "-")
	*list = append(*list, Command{Path: name, Args: []string{name}, IgnoreFailure: ignore})
}

func (h *history) duration(word string) time.Duration {
	if word == "infinity" {
		return Infinity
	}
	d, err := time.ParseDuration(word)
	if err != nil {
		h.Fatal(err)
	}
	return d
}

func (h *history) signal(word string) syscall.Signal {
	signal, err := ParseSignal(word)
	if err != nil {
		h.Fatal(err)
	}
	return signal
}

func (h *history) number(word string) int {
	n, err := strconv.Atoi(word)
	if err != nil {
		h.Fatal(err)
	}
	return n
}

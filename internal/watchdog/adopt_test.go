package watchdog

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// adopted is what a new guardian's machine hears first: adopted awaited, left 5s,
// alive (which its guardian did not live to hear), leaving-others; the end of the business that nobody saw is exits 7, killed KILL or
// unknown.
func (h *history) adopted(words []string) Event {
	h.Helper()
	record := Record{
		State: h.machine.state, Result: h.machine.result, Reason: h.machine.reason,
		Restarts: h.machine.restarts, Runs: []Run{{Exit: h.machine.exit}}, Progress: h.machine.progress(), Told: h.machine.told,
	}
	if h.machine.running || slices.Contains(words, "alive") {
		record.Business.PID, record.Runs[0].Exit = 1, nil
	}
	if h.machine.control {
		record.Control.PID = 1
	}
	text, err := json.Marshal(record)
	record = Record{}
	if err == nil {
		err = json.Unmarshal(text, &record)
	}
	if err != nil {
		h.Fatal(err)
	}
	window, expires := h.machine.window, h.machine.expires
	h.machine = restoreMachine(&h.service, record)
	h.machine.window, h.machine.expires = window, expires

	e := Adopted{Left: Infinity, Alone: !slices.Contains(words, "leaving-others")}
	for i, word := range words {
		switch word {
		case "awaited":
			e.Awaited = true
		case "left":
			e.Left = h.duration(words[i+1])
		case "unknown":
			e.Exited = &Exited{Exit: unknownExit, Alone: e.Alone}
		case "lost-control":
			e.Control = &ControlExited{Exit: unknownExit, Alone: e.Alone}
		case "control": // control exits 7
			control := h.exited(words[i+1], words[i+2:]).(Exited)
			e.Control = &ControlExited{Exit: control.Exit, Alone: e.Alone}
			return e
		case "exits", "killed":
			exited := h.exited(word, words[i+1:]).(Exited)
			e.Exited = &exited
		}
	}
	return e
}

func TestHistoriesOfAdoption(t *testing.T) {
	histories(t, []story{
		{"a running business, at a start", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:100ms
			timer > start spawn
			spawned > running
			adopted awaited leaving-others > answer:started
			restarts: 1
			exits 1 > ended auto-restart wait:100ms
			because: restarting in 100 ms: exited with 1, Restart=always; restart 2`},
		{"a running business, to stop it", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			adopted leaving-others > -
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended dead finish`},
		{"one that has ended meanwhile is restarted without a wait", `
			Restart=always RestartSec=1h
			start > start spawn
			spawned > running answer:started
			adopted awaited exits 7 > ended start spawn
			restarts: 1
			spawned > running answer:started
			exits 7 > ended auto-restart wait:1h0m0s`},
		{"one that has ended meanwhile on the no-restart list is not", `
			Restart=always Prevent=7
			start > start spawn
			spawned > running answer:started
			adopted awaited exits 7 > ended failed answer:start-failed finish
			because: not restarting: exited with 7, on the no-restart list`},
		{"nor one that did its work", `
			Restart=on-failure
			start > start spawn
			spawned > running answer:started
			adopted awaited exits 0 > ended dead answer:ended finish`},
		{"an end that nobody can tell is a failure, on no list", `
			Restart=on-failure Prevent=255
			start > start spawn
			spawned > running answer:started
			adopted awaited unknown > ended start spawn
			result: success`},
		{"what it left is ended first, and the decision stands", `
			Restart=always Prevent=7
			start > start spawn
			spawned > running answer:started
			adopted awaited exits 7 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > failed answer:start-failed finish`},
		{"what it left is ended first, and then it is restarted at once", `
			Restart=always RestartSec=1h
			start > start spawn
			spawned > running answer:started
			adopted awaited exits 7 leaving-others > ended stop-sigterm TERM+CONT:all wait:1m30s
			tree-emptied > start spawn
			spawned > running answer:started
			exits 7 > ended auto-restart wait:1h0m0s`},
		{"a wait for a restart is cut short", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:100ms
			adopted awaited > start spawn
			restarts: 1`},
		{"or goes on", `
			Restart=always RestartSec=5s
			start > start spawn
			spawned > running answer:started
			exits 1 > ended auto-restart wait:5s
			adopted left 2s > wait:2s
			timer > start spawn`},
		{"an early life is watched to its end", `
			CommandDefaults=yes
			start > start spawn
			spawned > wait:100ms
			adopted awaited left 30ms leaving-others > wait:30ms
			timer > running answer:started
			exits 1 > ended auto-restart wait:100ms`},
		{"a stop that was under way goes on, and a start follows it", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			adopted awaited left 10s leaving-others > wait:10s
			timer > stop-sigkill KILL:all wait:1m30s
			killed KILL > ended start spawn
			restarts: 0`},
		{"a stop that was under way had come to its end", `
			Restart=always
			start > start spawn
			spawned > running answer:started
			stop > stop-sigterm TERM+CONT:all wait:1m30s
			adopted killed TERM > ended dead finish`},
		{"of a restart that was under way only the start is left", `
			Restart=no
			start > start spawn
			spawned > running answer:started
			restart > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM leaving-others > ended final-sigterm TERM+CONT:all wait:1m30s
			adopted awaited > start spawn`},
	})
}

// The file may have been written before the business was, or by somebody with a mind of
// his own.
func TestOrphaned(t *testing.T) {
	for name, r := range map[string]Record{
		"never written": {}, "a guardian that ended in order": {State: Dead, BootID: "x"},
		"another boot": {State: Running, Guardian: Process{1, 1}, Business: Process{2, 2}, BootID: "another", Runs: []Run{{PID: 2, Started: time.Now()}}},
	} {
		if e, err := r.Estate(); err != nil || r.orphaned() || e.Members != 0 || e.Business.PID != 0 {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

// Package doctor tells what a host gives to a guardian, by doing once, with a service of
// its own, what a guardian does.
//
// So there is no second opinion about the host in it: every finding comes from the code
// that a guardian runs.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"holdfast/internal/state"
)

// A Finding is the answer to one question about the host.
type Finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	// Skipped says that nobody knows, for something else is missing.
	Skipped bool `json:"skipped,omitempty"`
	// Needed says that without it nothing can be guarded.
	Needed bool `json:"needed"`
	// Found is what is there, or why it is not.
	Found string `json:"found"`
	// Cost is what is lost; "" where nothing is.
	Cost string `json:"cost,omitempty"`
}

// A check is one question. What it finds it says also beside an error.
type check struct {
	name   string
	needed bool
	cost   string
	look   func() (found string, err error)
}

// patient is a service that lives for one examination.
type patient struct {
	ctx  context.Context
	self string // this program
	dir  state.Dir

	guardian guardianSeen // by startAndStop
}

// Idle is the verb by which holdfast does nothing until it is told to end; the patient's
// program.
const Idle = "idle"

// Examine asks everything there is to ask. It makes the directories of a service called
// doctor-PID, guards it for an instant, and removes them. It makes this process a
// subreaper, so a program does nothing else afterwards.
func Examine(ctx context.Context) []Finding {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0] // and the first finding will say what is missing
	}
	p := &patient{ctx: ctx, self: self}
	defer p.remove()
	var findings []Finding
	for _, c := range p.checks() {
		found, err := c.look()
		f := Finding{Check: c.name, OK: err == nil, Skipped: errors.Is(err, errSkipped), Needed: c.needed, Found: found}
		if err != nil && !f.Skipped {
			f.Cost = c.cost
		}
		if err != nil {
			f.Found = strings.TrimPrefix(err.Error(), c.name+": ")
		}
		if err != nil && found != "" {
			f.Found = found + ": " + f.Found
		}
		findings = append(findings, f)
	}
	return findings
}

// errSkipped is wrapped by the errors of what cannot be looked at.
var errSkipped = errors.New("not looked at")

var (
	errNoDirectories = fmt.Errorf("%w, for want of the directories", errSkipped)
	errNoProcesses   = fmt.Errorf("%w, for processes cannot be told apart", errSkipped)
)

// checks is every question, in the order in which they are asked: a process that is a
// subreaper cannot see any more who else takes in orphans.
func (p *patient) checks() []check {
	v := &volunteer{self: p.self}
	return []check{
		{"processes", true, "nothing can be guarded: a process cannot be told from the next one with its PID", processes},
		{"runtime directory", true, "nothing can be guarded", p.runtimeDirectory},
		{"log directory", true, "nothing can be guarded", p.logDirectory},
		{"start and stop", true, "nothing can be guarded", p.startAndStop},
		{"init", false, "ended guardians stay as zombies in the process table; nothing else depends on it", p.initReaps},

		{"pipe", false, "with its guardian gone, a program that prints waits sooner", p.pipe},
		{"inotify", false, "'logs -f' does not work", p.follow},

		{"subreaper", false, "what a program started and left goes to process 1, where a stop does not reach it", v.subreaper},
		{"pidfd", false, "the program of a killed guardian cannot be adopted", v.pidfd},
		{"exits of adopted", false, "an adopted program's exit is unknown and counts as a failure", v.exitAfterReaping},
		{"exits unguarded", false, "if a program ends before it is adopted, its exit is unknown", func() (string, error) { return v.witness(p.dir) }},
		{"OOM verdict", false, "an out-of-memory kill is only probably told from another SIGKILL, or not at all", v.oomVerdict},
		{"OOM protection", false, "when memory runs out the guardian may be killed like any other; 'start' then adopts the program", v.oomProtection},
		{"own cgroup", false, "MemoryMax=, TasksMax=, CPUQuota= and their like are not enforced", cgroup},

		{"descriptors", false, "a guardian may run out of descriptors", descriptors},
		{"user's processes", false, "starts may fail for want of processes", userProcesses},
		{"boot id", false, "after a reboot a stranger could be taken for the program of before", bootID},
		{"clock", false, "the times in status, history and logs are wrong; nothing else depends on them", clock},
	}
}

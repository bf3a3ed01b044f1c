//go:build linux && !race

package differ

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ignoredVariables are those that differ for good reason: identities, the terminal and
// journal of the one, the marks of the other. MAINPID and the like are compared by number.
var ignoredVariables = regexp.MustCompile(`^(INVOCATION_ID|SYSTEMD_EXEC_PID|JOURNAL_STREAM|MEMORY_PRESSURE_.*|HOLDFAST_.*` +
	`|LANG` + // systemd's own locale, passed to all that it starts
	`|GORACE)$`)

// pidVariables have a PID for a value.
var pidVariables = []string{"MAINPID", "WATCHDOG_PID"}

// A record is what the probes of a case wrote down.
type record struct {
	pids  []int            // in the order in which they appeared
	lines map[int][]string // by PID
}

func parseRecord(text string) record {
	r := record{lines: map[int][]string{}}
	for line := range strings.Lines(text) {
		number, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		pid, err := strconv.Atoi(number)
		if err != nil || !strings.HasSuffix(line, "\n") {
			continue // being written
		}
		if !slices.Contains(r.pids, pid) {
			r.pids = append(r.pids, pid)
		}
		r.lines[pid] = append(r.lines[pid], rest)
	}
	return r
}

// runs is how many programs were executed.
func (r record) runs() (n int) {
	for _, lines := range r.lines {
		for _, line := range lines {
			if strings.HasPrefix(line, "start ") {
				n++
			}
		}
	}
	return n
}

// text is the record without what differs from one time to the next.
func (r record) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "runs=%d\n", r.runs())
	for i, pid := range r.pids {
		for _, line := range r.lines[pid] {
			if assignment, ok := strings.CutPrefix(line, "env "); ok {
				name, value, _ := strings.Cut(assignment, "=")
				if ignoredVariables.MatchString(name) {
					continue
				}
				switch {
				case slices.Contains(pidVariables, name):
					line = "env " + name + "=" + r.numbered(value)
				case name == "NOTIFY_SOCKET": // each has its own
					line = "env " + name + "="
				}
			}
			fmt.Fprintf(&b, "#%d %s\n", i+1, line)
		}
	}
	return b.String()
}

// numbered is the number of a PID among those of the record.
func (r record) numbered(value string) string {
	pid, err := strconv.Atoi(value)
	if i := slices.Index(r.pids, pid); err == nil && i >= 0 {
		return fmt.Sprintf("#%d", i+1)
	}
	return value
}

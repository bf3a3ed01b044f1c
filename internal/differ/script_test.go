//go:build linux && !race

package differ

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// deadline bounds every wait. It is generous: it ends a hung case and times nothing.
const deadline = 120 * time.Second

// A play is one case under one side.
type play struct {
	*Case
	*side
	out        strings.Builder // the transcript
	background chan string     // the outcome of a verb that is under way
}

// facts are compared after each case, and wherever a script says "show".
var facts = []string{
	"ActiveState", "SubState", "Result", "NRestarts", "ExecMainCode", "ExecMainStatus", "StatusText", "MainPID",
}

// perform does what the case's script says and returns the transcript.
func (p *play) perform() (string, error) {
	for _, step := range p.steps {
		if err := p.step(step); err != nil {
			now := p.properties(p.service(), facts...)
			return "", fmt.Errorf("%s: %s: %w\nnow: %v\nso far:\n%s%s", p.name, step, err, now, &p.out, p.record().text())
		}
	}
	p.show(nil)
	p.out.WriteString(p.record().text())
	return p.without(p.out.String()), nil
}

// without leaves out what the case does not compare; the number of a process in front
// of a line does not count.
func (p *play) without(transcript string) string {
	var b strings.Builder
	for line := range strings.Lines(transcript) {
		text := line
		if number, rest, _ := strings.Cut(line, " "); strings.HasPrefix(number, "#") {
			text = rest
		}
		if !slices.ContainsFunc(p.ignored, func(word string) bool { return strings.HasPrefix(text, word) }) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// step does one line of a script; README.md in testdata tells what there is.
func (p *play) step(step string) error {
	word, rest, _ := strings.Cut(step, " ")
	args := strings.Fields(rest)
	switch word {
	case "runs":
		n, err := strconv.Atoi(rest)
		if err != nil {
			return err
		}
		return p.until(func() bool { return p.record().runs() >= n })
	case "seen":
		times := 1
		if n, err := strconv.Atoi(args[0]); err == nil {
			times, rest = n, strings.TrimPrefix(rest, args[0]+" ")
		}
		return p.until(func() bool { return strings.Count(p.record().text(), " "+rest+"\n") >= times })
	case "state":
		return p.awaitState(func(now map[string]string) bool { return slices.Contains(strings.Fields(rest), now["SubState"]) })
	case "rest":
		return p.awaitState(func(now map[string]string) bool {
			return (now["ActiveState"] == "inactive" || now["ActiveState"] == "failed") && now["Job"] == ""
		})
	case "shown":
		name, value, _ := strings.Cut(rest, "=")
		return p.until(func() bool { return p.properties(p.service(), name)[name] == value })
	case "gone":
		pid, err := p.pid(rest)
		if err != nil {
			return err
		}
		return p.until(func() bool { return !p.alive(pid) })
	case "signal":
		return p.signal(args)
	case "touch":
		return writeOpen(filepath.Join(p.cases, p.unit, rest), nil)
	case "show":
		p.show(args)
		return nil
	case "sh":
		out, code := p.run(rest, inBackground)
		fmt.Fprintf(&p.out, "%s\n%sexit code %d\n", rest, out, code)
		return nil
	case "done":
		p.out.WriteString(<-p.background)
		return nil
	}
	return p.verb(word, args)
}

// verb asks the side for something; with & at the end its outcome is waited for by "done".
func (p *play) verb(verb string, args []string) error {
	verbs := []string{"start", "stop", "restart", "reload", "kill", "reset-failed", "is-active", "is-failed", "try-restart"}
	if !slices.Contains(verbs, verb) {
		return errors.New("no such step")
	}
	under := slices.Contains(args, "&")
	args = slices.DeleteFunc(args, func(arg string) bool { return arg == "&" })
	act := func() string {
		_, code := p.do(p.service(), verb, args...)
		switch {
		case code == 0:
			return verb + ": ok\n"
		case strings.HasPrefix(verb, "is-"):
			return fmt.Sprintf("%s: exit code %d\n", verb, code)
		}
		return verb + ": failed\n" // systemctl has one exit code where holdfast has two
	}
	if !under {
		p.out.WriteString(act())
		return nil
	}
	done := make(chan string, 1)
	p.background = done
	go func() { done <- act() }()
	return nil
}

// signal sends a signal to a process, by its number in the record; to the last one.
func (p *play) signal(args []string) error {
	which := "#0"
	if len(args) > 1 {
		which = args[1]
	}
	pid, err := p.pid(which)
	if err != nil {
		return err
	}
	if out, code := p.run(fmt.Sprintf("kill -%s %d", args[0], pid), inBackground); code != 0 {
		return errors.New(out)
	}
	return nil
}

// pid is that of a process of the record: #1 the first, #0 the last.
func (p *play) pid(which string) (int, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(which, "#"))
	pids := p.record().pids
	if err != nil || n > len(pids) || len(pids) == 0 {
		return 0, fmt.Errorf("no process %s", which)
	}
	if n == 0 {
		n = len(pids)
	}
	return pids[n-1], nil
}

// alive reports whether a process of the record runs still.
func (p *play) alive(pid int) bool {
	_, code := p.run(fmt.Sprintf(`read -r _ _ state _ </proc/%d/stat && [ "$state" != Z ]`, pid), inBackground)
	return code == 0
}

// show puts properties into the transcript.
func (p *play) show(names []string) {
	if len(names) == 0 {
		names = facts
	}
	found := p.properties(p.service(), names...)
	for _, name := range names {
		value := found[name]
		if strings.HasSuffix(name, "PID") {
			value = p.record().numbered(value)
		}
		fmt.Fprintf(&p.out, "%s=%s\n", name, value)
	}
	for i, pid := range p.record().pids {
		if p.alive(pid) {
			fmt.Fprintf(&p.out, "#%d is alive\n", i+1)
		}
	}
}

func (p *play) awaitState(is func(map[string]string) bool) error {
	names := []string{"ActiveState", "SubState"}
	if p.name == "systemd" {
		// Between two tries a unit is inactive, with a job waiting.
		names = append(names, "Job")
	}
	return p.until(func() bool { return is(p.properties(p.service(), names...)) })
}

func (p *play) until(holds func() bool) error {
	pause := 4 * time.Millisecond
	for end := time.Now().Add(deadline); !holds(); pause = min(pause*5/4, 50*time.Millisecond) {
		if time.Now().After(end) {
			return errors.New("gave up waiting")
		}
		time.Sleep(pause) // how long is of no consequence
	}
	return nil
}

func (p *play) record() record {
	text, _ := os.ReadFile(filepath.Join(p.cases, p.unit, "record"))
	return parseRecord(string(text))
}

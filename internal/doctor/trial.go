package doctor

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"holdfast/internal/control"
	"holdfast/internal/proc"
)

// startAndStop has a guardian guard, hand over to itself, and stop.
func (p *patient) startAndStop() (string, error) {
	if p.dir.Runtime == "" {
		return "", errNoDirectories
	}
	name := p.dir.Name
	began := time.Now()
	err := p.holdfast("start", "--name", name, "--restart", "no", "--settle", "0", "--force", "--", p.self, Idle)
	took := time.Since(began)
	if err == nil {
		err = p.holdfast("upgrade", name)
	}
	if err == nil {
		p.guardian, err = p.lookAtGuardian()
	}
	if stop := p.holdfast("stop", name); err == nil {
		err = stop
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("a service was started (%d ms), upgraded and stopped", took.Milliseconds()), nil
}

// holdfast runs one command line of this program.
func (p *patient) holdfast(args ...string) error {
	out, err := exec.Command(p.self, args...).CombinedOutput()
	if err == nil {
		return nil
	}
	if said := strings.TrimSpace(string(out)); said != "" {
		err = errors.New(strings.TrimPrefix(strings.Join(strings.Fields(said), " "), "holdfast: "))
	}
	return err
}

// guardianSeen is a guardian, and who took it in when the intermediate had ended.
type guardianSeen struct{ guardian, parent proc.Process }

func (p *patient) lookAtGuardian() (seen guardianSeen, err error) {
	reply, err := control.Ask(p.ctx, p.dir.Control(), control.Request{Verb: control.Status})
	if err != nil {
		return seen, err
	}
	all, err := proc.Descendants(0)
	if err != nil {
		return seen, err
	}
	find := func(pid int) (found proc.Process) {
		for _, process := range all {
			if process.PID == pid {
				found = process
			}
		}
		return found
	}
	seen.guardian = find(reply.Record.Guardian.PID)
	seen.parent = find(seen.guardian.PPID)
	return seen, nil
}

// reapPatience is how long process 1 may take.
const reapPatience = 2 * time.Second

// initReaps looks what becomes of the guardian that startAndStop has ended.
func (p *patient) initReaps() (string, error) {
	guardian, parent := p.guardian.guardian, p.guardian.parent
	if guardian.PID == 0 {
		return "", fmt.Errorf("%w, for no guardian came to be", errSkipped)
	}
	found := fmt.Sprintf("%s (PID %d) takes in guardians", parent.Comm, parent.PID)
	if parent.PID == os.Getpid() {
		return found, fmt.Errorf("%w, for it is this very process", errSkipped)
	}
	for end := time.Now().Add(reapPatience); ; time.Sleep(5 * time.Millisecond) {
		below, err := proc.Descendants(parent.PID)
		if err != nil {
			return found, err
		}
		left := false
		for _, process := range below {
			left = left || process.ID == guardian.ID
		}
		switch {
		case !left:
			return found + " and reaps them", nil
		case time.Now().After(end):
			return found, fmt.Errorf("it has not reaped one for %v", reapPatience)
		}
	}
}

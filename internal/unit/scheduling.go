package unit

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast/internal/watchdog"
)

func (d *draft) nice(text string) error {
	if text == "" {
		d.service.Setup.Nice = nil
		return nil
	}
	level, err := parseInteger(text, -20, 19)
	if err == nil {
		d.service.Setup.Nice = &level
	}
	return err
}

// cpuAffinity adds CPUs; an empty value resets.
func (d *draft) cpuAffinity(text string) error {
	if text == "" {
		d.service.Setup.CPUAffinity = nil
		return nil
	}
	const most = 1023 // of the kernel's cpu_set_t
	var cpus []int
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return isSpace(r) || r == ',' }) {
		first, last, isRange := strings.Cut(word, "-")
		if !isRange {
			last = first
		}
		from, err := strconv.ParseUint(first, 10, 31)
		to, lastErr := strconv.ParseUint(last, 10, 31)
		switch {
		case word == "numa":
			return errors.New("the CPUs of NUMAMask= are not known here; name the CPUs")
		case err != nil || lastErr != nil || to < from || to > most:
			return errors.New("not a list of CPUs such as 0 2-5")
		}
		for cpu := from; cpu <= to; cpu++ {
			cpus = append(cpus, int(cpu))
		}
	}
	cpus = append(cpus, d.service.Setup.CPUAffinity...)
	slices.Sort(cpus)
	d.service.Setup.CPUAffinity = slices.Compact(cpus)
	return nil
}

// changeScheduling changes a copy: the one there is may be another service's, too.
func (d *draft) changeScheduling(change func(*watchdog.Scheduling)) {
	var scheduling watchdog.Scheduling
	if given := d.service.Setup.Scheduling; given != nil {
		scheduling = *given
	}
	change(&scheduling)
	d.service.Setup.Scheduling = &scheduling
}

func (d *draft) schedulingPolicy(text string) error {
	if text == "" {
		d.service.Setup.Scheduling = nil
		return nil
	}
	policy, err := oneOf("other", "batch", "idle", "fifo", "rr")(text)
	if err != nil {
		return err
	}
	d.changeScheduling(func(s *watchdog.Scheduling) {
		s.Policy = policy
		if policy == "fifo" || policy == "rr" {
			s.Priority = max(s.Priority, 1)
		} else {
			s.Priority = 0
		}
	})
	return nil
}

func (d *draft) schedulingPriority(text string) error {
	if text == "" {
		text = "0"
	}
	priority, err := parseInteger(text, 0, 99)
	if err == nil {
		d.changeScheduling(func(s *watchdog.Scheduling) {
			s.Priority = priority
			if s.Policy == "" {
				s.Policy = "other"
			}
		})
	}
	return err
}

func (d *draft) schedulingReset(text string) error {
	reset, err := parseBool(text)
	if err == nil {
		d.changeScheduling(func(s *watchdog.Scheduling) { s.ResetOnFork = reset })
	}
	return err
}

// completeScheduling forgets what is nothing without a policy.
func (d *draft) completeScheduling() {
	if s := d.service.Setup.Scheduling; s != nil && s.Policy == "" {
		d.service.Setup.Scheduling = nil
	}
}

// usualIO is the kernel's own: best-effort, in the middle.
var usualIO = watchdog.IOPriority{Class: 2, Level: 4}

func (d *draft) changeIO(change func(*watchdog.IOPriority)) {
	priority := usualIO
	if given := d.service.Setup.IOPriority; given != nil {
		priority = *given
	}
	change(&priority)
	d.service.Setup.IOPriority = &priority
}

func (d *draft) ioClass(text string) error {
	classes := []string{"none", "realtime", "best-effort", "idle"}
	class := slices.Index(classes, text)
	if number, err := parseInteger(text, 0, 3); err == nil {
		class = number
	}
	switch {
	case text == "":
		d.service.Setup.IOPriority = nil
	case class < 0:
		return errors.New("not one of " + strings.Join(classes, ", "))
	case class == 0:
		d.changeIO(func(p *watchdog.IOPriority) { *p = usualIO })
	default:
		d.changeIO(func(p *watchdog.IOPriority) { p.Class = class })
	}
	return nil
}

func (d *draft) ioPriority(text string) error {
	if text == "" {
		d.service.Setup.IOPriority = nil
		return nil
	}
	level, err := parseInteger(text, 0, 7)
	if err == nil {
		d.changeIO(func(p *watchdog.IOPriority) { p.Level = level })
	}
	return err
}

// timerSlack reads a span whose plain number is of nanoseconds.
func (d *draft) timerSlack(text string) error {
	digits, unit := cutDigits(text)
	slack, err := ParseSpan(text)
	if unit = strings.Trim(unit, whitespace); unit == "" || unit == "ns" || unit == "nsec" {
		var number uint64
		number, err = strconv.ParseUint(digits, 10, 63)
		slack = time.Duration(number)
	}
	if err != nil {
		return errNotSpan
	}
	d.service.Setup.TimerSlack = &slack
	return nil
}

package unit

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"holdfast/internal/proc"
)

// resourceDirectives are the rows of systemd.resource-control(5).
func (d *draft) resourceDirectives() []Directive {
	r := &d.service.Resources
	return []Directive{
		{"Service", "MemoryMax", Honoured, "The most memory of all its processes together, in bytes or percent; above it the kernel kills (OOM).", d.memory(&r.MemoryMax)},
		{"Service", "MemoryHigh", Honoured, "Above it its processes are slowed down and their memory reclaimed.", d.memory(&r.MemoryHigh)},
		{"Service", "MemorySwapMax", Honoured, "The most swap space of all its processes together.", d.swap},
		{"Service", "TasksMax", Honoured, "The most processes and threads, a number or percent of what the host may have.", d.tasks},
		{"Service", "CPUQuota", Honoured, "The most CPU time, in percent of one CPU; 150% is one and a half.", d.cpuQuota},
		{"Service", "CPUWeight", Honoured, "The share of the CPU where it is scarce, 1 to 10000 or idle; what says nothing has 100.", d.cpuWeight},
	}
}

// memory is the setter of a limit in bytes; empty and infinity are none.
func (d *draft) memory(field *uint64) func(string) error {
	return func(text string) error {
		if text == "" || text == "infinity" {
			*field = 0
			return nil
		}
		bytes, err := parseMemory(text)
		if err == nil && bytes == 0 {
			err = errors.New("a limit of nothing; write infinity for none")
		}
		if err == nil {
			*field = bytes
		}
		return err
	}
}

// swap is as memory, but may be 0.
func (d *draft) swap(text string) error {
	if text == "" || text == "infinity" {
		d.service.Resources.MemorySwapMax = nil
		return nil
	}
	bytes, err := parseMemory(text)
	if err == nil {
		d.service.Resources.MemorySwapMax = &bytes
	}
	return err
}

// parseMemory reads a size, or a share of the memory of the host. A percentage is whole
// pages, as physical_memory_scale in systemd's src/basic/limits-util.c has it.
func parseMemory(text string) (uint64, error) {
	share, err := parseShare(text)
	if err != nil {
		bytes, err := parseSize(text)
		if errors.Is(err, errNotSize) {
			err = errors.New(err.Error() + ", or a percentage")
		}
		return bytes, err
	}
	if share > whole {
		return 0, errors.New("more than 100%")
	}
	memory, err := proc.MemoryForPercent()
	const page = 4096
	return memory / page * share / whole * page, err
}

func (d *draft) tasks(text string) error {
	if text == "" || text == "infinity" {
		d.service.Resources.TasksMax = 0
		return nil
	}
	tasks, err := limitCount(text)
	if err != nil {
		err = errors.New("neither a number, nor a percentage, nor infinity")
	}
	if share, shareErr := parseShare(text); shareErr == nil {
		if tasks, err = proc.TasksForPercent(); err == nil {
			high, low := bits.Mul64(tasks, min(share, whole+1))
			tasks, _ = bits.Div64(high, low, whole)
		}
		if share > whole {
			err = errors.New("more than 100%")
		}
	}
	if err == nil && tasks == 0 {
		err = errors.New("a limit of nothing; write infinity for none")
	}
	if err == nil {
		d.service.Resources.TasksMax = tasks
	}
	return err
}

func (d *draft) cpuQuota(text string) error {
	if text == "" {
		d.service.Resources.CPUQuota = 0
		return nil
	}
	share, err := parseShare(text)
	switch {
	case err != nil:
		return err
	case share == 0:
		return errors.New("no CPU at all; leave it out for no limit")
	}
	d.service.Resources.CPUQuota = time.Duration(share) * time.Second / whole
	return nil
}

func (d *draft) cpuWeight(text string) error {
	weight := 0
	if text != "idle" && text != "" {
		var err error
		if weight, err = parseInteger(text, 1, 10000); err != nil {
			return errors.New("neither a number from 1 to 10000 nor idle")
		}
	}
	d.service.Resources.CPUWeight = &weight
	if text == "" {
		d.service.Resources.CPUWeight = nil
	}
	return nil
}

// whole is 100% in the parts that parseShare counts.
const whole = 10000

var errNotShare = errors.New("not a percentage such as 50% or 12.5%")

// parseShare reads a percentage, a permille or a permyriad, the first two with a fraction
// of up to two digits or one: parse_permyriad_unbounded in systemd's src/basic/percent-util.c.
func parseShare(text string) (uint64, error) {
	for sign, digits := range map[string]int{"%": 2, "‰": 1, "‱": 0} {
		number, found := strings.CutSuffix(text, sign)
		if !found {
			continue
		}
		number, fraction, hasFraction := strings.Cut(number, ".")
		if hasFraction && (fraction == "" || len(fraction) > digits) {
			return 0, errNotShare
		}
		share, err := strconv.ParseUint(number+fraction+strings.Repeat("0", digits-len(fraction)), 10, 64)
		if err != nil || number == "" || share > math.MaxInt32 {
			return 0, errNotShare
		}
		return share, nil
	}
	return 0, errNotShare
}

package proc

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Setup is what a new process does to itself before it executes its program, and a plain fork cannot do for
// it: systemd.exec(5). The zero value is nothing. Only Linux can do it; elsewhere a spawn with a Setup fails.
type Setup struct {
	// Limits are resource limits, setrlimit(2). Without the right to raise one, it is set as high as may be.
	Limits []Limit `json:",omitempty"`
	// Nice is from -20 to 19; nil keeps the guardian's. Without the right to it, the nearest that may be.
	Nice *int `json:",omitempty"`
	// Scheduling is the policy of the CPU scheduler; nil keeps the guardian's.
	Scheduling *Scheduling `json:",omitempty"`
	// CPUAffinity are the CPUs that it may run on, counted from 0; none means the guardian's.
	CPUAffinity []int `json:",omitempty"`
	// IOPriority is as in ioprio_set(2); nil keeps the guardian's.
	IOPriority *IOPriority `json:",omitempty"`
	// TimerSlack is how late its timers may be, in nanoseconds; nil keeps the guardian's.
	TimerSlack *time.Duration `json:",omitempty"`
	// RootDirectory becomes its /; "" is no change. The paths of the Spec are below it.
	RootDirectory string `json:",omitempty"`
	// CapabilityBoundingSet are the capabilities that it can ever have; nil takes none away.
	CapabilityBoundingSet *Capabilities `json:",omitempty"`
	// AmbientCapabilities are those that it has although it is not root.
	AmbientCapabilities Capabilities `json:",omitempty"`
	// SecureBits are the bits of capabilities(7).
	SecureBits int `json:",omitempty"`
	// NoNewPrivileges keeps set-user-ID programs from gaining any right.
	NoNewPrivileges bool `json:",omitempty"`
	// PIDVariable is the name of an environment variable that holds its PID; "" is none.
	PIDVariable string `json:",omitempty"`
}

// IsZero reports that there is nothing to do.
func (s Setup) IsZero() bool { return reflect.ValueOf(s).IsZero() }

// A Limit is a resource limit. Its name is that of the directive without "Limit", such as NOFILE; the numbers
// are the kernel's, and [NoLimit] is none.
type Limit struct {
	Name       string
	Soft, Hard uint64
}

// NoLimit is RLIM_INFINITY.
const NoLimit = ^uint64(0)

// String is the limit as a service file has it, soft and hard.
func (l Limit) String() string {
	number := func(n uint64) string {
		if n == NoLimit {
			return "infinity"
		}
		return strconv.FormatUint(n, 10)
	}
	if l.Soft == l.Hard {
		return number(l.Soft)
	}
	return number(l.Soft) + ":" + number(l.Hard)
}

// Scheduling is as in sched_setscheduler(2).
type Scheduling struct {
	// Policy is other, batch, idle, fifo or rr; "" is other.
	Policy string
	// Priority is from 1 to 99 for fifo and rr, else 0.
	Priority int
	// ResetOnFork keeps its children from inheriting what no other process gets.
	ResetOnFork bool
}

// IOPriority is a class, 1 for realtime, 2 for best-effort, 3 for idle, and a level from 0, the first, to 7.
type IOPriority struct{ Class, Level int }

// CPURanges is a list of CPUs as CPUAffinity= has it, "0-2 5".
func CPURanges(cpus []int) string {
	cpus = slices.Sorted(slices.Values(cpus))
	var ranges []string
	for i := 0; i < len(cpus); {
		end := i
		for end+1 < len(cpus) && cpus[end+1] == cpus[end]+1 {
			end++
		}
		if end > i {
			ranges = append(ranges, fmt.Sprintf("%d-%d", cpus[i], cpus[end]))
		} else {
			ranges = append(ranges, strconv.Itoa(cpus[i]))
		}
		i = end + 1
	}
	return strings.Join(ranges, " ")
}

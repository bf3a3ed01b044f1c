package proc

import (
	"reflect"
	"strconv"
	"time"
)

// Resources are what a control group limits for all processes of a service together: systemd.resource-control(5).
// The zero value is no limit.
type Resources struct {
	// MemoryMax and MemoryHigh are bytes; 0 is no limit. Above MemoryHigh the processes are slowed down, above
	// MemoryMax the OOM killer comes.
	MemoryMax, MemoryHigh uint64 `json:",omitempty"`
	// MemorySwapMax is in bytes; nil is no limit.
	MemorySwapMax *uint64 `json:",omitempty"`
	// TasksMax is how many processes and threads there may be; 0 is no limit.
	TasksMax uint64 `json:",omitempty"`
	// CPUQuota is the CPU time in each second, of all CPUs together; 0 is no limit.
	CPUQuota time.Duration `json:",omitempty"`
	// CPUWeight is the share of the CPU where others want it, too: 1 to 10000, or 0 for what nobody else
	// wants; nil is the usual 100.
	CPUWeight *int `json:",omitempty"`
}

// IsZero reports that there is no limit.
func (r Resources) IsZero() bool { return reflect.ValueOf(r).IsZero() }

// controllers are those that the limits need.
func (r Resources) controllers() (names []string) {
	if r.MemoryMax != 0 || r.MemoryHigh != 0 || r.MemorySwapMax != nil {
		names = append(names, "memory")
	}
	if r.TasksMax != 0 {
		names = append(names, "pids")
	}
	if r.CPUQuota != 0 || r.CPUWeight != nil {
		names = append(names, "cpu")
	}
	return names
}

// A groupFile is a file of a control group with the value it is to have.
type groupFile struct {
	directive   string // that asks for it; "" takes back what there was before, or prepares for the next one
	file, value string // no file: this kind of control group has none for it
}

// files are those of a controller, in the order of writing.
func (r Resources) files(controller string, v2 bool) []groupFile {
	asked := func(directive string, yes bool) string {
		if yes {
			return directive
		}
		return ""
	}
	number := func(n uint64, none string) string {
		if n == 0 {
			return none
		}
		return strconv.FormatUint(n, 10)
	}
	switch {
	case controller == "memory" && v2:
		swap := "max"
		if r.MemorySwapMax != nil {
			swap = strconv.FormatUint(*r.MemorySwapMax, 10)
		}
		return []groupFile{
			{asked("MemoryHigh", r.MemoryHigh != 0), "memory.high", number(r.MemoryHigh, "max")},
			{asked("MemorySwapMax", r.MemorySwapMax != nil), "memory.swap.max", swap},
			{asked("MemoryMax", r.MemoryMax != 0), "memory.max", number(r.MemoryMax, "max")},
		}
	case controller == "memory":
		const both = "memory.memsw.limit_in_bytes" // never below the other
		files := []groupFile{{"", both, "-1"}, {asked("MemoryMax", r.MemoryMax != 0), "memory.limit_in_bytes", number(r.MemoryMax, "-1")}}
		switch {
		case r.MemorySwapMax != nil && r.MemoryMax != 0:
			files = append(files, groupFile{"MemorySwapMax", both, number(min(r.MemoryMax+*r.MemorySwapMax, 1<<62), "")})
		case r.MemorySwapMax != nil:
			files = append(files, groupFile{"MemorySwapMax", "", ""})
		}
		if r.MemoryHigh != 0 {
			files = append(files, groupFile{"MemoryHigh", "", ""})
		}
		return files
	case controller == "pids":
		return []groupFile{{"TasksMax", "pids.max", number(r.TasksMax, "max")}}
	}
	period, quota := r.bandwidth()
	files := []groupFile{{asked("CPUQuota", r.CPUQuota != 0), "cpu.max", number(quota, "max") + " " + number(period, "")}}
	if !v2 {
		files = []groupFile{
			{"", "cpu.cfs_quota_us", "-1"}, // or the period might not fit what there was
			{asked("CPUQuota", r.CPUQuota != 0), "cpu.cfs_period_us", number(period, "")},
			{asked("CPUQuota", r.CPUQuota != 0), "cpu.cfs_quota_us", number(quota, "-1")},
		}
	}
	weight := 100
	if r.CPUWeight != nil {
		weight = *r.CPUWeight
	}
	if weight == 0 {
		return append(files, groupFile{"CPUWeight", "cpu.idle", "1"})
	}
	file, value := "cpu.weight", weight
	if !v2 {
		file, value = "cpu.shares", max(2, weight*1024/100) // cgroup_cpu_weight_to_shares in systemd's src/core/cgroup.c
	}
	return append(files, groupFile{"", "cpu.idle", "0"}, groupFile{asked("CPUWeight", r.CPUWeight != nil), file, strconv.Itoa(value)})
}

// bandwidth is the quota in microseconds of each period, which is longer than usual where the quota would be less
// than the kernel's least: cgroup_cpu_adjust_period in systemd's src/core/cgroup.c.
func (r Resources) bandwidth() (period, quota uint64) {
	const usual, least, longest = 100_000, 1000, 1_000_000
	perSecond := uint64(r.CPUQuota / time.Microsecond)
	if perSecond == 0 {
		return usual, 0
	}
	period = min(max(usual, least*1_000_000/perSecond), longest)
	return period, max(perSecond*period/1_000_000, least)
}

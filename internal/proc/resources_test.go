package proc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestFilesOfResources(t *testing.T) {
	t.Parallel()
	swap, idle, weight, little := uint64(0), 0, 50, 1
	tests := []struct {
		name       string
		resources  Resources
		controller string
		v2         bool
		want       string
	}{
		{"memory in v2", Resources{MemoryMax: 1000, MemoryHigh: 900, MemorySwapMax: &swap}, "memory", true,
			"MemoryHigh:memory.high=900 MemorySwapMax:memory.swap.max=0 MemoryMax:memory.max=1000"},
		{"what is not asked for is taken back", Resources{MemoryMax: 1000}, "memory", true,
			":memory.high=max :memory.swap.max=max MemoryMax:memory.max=1000"},
		{"memory in v1", Resources{MemoryMax: 1000, MemorySwapMax: &swap}, "memory", false,
			":memory.memsw.limit_in_bytes=-1 MemoryMax:memory.limit_in_bytes=1000 MemorySwapMax:memory.memsw.limit_in_bytes=1000"},
		{"what v1 does not have", Resources{MemoryHigh: 1000, MemorySwapMax: &swap}, "memory", false,
			":memory.memsw.limit_in_bytes=-1 :memory.limit_in_bytes=-1 MemorySwapMax:= MemoryHigh:="},
		{"tasks", Resources{TasksMax: 7}, "pids", true, "TasksMax:pids.max=7"},
		{"a quota in v2", Resources{CPUQuota: 1500 * time.Millisecond}, "cpu", true,
			"CPUQuota:cpu.max=150000 100000 :cpu.idle=0 :cpu.weight=100"},
		{"a quota in v1", Resources{CPUQuota: 200 * time.Millisecond}, "cpu", false,
			":cpu.cfs_quota_us=-1 CPUQuota:cpu.cfs_period_us=100000 CPUQuota:cpu.cfs_quota_us=20000 :cpu.idle=0 :cpu.shares=1024"},
		{"a quota below one percent", Resources{CPUQuota: 2 * time.Millisecond}, "cpu", true,
			"CPUQuota:cpu.max=1000 500000 :cpu.idle=0 :cpu.weight=100"},
		{"the least quota", Resources{CPUQuota: 100 * time.Microsecond}, "cpu", true,
			"CPUQuota:cpu.max=1000 1000000 :cpu.idle=0 :cpu.weight=100"},
		{"a weight in v2", Resources{CPUWeight: &weight}, "cpu", true, ":cpu.max=max 100000 :cpu.idle=0 CPUWeight:cpu.weight=50"},
		{"a weight in v1", Resources{CPUWeight: &weight}, "cpu", false,
			":cpu.cfs_quota_us=-1 :cpu.cfs_period_us=100000 :cpu.cfs_quota_us=-1 :cpu.idle=0 CPUWeight:cpu.shares=512"},
		{"the least weight in v1", Resources{CPUWeight: &little}, "cpu", false,
			":cpu.cfs_quota_us=-1 :cpu.cfs_period_us=100000 :cpu.cfs_quota_us=-1 :cpu.idle=0 CPUWeight:cpu.shares=10"},
		{"idle", Resources{CPUWeight: &idle}, "cpu", true, ":cpu.max=max 100000 CPUWeight:cpu.idle=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range tt.resources.files(tt.controller, tt.v2) {
				got = append(got, fmt.Sprintf("%s:%s=%s", f.directive, f.file, f.value))
			}
			if text := strings.Join(got, " "); text != tt.want {
				t.Errorf("files:\n%s\nwant:\n%s", text, tt.want)
			}
		})
	}
}

func TestWhatIsNotEnforcedIsNamed(t *testing.T) {
	t.Parallel()
	swap := uint64(1)
	r := Resources{MemoryMax: 1, MemorySwapMax: &swap, TasksMax: 2}
	if got := strings.Join(r.controllers(), " "); got != "memory pids" {
		t.Errorf("it needs %s", got)
	}
	var names []string
	for _, u := range r.unenforced("memory", errors.New("read-only")) {
		names = append(names, u.Error())
	}
	const want = "MemorySwapMax= is not enforced: read-only, MemoryMax= is not enforced: read-only"
	if got := strings.Join(names, ", "); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !(Resources{}).IsZero() || r.IsZero() {
		t.Error("zero is not told from a limit")
	}
}

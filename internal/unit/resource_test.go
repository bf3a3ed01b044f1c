package unit

import (
	"testing"
	"time"

	"holdfast/internal/proc"
	"holdfast/internal/watchdog"
)

func TestResourceControl(t *testing.T) {
	t.Parallel()
	memory, err := proc.MemoryForPercent()
	if err != nil {
		t.Skip(err)
	}
	tasks, err := proc.TasksForPercent()
	if err != nil {
		t.Skip(err)
	}
	none, some, idle, weight := uint64(0), uint64(1<<20), 0, 10000
	tests := []struct {
		settings []string
		want     watchdog.ResourceControl
	}{
		{[]string{"MemoryMax=1.5G", "MemoryHigh=1G"}, watchdog.ResourceControl{MemoryMax: 3 << 29, MemoryHigh: 1 << 30}},
		{[]string{"MemoryMax=50%"}, watchdog.ResourceControl{MemoryMax: memory / 4096 / 2 * 4096}},
		{[]string{"MemoryMax=1G", "MemoryMax=infinity"}, watchdog.ResourceControl{}},
		{[]string{"MemoryMax=1G", "MemoryMax="}, watchdog.ResourceControl{}},
		{[]string{"MemorySwapMax=0"}, watchdog.ResourceControl{MemorySwapMax: &none}},
		{[]string{"MemorySwapMax=1M"}, watchdog.ResourceControl{MemorySwapMax: &some}},
		{[]string{"TasksMax=7"}, watchdog.ResourceControl{TasksMax: 7}},
		{[]string{"TasksMax=80%"}, watchdog.ResourceControl{TasksMax: tasks * 8 / 10}},
		{[]string{"TasksMax=7", "TasksMax=infinity"}, watchdog.ResourceControl{}},
		{[]string{"CPUQuota=150%"}, watchdog.ResourceControl{CPUQuota: 1500 * time.Millisecond}},
		{[]string{"CPUQuota=12.5%"}, watchdog.ResourceControl{CPUQuota: 125 * time.Millisecond}},
		{[]string{"CPUQuota=0.25%"}, watchdog.ResourceControl{CPUQuota: 2500 * time.Microsecond}},
		{[]string{"CPUQuota=20.5‰"}, watchdog.ResourceControl{CPUQuota: 20500 * time.Microsecond}},
		{[]string{"CPUQuota=3‱"}, watchdog.ResourceControl{CPUQuota: 300 * time.Microsecond}},
		{[]string{"CPUQuota=20%", "CPUQuota="}, watchdog.ResourceControl{}},
		{[]string{"CPUWeight=10000"}, watchdog.ResourceControl{CPUWeight: &weight}},
		{[]string{"CPUWeight=idle"}, watchdog.ResourceControl{CPUWeight: &idle}},
		{[]string{"CPUWeight=7", "CPUWeight="}, watchdog.ResourceControl{}},
	}
	for _, tt := range tests {
		s := watchdog.FileDefaults("web")
		if err := Set(&s, tt.settings...); err != nil {
			t.Errorf("%q: %v", tt.settings, err)
		}
		if got, want := shownResources(s.Resources), shownResources(tt.want); got != want {
			t.Errorf("%q: %+v, want %+v", tt.settings, got, want)
		}
	}
}

// shownResources are comparable.
func shownResources(r watchdog.ResourceControl) (values [6]int64) {
	values = [6]int64{int64(r.MemoryMax), int64(r.MemoryHigh), -1, int64(r.TasksMax), int64(r.CPUQuota), -1}
	if r.MemorySwapMax != nil {
		values[2] = int64(*r.MemorySwapMax)
	}
	if r.CPUWeight != nil {
		values[5] = int64(*r.CPUWeight)
	}
	return values
}

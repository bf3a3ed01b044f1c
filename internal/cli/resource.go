package cli

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"holdfast/internal/state"
	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

// unenforced is about the limits that would not be enforced if the service were started
// from here.
func unenforced(loaded unit.Loaded) (problems []unit.Problem) {
	var previous watchdog.Record
	if dir, err := state.Locate(loaded.Service.Name); err == nil {
		state.Load(dir.StateFile(), &previous) // without one there is no control group yet
	}
	for _, limit := range watchdog.CheckResources(loaded.Service, previous) {
		problem := unit.Problem{Err: limit}
		for _, s := range slices.Backward(loaded.Settings) {
			if s.Name == limit.Directive {
				err := fmt.Errorf("it is not enforced: %w", limit.Err)
				problem = unit.Problem{File: s.File, Line: s.Line, Name: s.Name, Value: s.Value, Err: err}
				break
			}
		}
		problems = append(problems, problem)
	}
	return problems
}

// resourceSettings are those of the settings that systemd.resource-control(5) has.
func resourceSettings(s watchdog.Service) []setting {
	r := &s.Resources
	bytes := func(n uint64) string {
		if n == 0 {
			return "infinity"
		}
		return strconv.FormatUint(n, 10)
	}
	swap, weight, quota := "infinity", optional(r.CPUWeight, ""), ""
	if r.MemorySwapMax != nil {
		swap = strconv.FormatUint(*r.MemorySwapMax, 10)
	}
	if weight == "0" {
		weight = "idle"
	}
	if r.CPUQuota != 0 { // hundredths of a percent
		part := int64(r.CPUQuota * 10000 / time.Second)
		quota = fmt.Sprintf("%d.%02d%%", part/100, part%100)
	}
	return []setting{
		{"Service", "MemoryMax", bytes(r.MemoryMax)},
		{"Service", "MemoryHigh", bytes(r.MemoryHigh)},
		{"Service", "MemorySwapMax", swap},
		{"Service", "TasksMax", bytes(r.TasksMax)},
		{"Service", "CPUQuota", quota},
		{"Service", "CPUWeight", weight},
	}
}

// resourceProperties are what show says of them, under systemctl's names.
func resourceProperties() []property {
	setting := func(name string, value func(s watchdog.Service) string) property {
		return property{name, func(v view, _ func() tree) string { return value(v.record.Service) }}
	}
	all := []property{
		{"ControlGroup", func(v view, _ func() tree) string { return v.record.ControlGroup.Path }},
		setting("CPUQuotaPerSecUSec", func(s watchdog.Service) string {
			if s.Resources.CPUQuota == 0 {
				return "infinity"
			}
			return unit.FormatSpan(s.Resources.CPUQuota)
		}),
		setting("CPUWeight", func(s watchdog.Service) string {
			if s.Resources.CPUWeight == nil {
				return notSet
			}
			return strconv.Itoa(*s.Resources.CPUWeight)
		}),
	}
	for _, name := range []string{"MemoryMax", "MemoryHigh", "MemorySwapMax", "TasksMax"} {
		all = append(all, setting(name, func(s watchdog.Service) string {
			for _, x := range resourceSettings(s) {
				if x.name == name {
					return x.value
				}
			}
			return ""
		}))
	}
	return all
}

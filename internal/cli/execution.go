package cli

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"holdfast/internal/proc"
	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

// limitNames are the resource limits in systemd's order.
var limitNames = [...]string{
	"CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NOFILE", "AS", "NPROC", "MEMLOCK", "LOCKS", "SIGPENDING",
	"MSGQUEUE", "NICE", "RTPRIO", "RTTIME",
}

// executionSettings are those of the settings that systemd.exec(5) has, but for the ones
// every service has.
func executionSettings(s watchdog.Service) []setting {
	setup, dirs := &s.Setup, &s.Directories
	login := ""
	if s.SetLoginEnvironment != nil {
		login = yesNo(*s.SetLoginEnvironment)
	}
	all := []setting{
		{"Service", "SupplementaryGroups", strings.Join(s.SupplementaryGroups, " ")},
		{"Service", "SetLoginEnvironment", login},
		{"Service", "IgnoreSIGPIPE", yesNo(s.IgnoreSIGPIPE)},
		{"Service", "Nice", optional(setup.Nice, "")},
		{"Service", "NoNewPrivileges", yesNo(setup.NoNewPrivileges)},
	}
	for _, name := range limitNames {
		value := ""
		if limit := limitOf(s, name); limit != nil {
			value = limit.String()
		}
		all = append(all, setting{"Service", "Limit" + name, value})
	}
	scheduling := watchdog.Scheduling{}
	if setup.Scheduling != nil {
		scheduling = *setup.Scheduling
	}
	priority := ""
	if scheduling.Priority != 0 {
		priority = strconv.Itoa(scheduling.Priority)
	}
	class, level := "", ""
	if p := setup.IOPriority; p != nil {
		class, level = strconv.Itoa(p.Class), strconv.Itoa(p.Level)
	}
	slack, bounding := "", ""
	if setup.TimerSlack != nil {
		slack = strconv.FormatInt(int64(*setup.TimerSlack), 10)
	}
	if set := setup.CapabilityBoundingSet; set != nil {
		bounding = cmp.Or(set.String(), "~"+(^*set).String())
	}
	all = append(all,
		setting{"Service", "CPUAffinity", proc.CPURanges(setup.CPUAffinity)},
		setting{"Service", "CPUSchedulingPolicy", scheduling.Policy},
		setting{"Service", "CPUSchedulingPriority", priority},
		setting{"Service", "CPUSchedulingResetOnFork", yesNo(scheduling.ResetOnFork)},
		setting{"Service", "IOSchedulingClass", class},
		setting{"Service", "IOSchedulingPriority", level},
		setting{"Service", "TimerSlackNSec", slack},
		setting{"Service", "CapabilityBoundingSet", bounding},
		setting{"Service", "AmbientCapabilities", setup.AmbientCapabilities.String()},
		setting{"Service", "SecureBits", secureBits(setup.SecureBits)},
		setting{"Service", "RootDirectory", escapeSpecifiers(setup.RootDirectory)},
		setting{"Service", "RuntimeDirectoryPreserve", cmp.Or(dirs.RuntimePreserve, "no")},
		setting{"Service", "StandardInput", escapeSpecifiers(string(cmp.Or(s.Standard.Input, watchdog.NullStream)))},
		setting{"Service", "StandardOutput", escapeSpecifiers(string(cmp.Or(s.Standard.Output, watchdog.LogStream)))},
		setting{"Service", "StandardError", escapeSpecifiers(string(cmp.Or(s.Standard.Error, watchdog.InheritStream)))},
		setting{"Service", "StandardInputData", base64.StdEncoding.EncodeToString(s.Standard.Data)},
	)
	for _, kind := range directoryKinds(dirs) {
		paths := make([]string, len(kind.dir.Paths))
		for i, path := range kind.dir.Paths {
			paths[i] = quoteWord(escapeSpecifiers(unit.BelowStandard(kind.name, path)))
		}
		all = append(all,
			setting{"Service", kind.name + "Directory", strings.Join(paths, " ")},
			setting{"Service", kind.name + "DirectoryMode", fmt.Sprintf("%04o", cmp.Or(kind.dir.Mode, os.FileMode(0o755)))})
	}
	return all
}

type namedDirectory struct {
	name string
	dir  watchdog.Directory
}

func directoryKinds(d *watchdog.Directories) []namedDirectory {
	return []namedDirectory{
		{"Runtime", d.Runtime}, {"State", d.State}, {"Cache", d.Cache}, {"Logs", d.Logs}, {"Configuration", d.Configuration},
	}
}

func limitOf(s watchdog.Service, name string) *watchdog.Limit {
	for _, limit := range s.Setup.Limits {
		if limit.Name == name {
			return &limit
		}
	}
	return nil
}

func secureBits(bits int) string {
	var words []string
	for bit, word := range unit.SecureBitNames {
		if bits>>bit&1 != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// executionProperties are what show says of them, under systemctl's names. A limit that is
// not set is the guardian's own, and not shown.
func executionProperties() []property {
	setting := func(name string, value func(s watchdog.Service) string) property {
		return property{name, func(v view, _ func() tree) string { return value(v.record.Service) }}
	}
	var all []property
	for _, name := range limitNames {
		limit := func(number func(*watchdog.Limit) uint64) func(watchdog.Service) string {
			return func(s watchdog.Service) string {
				set := limitOf(s, name)
				switch {
				case set == nil:
					return notSet
				case number(set) == proc.NoLimit:
					return "infinity"
				}
				return strconv.FormatUint(number(set), 10)
			}
		}
		all = append(all,
			setting("Limit"+name, limit(func(l *watchdog.Limit) uint64 { return l.Hard })),
			setting("Limit"+name+"Soft", limit(func(l *watchdog.Limit) uint64 { return l.Soft })))
	}
	for _, name := range []string{
		"SupplementaryGroups", "SetLoginEnvironment", "IgnoreSIGPIPE", "Nice", "NoNewPrivileges", "CPUAffinity", "IOSchedulingClass",
		"IOSchedulingPriority", "TimerSlackNSec", "CapabilityBoundingSet", "AmbientCapabilities", "RootDirectory",
		"RuntimeDirectory", "RuntimeDirectoryMode", "RuntimeDirectoryPreserve", "StateDirectory", "StateDirectoryMode",
		"CacheDirectory", "CacheDirectoryMode", "LogsDirectory", "LogsDirectoryMode", "ConfigurationDirectory",
		"ConfigurationDirectoryMode", "StandardInput", "StandardOutput", "StandardError",
	} {
		all = append(all, setting(name, func(s watchdog.Service) string {
			for _, x := range executionSettings(s) {
				if x.name == name {
					return x.value
				}
			}
			return ""
		}))
	}
	return all
}

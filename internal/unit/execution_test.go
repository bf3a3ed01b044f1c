package unit

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/internal/proc"
	"holdfast/internal/watchdog"
)

func TestExecution(t *testing.T) {
	t.Parallel()
	limits := func(s watchdog.Service) any {
		var all []string
		for _, l := range s.Setup.Limits {
			all = append(all, l.Name+"="+l.String())
		}
		return strings.Join(all, " ")
	}
	bounding := func(s watchdog.Service) any {
		if s.Setup.CapabilityBoundingSet == nil {
			return "all"
		}
		return s.Setup.CapabilityBoundingSet.String()
	}
	ambient := func(s watchdog.Service) any { return s.Setup.AmbientCapabilities.String() }
	cpus := func(s watchdog.Service) any { return proc.CPURanges(s.Setup.CPUAffinity) }
	scheduling := func(s watchdog.Service) any {
		if s.Setup.Scheduling == nil {
			return nil
		}
		return *s.Setup.Scheduling
	}
	io := func(s watchdog.Service) any {
		if s.Setup.IOPriority == nil {
			return nil
		}
		return *s.Setup.IOPriority
	}
	slack := func(s watchdog.Service) any { return *s.Setup.TimerSlack }
	standard := func(s watchdog.Service) any {
		return [3]watchdog.Stream{s.Standard.Input, s.Standard.Output, s.Standard.Error}
	}
	data := func(s watchdog.Service) any { return string(s.Standard.Data) }
	tests := []struct {
		name, lines string
		problems    []string
		get         func(watchdog.Service) any
		want        any
	}{
		{"a limit is both", "LimitNOFILE=100", nil, limits, "NOFILE=100"},
		{"or soft and hard", "LimitNOFILE=0x10:infinity", nil, limits, "NOFILE=16:infinity"},
		{"the last one counts", "LimitNOFILE=1\nLimitCORE=0\nLimitNOFILE=2", nil, limits, "CORE=0 NOFILE=2"},
		{"sizes", "LimitCORE=1M:1.5G\nLimitAS=1G 512M\nLimitSTACK=8192K", nil, limits, "CORE=1048576:1610612736 AS=1610612736 STACK=8388608"},
		{"times are rounded up to seconds", "LimitCPU=1min:90500ms", nil, limits, "CPU=60:91"},
		{"or are in microseconds", "LimitRTTIME=5ms:6000", nil, limits, "RTTIME=5000:6000"},
		{"a nice level with its sign", "LimitNICE=+5\nLimitNICE=+5:-5", nil, limits, "NICE=15:25"},
		{"or the kernel's number", "LimitNICE=7", nil, limits, "NICE=7"},
		{"soft above hard is ignored", "LimitNPROC=5\nLimitNPROC=5:3", []string{"the soft limit, which comes first, is above the hard one"}, limits, "NPROC=5"},
		{"no number", "LimitNPROC=-1\nLimitNPROC=", []string{"neither a number nor infinity", "neither a number nor infinity"}, limits, ""},
		{"no size", "LimitAS=5X\nLimitAS=1K 1M\nLimitAS=99999999E", []string{errNotSize.Error(), errNotSize.Error(), errLongSize.Error()}, limits, ""},

		{"nice", "Nice=-5", nil, func(s watchdog.Service) any { return *s.Setup.Nice }, -5},
		{"an empty nice is none", "Nice=5\nNice=", nil, func(s watchdog.Service) any { return s.Setup.Nice == nil }, true},
		{"nice beyond", "Nice=20", []string{"not a number from -20 to 19"}, func(s watchdog.Service) any { return s.Setup.IsZero() }, true},
		{"groups add up", "SupplementaryGroups=a b\nSupplementaryGroups=%p", nil, func(s watchdog.Service) any { return s.SupplementaryGroups }, []string{"a", "b", "web"}},
		{"SIGPIPE", "IgnoreSIGPIPE=no", nil, func(s watchdog.Service) any { return s.IgnoreSIGPIPE }, false},

		{"CPUs add up", "CPUAffinity=0,2-3\nCPUAffinity=1 5", nil, cpus, "0-3 5"},
		{"no CPUs", "CPUAffinity=1\nCPUAffinity=", nil, cpus, ""},
		{"bad CPUs", "CPUAffinity=3-1\nCPUAffinity=9999", []string{"not a list of CPUs such as 0 2-5", "not a list of CPUs such as 0 2-5"}, cpus, ""},
		{"a policy has a priority", "CPUSchedulingPolicy=fifo", nil, scheduling, watchdog.Scheduling{Policy: "fifo", Priority: 1}},
		{"a priority before its policy", "CPUSchedulingPriority=7\nCPUSchedulingPolicy=rr", nil, scheduling, watchdog.Scheduling{Policy: "rr", Priority: 7}},
		{"reset on fork alone is nothing", "CPUSchedulingResetOnFork=yes", nil, scheduling, nil},
		{"no such policy", "CPUSchedulingPolicy=best", []string{"not one of other, batch, idle, fifo, rr"}, scheduling, nil},
		{"an I/O class has a middle level", "IOSchedulingClass=realtime", nil, io, watchdog.IOPriority{Class: 1, Level: 4}},
		{"a level has a class", "IOSchedulingPriority=7", nil, io, watchdog.IOPriority{Class: 2, Level: 7}},
		{"no class is the usual one", "IOSchedulingClass=1\nIOSchedulingClass=none", nil, io, watchdog.IOPriority{Class: 2, Level: 4}},
		{"slack in nanoseconds", "TimerSlackNSec=700", nil, slack, 700 * time.Nanosecond},
		{"slack in words", "TimerSlackNSec=7us", nil, slack, 7 * time.Microsecond},

		{"a bounding set", "CapabilityBoundingSet=CAP_CHOWN cap_kill", nil, bounding, "cap_chown cap_kill"},
		{"sets add up", "CapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=CAP_KILL", nil, bounding, "cap_chown cap_kill"},
		{"and are taken off", "CapabilityBoundingSet=CAP_CHOWN CAP_KILL\nCapabilityBoundingSet=~CAP_KILL", nil, bounding, "cap_chown"},
		{"the empty set", "CapabilityBoundingSet=", nil, bounding, ""},
		{"all but none", "CapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=~", nil, bounding, "all"},
		{"an unknown one is left out", "CapabilityBoundingSet=CAP_KILL CAP_FLY", []string{"CAP_FLY is no capability that is known here"}, bounding, "cap_kill"},
		{"ambient ones begin with none", "AmbientCapabilities=CAP_KILL", nil, ambient, "cap_kill"},
		{"and are reset", "AmbientCapabilities=CAP_KILL\nAmbientCapabilities=", nil, ambient, ""},
		{"secure bits", "SecureBits=noroot keep-caps", nil, func(s watchdog.Service) any { return s.Setup.SecureBits }, 17},
		{"a root", "RootDirectory=/srv//%p/", nil, func(s watchdog.Service) any { return s.Setup.RootDirectory }, "/srv/web"},
		{"the root itself is none", "RootDirectory=/", nil, func(s watchdog.Service) any { return s.Setup.RootDirectory }, ""},

		{"streams", "StandardInput=file:/i\nStandardOutput=append:/a/%p\nStandardError=null", nil, standard, [3]watchdog.Stream{"file:/i", "append:/a/web", "null"}},
		{"every kind of log is ours", "StandardOutput=syslog\nStandardError=kmsg+console", nil, standard, [3]watchdog.Stream{"", "journal", "journal"}},
		{"no such stream", "StandardOutput=file\nStandardInput=append:/x", []string{
			"not one of null, inherit, journal, kmsg, syslog, journal+console, kmsg+console, syslog+console, file, append, truncate; a file is written file:PATH",
			"not one of null, data, file; a file is written file:PATH"}, standard, [3]watchdog.Stream{}},
		{"text and data add up", "StandardInputText=a\\tb %p\nStandardInputData=YW\\\n Jj", nil, data, "a\tb web\nabc"},
		{"an empty one resets both", "StandardInputText=a\nStandardInputData=", nil, data, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			loaded, err := Load(writeFile(t, "web.service", "[Service]\nExecStart=/bin/true\n"+tt.lines+"\n"), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var problems []string
			for _, p := range loaded.Problems {
				problems = append(problems, p.Err.Error())
			}
			if !slices.Equal(problems, tt.problems) {
				t.Errorf("problems %q, want %q", problems, tt.problems)
			}
			if got := tt.get(loaded.Service); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%q: got %v, want %v", tt.lines, got, tt.want)
			}
		})
	}
}

func TestExecutionRefused(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"StandardInput=tty":          "a program under guard has no terminal",
		"StandardOutput=fd:log":      "a program under guard has no terminal",
		"RootDirectory=srv":          "not an absolute path",
		"RuntimeDirectory=web:link":  "a link (web:link) to a directory is not made by holdfast",
		"SupplementaryGroups=a a:b":  "not a name or number of an account",
		"DynamicUser=yes":            "holdfast does not give this protection",
		"StandardOutput=socket":      "a program under guard has no terminal",
		"RuntimeDirectory=a/%Q":      "",
		"CapabilityBoundingSet=CAP_": "",
	} {
		_, err := Load(writeFile(t, "web.service", "[Service]\nExecStart=/bin/true\n"+line+"\n"), Options{})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v, want %q", line, err, want)
		}
	}
}

func TestServiceDirectories(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("other users have theirs elsewhere")
	}
	loaded, err := Load(writeFile(t, "web.service", `[Service]
ExecStart=/bin/echo $RUNTIME_DIRECTORY ${STATE_DIRECTORY}
RuntimeDirectory=old
RuntimeDirectory=
RuntimeDirectory=%p/a  "with space" /abs ../up private %p/a
RuntimeDirectoryMode=0710
RuntimeDirectoryPreserve=restart
StateDirectory=web
CacheDirectory=web
LogsDirectory=web
ConfigurationDirectory=web
`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := watchdog.Directories{
		Runtime: watchdog.Directory{Paths: []string{"/run/web/a", "/run/with space"}, Mode: 0o710},
		State:   watchdog.Directory{Paths: []string{"/var/lib/web"}}, Cache: watchdog.Directory{Paths: []string{"/var/cache/web"}},
		Logs: watchdog.Directory{Paths: []string{"/var/log/web"}}, Configuration: watchdog.Directory{Paths: []string{"/etc/web"}},
		RuntimePreserve: "restart",
	}
	if !reflect.DeepEqual(loaded.Service.Directories, want) {
		t.Errorf("got %+v, want %+v", loaded.Service.Directories, want)
	}
	if len(loaded.Problems) != 3 {
		t.Errorf("problems %v, want one for each of /abs, ../up and private", loaded.Problems)
	}
}

package unit

import (
	"errors"
	"slices"
	"strings"

	"holdfast/internal/watchdog"
)

// executionDirectives are the rows of systemd.exec(5) that say what the business's process
// is. Those that a process must do to itself are in the service's Setup.
func (d *draft) executionDirectives() []Directive {
	s := &d.service
	dirs, setup := &s.Directories, &s.Setup
	table := []Directive{
		{"Service", "SupplementaryGroups", Honoured, "More groups of the business, names or numbers.", d.groups},
		{"Service", "SetLoginEnvironment", Honoured, "Whether HOME, LOGNAME and SHELL are in the environment; with User= they are unless it says no.", d.setLoginEnvironment},
		{"Service", "IgnoreSIGPIPE", Honoured, "Whether SIGPIPE is ignored in the business.", into(&s.IgnoreSIGPIPE, parseBool)},
		{"Service", "Nice", Honoured, "The nice level of the business, -20 to 19.", d.nice},
		{"Service", "NoNewPrivileges", Honoured, "Whether set-user-ID programs gain nothing below the business.", into(&setup.NoNewPrivileges, parseBool)},

		{"Service", "LimitCPU", Honoured, "The most CPU time, in seconds or a time span.", d.limit("CPU", limitSeconds)},
		{"Service", "LimitFSIZE", Honoured, "The largest file, in bytes.", d.limit("FSIZE", parseSize)},
		{"Service", "LimitDATA", Honoured, "The largest data segment.", d.limit("DATA", parseSize)},
		{"Service", "LimitSTACK", Honoured, "The largest stack.", d.limit("STACK", parseSize)},
		{"Service", "LimitCORE", Honoured, "The largest core file.", d.limit("CORE", parseSize)},
		{"Service", "LimitRSS", Honoured, "The most resident memory, which Linux does not limit.", d.limit("RSS", parseSize)},
		{"Service", "LimitNOFILE", Honoured, "The most open files, soft:hard as every Limit.", d.limit("NOFILE", limitCount)},
		{"Service", "LimitAS", Honoured, "The largest address space.", d.limit("AS", parseSize)},
		{"Service", "LimitNPROC", Honoured, "The most processes of the user.", d.limit("NPROC", limitCount)},
		{"Service", "LimitMEMLOCK", Honoured, "The most locked memory.", d.limit("MEMLOCK", parseSize)},
		{"Service", "LimitLOCKS", Honoured, "The most file locks.", d.limit("LOCKS", limitCount)},
		{"Service", "LimitSIGPENDING", Honoured, "The most pending signals.", d.limit("SIGPENDING", limitCount)},
		{"Service", "LimitMSGQUEUE", Honoured, "The most bytes in POSIX message queues.", d.limit("MSGQUEUE", parseSize)},
		{"Service", "LimitNICE", Honoured, "How far the nice level may be lowered, +/-n or 1 to 40.", d.limit("NICE", limitNice)},
		{"Service", "LimitRTPRIO", Honoured, "The highest realtime priority.", d.limit("RTPRIO", limitCount)},
		{"Service", "LimitRTTIME", Honoured, "The most realtime CPU time without a pause, in microseconds or a time span.", d.limit("RTTIME", limitMicroseconds)},

		{"Service", "CPUAffinity", Honoured, "The CPUs that the business may run on.", d.cpuAffinity},
		{"Service", "CPUSchedulingPolicy", Honoured, "other, batch, idle, fifo or rr.", d.schedulingPolicy},
		{"Service", "CPUSchedulingPriority", Honoured, "1 to 99, for fifo and rr.", d.schedulingPriority},
		{"Service", "CPUSchedulingResetOnFork", Honoured, "Whether children are scheduled as usual.", d.schedulingReset},
		{"Service", "IOSchedulingClass", Honoured, "realtime, best-effort or idle.", d.ioClass},
		{"Service", "IOSchedulingPriority", Honoured, "0, the first, to 7.", d.ioPriority},
		{"Service", "TimerSlackNSec", Honoured, "How late the timers of the business may be, in nanoseconds or a time span.", d.timerSlack},
		{"Service", "CapabilityBoundingSet", Honoured, "The capabilities that the business can have at most.", d.boundingSet},
		{"Service", "AmbientCapabilities", Honoured, "Capabilities of a business that does not run as root.", d.ambientSet},
		{"Service", "SecureBits", Honoured, "The bits of capabilities(7).", d.secureBits},
		{"Service", "RootDirectory", Honoured, "What the business sees as /; nothing is mounted there.", d.rootDirectory},

		{"Service", "RuntimeDirectoryPreserve", Honoured, "When the runtime directories are kept at the end: no, restart or yes.", into(&dirs.RuntimePreserve, parsePreserve)},
		{"Service", "StandardInput", Honoured, "What the business reads: null, data or file:PATH.", d.standard(&s.Standard.Input, inputStreams)},
		{"Service", "StandardOutput", Honoured, "Where its output goes: journal (the log), null, inherit, file:, append: or truncate:PATH.", d.standard(&s.Standard.Output, outputStreams)},
		{"Service", "StandardError", Honoured, "Where its standard error goes; inherit is where its output goes.", d.standard(&s.Standard.Error, outputStreams)},
		{"Service", "StandardInputText", Honoured, "A line for the business to read.", d.inputText},
		{"Service", "StandardInputData", Honoured, "Base64 data for the business to read.", d.inputData},
	}
	for _, kind := range []struct {
		name, doc string
		field     *watchdog.Directory
	}{
		{"Runtime", "Directories below /run that are made for the business.", &dirs.Runtime},
		{"State", "Directories below /var/lib that are made for the business.", &dirs.State},
		{"Cache", "Directories below /var/cache that are made for the business.", &dirs.Cache},
		{"Logs", "Directories below /var/log that are made for the business.", &dirs.Logs},
		{"Configuration", "Directories below /etc that are made for the business.", &dirs.Configuration},
	} {
		table = append(table,
			Directive{"Service", kind.name + "Directory", Honoured, kind.doc, d.serviceDirectories(&kind.field.Paths, standardPlace(kind.name))},
			Directive{"Service", kind.name + "DirectoryMode", Honoured, "Their mode, in octal.", into(&kind.field.Mode, parseMode)})
	}
	for _, name := range strings.Fields("SyslogIdentifier SyslogFacility SyslogLevel SyslogLevelPrefix") {
		table = append(table, Directive{"Service", name, Harmless, "About systemd's journal; holdfast keeps a log of its own.", accept})
	}
	return table
}

func (d *draft) setLoginEnvironment(text string) error {
	if text == "" {
		d.service.SetLoginEnvironment = nil
		return nil
	}
	set, err := parseBool(text)
	if err == nil {
		d.service.SetLoginEnvironment = &set
	}
	return err
}

func (d *draft) groups(text string) error {
	if text == "" {
		d.service.SupplementaryGroups = nil
		return nil
	}
	for word := range strings.FieldsFuncSeq(text, isSpace) {
		var name string
		if err := d.account(&name)(word); err != nil {
			return err
		}
		d.service.SupplementaryGroups = append(slices.Clip(d.service.SupplementaryGroups), name)
	}
	return nil
}

func parsePreserve(text string) (string, error) {
	if text == "restart" {
		return text, nil
	}
	keep, err := parseBool(text)
	if err != nil {
		return "", errors.New("not one of no, restart, yes")
	}
	if keep {
		return "yes", nil
	}
	return "no", nil
}

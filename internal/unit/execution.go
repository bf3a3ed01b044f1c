package unit

import (
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast/internal/proc"
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

func parseInteger(text string, low, high int) (int, error) {
	number, err := strconv.ParseInt(text, 0, 32)
	if err != nil || int(number) < low || int(number) > high || strings.Contains(text, "_") {
		return 0, errors.New("not a number from " + strconv.Itoa(low) + " to " + strconv.Itoa(high))
	}
	return int(number), nil
}

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

func (d *draft) boundingSet(text string) error {
	set := proc.AllCapabilities
	if given := d.service.Setup.CapabilityBoundingSet; given != nil {
		set = *given
	}
	set = d.capabilities(text, set, proc.AllCapabilities)
	d.service.Setup.CapabilityBoundingSet = &set
	if set == proc.AllCapabilities {
		d.service.Setup.CapabilityBoundingSet = nil
	}
	return nil
}

func (d *draft) ambientSet(text string) error {
	set := &d.service.Setup.AmbientCapabilities
	*set = d.capabilities(text, *set, 0)
	return nil
}

// capabilities is config_parse_capability_set in systemd's src/core/load-fragment.c: the
// first list replaces what there is without any, more are joined to it, or with "~" taken
// from it. A name that is unknown is left out.
func (d *draft) capabilities(text string, set, initial watchdog.Capabilities) watchdog.Capabilities {
	text, inverted := strings.CutPrefix(text, "~")
	var listed watchdog.Capabilities
	for word := range strings.FieldsFuncSeq(text, isSpace) {
		one := proc.CapabilityNamed(word)
		if one == 0 {
			d.warn(errors.New(shown(word) + " is no capability that is known here"))
		}
		listed |= one
	}
	switch {
	case (listed == 0 || set == initial) && inverted:
		return ^listed
	case listed == 0 || set == initial:
		return listed
	case inverted:
		return set &^ listed
	}
	return set | listed
}

// SecureBitNames are the words of SecureBits=, in the order of the bits.
var SecureBitNames = [...]string{
	"noroot", "noroot-locked", "no-setuid-fixup", "no-setuid-fixup-locked", "keep-caps", "keep-caps-locked",
}

func (d *draft) secureBits(text string) error {
	if text == "" {
		d.service.Setup.SecureBits = 0
		return nil
	}
	for word := range strings.FieldsFuncSeq(text, isSpace) {
		bit := slices.Index(SecureBitNames[:], word)
		if bit < 0 {
			d.warn(errors.New(shown(word) + " is not one of " + strings.Join(SecureBitNames[:], ", ")))
			continue
		}
		d.service.Setup.SecureBits |= 1 << bit
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

// inputText adds a line, with C's escapes.
func (d *draft) inputText(text string) error {
	if text == "" {
		d.service.Standard.Data = nil
		return nil
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `\`)
		b.WriteString(before)
		if !found {
			break
		}
		if after == "" {
			return errEscape
		}
		decoded, size := unescape(after)
		if size == 0 {
			return errEscape
		}
		b.WriteString(decoded)
		text = after[size:]
	}
	line, err := d.specifiers(b.String())
	if err != nil {
		return err
	}
	return d.addInput([]byte(line + "\n"))
}

func (d *draft) inputData(text string) error {
	if text == "" {
		d.service.Standard.Data = nil
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.FieldsFunc(text, isSpace), ""))
	if err != nil {
		return errors.New("not base64")
	}
	return d.addInput(data)
}

func (d *draft) addInput(data []byte) error {
	const most = 1 << 20 // systemd has 64 MiB; here it is a part of every state that is saved
	if len(d.service.Standard.Data)+len(data) > most {
		return refuse("more than 1 MiB to read; put it into a file and write StandardInput=file:")
	}
	d.service.Standard.Data = append(slices.Clip(d.service.Standard.Data), data...)
	return nil
}

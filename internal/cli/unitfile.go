package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"holdfast/internal/logs"
	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

// A setting is one directive of a service file with its value.
type setting struct{ section, name, value string }

// settings says a service in the words of a service file. Environment= is not among
// them: it is many lines, see [environmentLines].
func settings(s watchdog.Service) []setting {
	all := []setting{
		{"Unit", "Description", escapeSpecifiers(s.Description)},
		{"Unit", "StartLimitIntervalSec", unit.FormatSpan(s.StartLimit.Interval)},
		{"Unit", "StartLimitBurst", strconv.Itoa(s.StartLimit.Burst)},
		{"Unit", "StartLimitAction", string(cmp.Or(s.StartLimitAction, watchdog.NoAction))},
		{"Unit", "FailureAction", string(cmp.Or(s.FailureAction, watchdog.NoAction))},
		{"Unit", "FailureActionExitStatus", optional(s.FailureActionExitStatus, "")},
		{"Unit", "SuccessAction", string(cmp.Or(s.SuccessAction, watchdog.NoAction))},
		{"Unit", "SuccessActionExitStatus", optional(s.SuccessActionExitStatus, "")},

		{"Service", "Type", string(s.Type)},
		{"Service", "ExecCondition", commands(s.ExecCondition...)},
		{"Service", "ExecStartPre", commands(s.ExecStartPre...)},
		{"Service", "ExecStart", commands(append([]watchdog.Command{s.Exec}, s.ExecMore...)...)},
		{"Service", "ExecStartPost", commands(s.ExecStartPost...)},
		{"Service", "ExecReload", commands(s.ExecReload...)},
		{"Service", "ExecStop", commands(s.ExecStop...)},
		{"Service", "ExecStopPost", commands(s.ExecStopPost...)},
		{"Service", "RemainAfterExit", yesNo(s.RemainAfterExit)},
		{"Service", "ExitType", string(cmp.Or(s.ExitType, watchdog.ExitMain))},
		{"Service", "RuntimeMaxSec", runtimeMax(s)},
		{"Service", "RuntimeRandomizedExtraSec", unit.FormatSpan(s.RuntimeRandomizedExtraSec)},
		{"Service", "OOMPolicy", string(cmp.Or(s.OOMPolicy, watchdog.OOMStop))},
		{"Service", "User", s.User},
		{"Service", "Group", s.Group},
		{"Service", "WorkingDirectory", workingDirectory(s)},
		{"Service", "UMask", fmt.Sprintf("%04o", s.UMask)},
		{"Service", "OOMScoreAdjust", optional(s.OOMScoreAdjust, "")},
		{"Service", "PIDFile", escapeSpecifiers(pidFile(s))},
		{"Service", "GuessMainPID", yesNo(s.GuessMainPID)},

		{"Service", "Restart", string(s.Policy.Restart)},
		{"Service", "RestartMode", string(cmp.Or(s.RestartMode, watchdog.RestartNormal))},
		{"Service", "RestartSec", unit.FormatSpan(s.Backoff.RestartSec)},
		{"Service", "RestartSteps", strconv.Itoa(s.Backoff.RestartSteps)},
		{"Service", "RestartMaxDelaySec", unit.FormatSpan(s.Backoff.RestartMaxDelaySec)},
		{"Service", "SuccessExitStatus", s.Policy.SuccessExitStatus.String()},
		{"Service", "RestartPreventExitStatus", s.Policy.RestartPreventExitStatus.String()},
		{"Service", "RestartForceExitStatus", s.Policy.RestartForceExitStatus.String()},

		{"Service", "TimeoutStartSec", unit.FormatSpan(s.TimeoutStartSec)},
		{"Service", "TimeoutStopSec", unit.FormatSpan(s.TimeoutStopSec)},
		{"Service", "TimeoutAbortSec", timeoutAbort(s)},
		{"Service", "TimeoutStartFailureMode", string(s.TimeoutStartFailureMode)},
		{"Service", "TimeoutStopFailureMode", string(s.TimeoutStopFailureMode)},
		{"Service", "NotifyAccess", string(s.NotifyAccess)},
		{"Service", "WatchdogSec", unit.FormatSpan(s.WatchdogSec)},
		{"Service", "WatchdogSignal", watchdog.SignalName(s.WatchdogSignal)},
		{"Service", "KillMode", string(s.KillMode)},
		{"Service", "KillSignal", watchdog.SignalName(s.KillSignal)},
		{"Service", "RestartKillSignal", watchdog.SignalName(cmp.Or(s.RestartKillSignal, s.KillSignal))},
		{"Service", "FinalKillSignal", watchdog.SignalName(s.FinalKillSignal)},
		{"Service", "SendSIGHUP", yesNo(s.SendSIGHUP)},
		{"Service", "SendSIGKILL", yesNo(s.SendSIGKILL)},
		{"Service", "ReloadSignal", watchdog.SignalName(s.ReloadSignal)},
	}
	all = append(all, executionSettings(s)...)
	all = append(all, resourceSettings(s)...)
	return append(all, []setting{
		{"X-Holdfast", "Home", escapeSpecifiers(s.Home)},
		{"X-Holdfast", "SettleSec", unit.FormatSpan(s.SettleSec)},
		{"X-Holdfast", "RestartResetSec", unit.FormatSpan(s.Backoff.RestartResetSec)},
		{"X-Holdfast", "LogMaxSize", logSize(s.Log.MaxSize)},
		{"X-Holdfast", "LogMaxFiles", logCount(s.Log.MaxFiles)},
		{"X-Holdfast", "LogMaxAge", unit.FormatSpan(s.Log.MaxAge)},
		{"X-Holdfast", "LogMaxTotal", logSize(s.Log.MaxTotal)},
		{"X-Holdfast", "LogCompress", yesNo(s.Log.Compress)},
		{"X-Holdfast", "LogTimestamps", string(s.Log.Timestamps)},
		{"X-Holdfast", "LogStderr", yesNo(s.Log.Stderr)},
		{"X-Holdfast", "LogOverflow", string(s.Log.Overflow)},
		{"X-Holdfast", "OnCrash", execStart(s.OnCrash)},
	}...)
}

func logCount(n int64) string {
	if n == logs.Unlimited {
		return "infinity"
	}
	return strconv.FormatInt(n, 10)
}

// logSize is a size in the largest unit that says it exactly.
func logSize(bytes int64) string {
	unit := 0
	for bytes != logs.Unlimited && bytes != 0 && bytes%1024 == 0 {
		bytes, unit = bytes/1024, unit+1
	}
	return logCount(bytes) + strings.TrimSpace(" KMGTPE"[unit:unit+1])
}

// writeUnit writes a service file of what the service has differently from base.
func writeUnit(w io.Writer, s, base watchdog.Service) error {
	var b strings.Builder
	section := ""
	write := func(x setting) {
		if x.section != section {
			if section != "" {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "[%s]\n", x.section)
			section = x.section
		}
		fmt.Fprintf(&b, "%s=%s\n", x.name, x.value)
	}
	for _, x := range conditionLines(s, base) {
		write(x)
	}
	usual := settings(base)
	for i, x := range settings(s) {
		if x != usual[i] {
			if strings.HasPrefix(x.name, "Exec") && usual[i].value != "" {
				write(setting{x.section, x.name, ""}) // or it would add to the earlier ones
			}
			write(x)
		}
		if x.name == "WorkingDirectory" {
			for _, line := range environmentLines(s, base) {
				write(setting{x.section, "Environment", line})
			}
			for _, x := range listLines(s, base) {
				write(x)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sameUnit reports whether two services would be written alike.
func sameUnit(a, b watchdog.Service) bool {
	return slices.Equal(settings(a), settings(b)) && len(environmentLines(a, b)) == 0 && len(listLines(a, b)) == 0 &&
		len(conditionLines(a, b)) == 0
}

// conditionLines are the conditions, if they are not those of base.
func conditionLines(s, base watchdog.Service) (lines []setting) {
	if slices.Equal(s.Conditions, base.Conditions) {
		return nil
	}
	if len(base.Conditions) > 0 { // no value takes back those of any kind
		lines = append(lines, setting{"Unit", "ConditionPathExists", ""})
	}
	for _, c := range s.Conditions {
		lines = append(lines, setting{"Unit", c.Name, escapeSpecifiers(c.Value())})
	}
	return lines
}

// listLines are the lines of the directives whose list is not that of base. What base has
// is taken back first.
func listLines(s, base watchdog.Service) (lines []setting) {
	usual := lists(base)
	for i, list := range lists(s) {
		if slices.Equal(list.values, usual[i].values) {
			continue
		}
		if len(usual[i].values) > 0 {
			lines = append(lines, setting{"Service", list.name, ""})
		}
		for _, value := range list.values {
			lines = append(lines, setting{"Service", list.name, value})
		}
	}
	return lines
}

// An additive directive is one of which each line adds to what the others say.
type additive struct {
	name   string
	values []string
}

func lists(s watchdog.Service) []additive {
	var files, unset, path []string
	for _, file := range s.EnvironmentFiles {
		prefix := ""
		if file.Optional {
			prefix = "-"
		}
		files = append(files, prefix+escapeSpecifiers(file.Path))
	}
	for _, word := range s.UnsetEnvironment {
		unset = append(unset, quoteWord(escapeSpecifiers(word)))
	}
	for _, dir := range s.ExecSearchPath {
		path = append(path, escapeSpecifiers(dir))
	}
	return []additive{{"EnvironmentFile", files}, {"UnsetEnvironment", unset}, {"ExecSearchPath", path}}
}

// environmentLines are the variables that base does not have like that. What no
// service file can say, such as a function exported by bash, is left out.
func environmentLines(s, base watchdog.Service) []string {
	var lines []string
	for _, variable := range s.Environment {
		if slices.Contains(base.Environment, variable) {
			continue
		}
		line := quoteWord(escapeSpecifiers(variable))
		if unit.Set(&watchdog.Service{}, "Environment="+line) == nil {
			lines = append(lines, line)
		}
	}
	return lines
}

// commands are command lines in one value.
func commands(all ...watchdog.Command) string {
	var lines []string
	for _, c := range all {
		if c.Path != "" {
			lines = append(lines, execStart(c))
		}
	}
	return strings.Join(lines, " ; ")
}

// pidFile is what PIDFile= stands for.
func pidFile(s watchdog.Service) string {
	if s.Type.WritesPIDFile() {
		return s.BusinessPIDFile
	}
	return s.PIDFile
}

func runtimeMax(s watchdog.Service) string {
	if s.RuntimeMaxSec == nil {
		return unit.FormatSpan(watchdog.Infinity)
	}
	return unit.FormatSpan(*s.RuntimeMaxSec)
}

func timeoutAbort(s watchdog.Service) string {
	if s.TimeoutAbortSec == nil {
		return ""
	}
	return unit.FormatSpan(*s.TimeoutAbortSec)
}

// execStart is a command line with the prefixes that it needs.
func execStart(c watchdog.Command) string {
	if c.Path == "" {
		return ""
	}
	words, prefix := []string{c.Path}, string(c.Privileges)
	if c.IgnoreFailure {
		prefix += "-"
	}
	if len(c.Args) > 0 && c.Args[0] != c.Path {
		prefix += "@"
		words = append(words, c.Args[0])
	}
	words = append(words, c.Args[min(1, len(c.Args)):]...)
	for i, word := range words {
		if !c.Expand && strings.Contains(word, "$") && !strings.HasSuffix(prefix, ":") {
			prefix += ":" // no variables: a dollar is a dollar
		}
		words[i] = escapeSpecifiers(word)
	}
	return prefix + commandLine(words)
}

func workingDirectory(s watchdog.Service) string {
	dir := escapeSpecifiers(s.WorkingDirectory)
	if s.WorkingDirectoryOptional {
		return "-" + dir
	}
	return dir
}

func escapeSpecifiers(text string) string { return strings.ReplaceAll(text, "%", "%%") }

func optional(n *int, none string) string {
	if n == nil {
		return none
	}
	return strconv.Itoa(*n)
}

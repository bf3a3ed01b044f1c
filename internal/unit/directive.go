package unit

import (
	"strings"

	"holdfast/internal/logs"
	"holdfast/internal/watchdog"
)

// A Directive is one row of the table that service files, -p and verify share.
type Directive struct {
	// Section is where a service file has it.
	Section string
	Name    string
	Class   Class
	// Doc is one line of documentation.
	Doc string
	set func(value string) error
}

// Directives is every directive that this version has an opinion about.
func Directives() []Directive {
	return newDraft(watchdog.Service{}).table
}

// directives is the table. The setters write into the draft's service; their error is a
// warning in a service file unless it is a refusal.
func (d *draft) directives() []Directive {
	s := &d.service
	policy, backoff, limit := &s.Policy, &s.Backoff, &s.StartLimit
	limitInterval := into(&limit.Interval, ParseSpan)
	limitBurst := into(&limit.Burst, parseCount)
	table := []Directive{
		{"Unit", "Description", Honoured, "What the service is, for people.", d.description},
		{"Unit", "StartLimitIntervalSec", Honoured, "Length of the start limit's window; 0 means no limit.", limitInterval},
		{"Unit", "StartLimitInterval", Honoured, "Older spelling of StartLimitIntervalSec=.", limitInterval},
		{"Unit", "StartLimitBurst", Honoured, "How many starts the window allows; 0 means no limit.", limitBurst},
		{"Unit", "StartLimitAction", Honoured, "What follows when the start limit is reached: none or exit, for the guardian ends then in any case.", into(&s.StartLimitAction, d.endAction)},
		{"Unit", "FailureAction", Honoured, "What follows when the service has failed for good: none, or exit, by FailureActionExitStatus=.", into(&s.FailureAction, d.endAction)},
		{"Unit", "SuccessAction", Honoured, "What follows when it has ended well for good: none, or exit, by SuccessActionExitStatus=.", into(&s.SuccessAction, d.endAction)},
		{"Unit", "FailureActionExitStatus", Honoured, "The guardian's exit status then, 0 to 255; empty is that of the business.", endStatus(&s.FailureActionExitStatus)},
		{"Unit", "SuccessActionExitStatus", Honoured, "The guardian's exit status then, 0 to 255; empty is that of the business.", endStatus(&s.SuccessActionExitStatus)},
		{"Unit", "RebootArgument", Harmless, "Only details a reboot, which would be refused.", accept},

		{"Service", "StartLimitAction", Honoured, "Older place of StartLimitAction=.", into(&s.StartLimitAction, d.endAction)},
		{"Service", "FailureAction", Honoured, "Older place of FailureAction=.", into(&s.FailureAction, d.endAction)},
		{"Service", "SuccessAction", Honoured, "Older place of SuccessAction=.", into(&s.SuccessAction, d.endAction)},
		{"Service", "RebootArgument", Harmless, "Only details a reboot, which would be refused.", accept},
		{"Service", "StartLimitInterval", Honoured, "Older place and spelling of StartLimitIntervalSec=.", limitInterval},
		{"Service", "StartLimitBurst", Honoured, "Older place of StartLimitBurst=.", limitBurst},
		{"Service", "Type", Honoured, "When the service counts as started: simple (its program was forked), exec (executed), notify (says so), notify-reload (and when it has reloaded), forking (what ExecStart= started has ended, and left the business behind), oneshot (has ended, and may have several ExecStart=); idle is simple here.", into(&s.Type, parseType)},
		{"Service", "ExecStart", Honoured, "The command line of the business.", d.commandLines(&d.commands)},
		{"Service", "ExecCondition", Honoured, "Commands that are run first; exit code 1 to 254 skips the start, which is no failure.", d.commandLines(&d.control.condition)},
		{"Service", "ExecStartPre", Honoured, "Commands that are run before the business; a failure fails the start.", d.commandLines(&d.control.startPre)},
		{"Service", "ExecStartPost", Honoured, "Commands that are run once the business is started; a failure stops the service.", d.commandLines(&d.control.startPost)},
		{"Service", "ExecReload", Honoured, "Commands that make the business read its configuration again.", d.commandLines(&d.control.reload)},
		{"Service", "ExecStop", Honoured, "Commands that stop what was started; KillSignal= follows.", d.commandLines(&d.control.stop)},
		{"Service", "ExecStopPost", Honoured, "Commands that are run after every end, also of a start that failed.", d.commandLines(&d.control.stopPost)},
		{"Service", "RemainAfterExit", Honoured, "Whether the service stays active when the business has ended well.", into(&s.RemainAfterExit, parseBool)},

		{"Service", "ExitType", Honoured, "Whose end is that of the service: main (the business's) or cgroup (that of the last of all its processes).", into(&s.ExitType, exitType)},
		{"Service", "RuntimeMaxSec", Honoured, "How long the business may run until it is stopped, as a failure; infinity.", d.runtimeMax},
		{"Service", "RuntimeRandomizedExtraSec", Honoured, "Adds a random time, up to this, to RuntimeMaxSec=.", into(&s.RuntimeRandomizedExtraSec, ParseSpan)},
		{"Service", "OOMPolicy", Honoured, "What follows when the kernel's out-of-memory killer has ended the business: stop, kill (whatever is left) or continue (as after any SIGKILL). That it has ended another process of the service is not noticed.", into(&s.OOMPolicy, oneOf(
			watchdog.OOMContinue, watchdog.OOMStop, watchdog.OOMKillAll))},

		{"Service", "RestartMode", Honoured, "How it is restarted: normal, direct (the same here) or debug (with DEBUG_INVOCATION=1 in its environment).", into(&s.RestartMode, oneOf(
			watchdog.RestartNormal, watchdog.RestartDirect, watchdog.RestartDebug))},
		{"Service", "Restart", Honoured, "After which exits the business is started again.", into(&policy.Restart, oneOf(
			watchdog.RestartNo, watchdog.RestartAlways, watchdog.RestartOnSuccess, watchdog.RestartOnFailure,
			watchdog.RestartOnAbnormal, watchdog.RestartOnAbort, watchdog.RestartOnWatchdog))},
		{"Service", "SuccessExitStatus", Honoured, "Exits that count as clean besides systemd's own.", d.exitList(&policy.SuccessExitStatus)},
		{"Service", "RestartPreventExitStatus", Honoured, "The no-restart list: exits after which the business is not started again.", d.exitList(&policy.RestartPreventExitStatus)},
		{"Service", "RestartForceExitStatus", Honoured, "Exits after which the business is started again whatever Restart= says.", d.exitList(&policy.RestartForceExitStatus)},
		{"Service", "RestartSec", Honoured, "The wait before an automatic restart.", into(&backoff.RestartSec, ParseSpan)},
		{"Service", "RestartSteps", Honoured, "In how many steps the wait grows to RestartMaxDelaySec=.", into(&backoff.RestartSteps, parseCount)},
		{"Service", "RestartMaxDelaySec", Honoured, "The longest wait before an automatic restart.", into(&backoff.RestartMaxDelaySec, ParseSpan)},

		{"Service", "TimeoutStartSec", Honoured, "How long a start may take; 0 or infinity means for ever.", into(&s.TimeoutStartSec, parseTimeout)},
		{"Service", "TimeoutStopSec", Honoured, "How long each phase of a stop waits; 0 or infinity means for ever.", into(&s.TimeoutStopSec, parseTimeout)},
		{"Service", "TimeoutSec", Honoured, "TimeoutStartSec= and TimeoutStopSec= in one.", func(value string) error {
			timeout, err := parseTimeout(value)
			if err == nil {
				s.TimeoutStartSec, s.TimeoutStopSec = timeout, timeout
			}
			return err
		}},
		{"Service", "TimeoutAbortSec", Honoured, "How long an end by WatchdogSignal= may take; empty means TimeoutStopSec=.", d.timeoutAbort},
		{"Service", "TimeoutStartFailureMode", Honoured, "How a start that takes too long is ended: terminate, abort (with a core) or kill.", into(&s.TimeoutStartFailureMode, failureMode)},
		{"Service", "TimeoutStopFailureMode", Honoured, "The same for a stop.", into(&s.TimeoutStopFailureMode, failureMode)},
		{"Service", "NotifyAccess", Honoured, "Who may notify (sd_notify): none, main (the business), exec (its commands, too) or all.", into(&s.NotifyAccess, oneOf(
			watchdog.NotifyNone, watchdog.NotifyMain, watchdog.NotifyExec, watchdog.NotifyAll))},
		{"Service", "WatchdogSec", Honoured, "How long nothing may be heard of the business (WATCHDOG=1) before it is ended; 0 means for ever.", into(&s.WatchdogSec, ParseSpan)},
		{"Service", "WatchdogSignal", Honoured, "The signal that ends a business that the watchdog has given up, with a core.", into(&s.WatchdogSignal, watchdog.ParseSignal)},
		{"Service", "KillMode", Honoured, "Which processes a stop signals.", into(&s.KillMode, oneOf(
			watchdog.KillControlGroup, watchdog.KillMixed, watchdog.KillProcess, watchdog.KillNone))},
		{"Service", "KillSignal", Honoured, "The signal that asks for a stop.", into(&s.KillSignal, watchdog.ParseSignal)},
		{"Service", "RestartKillSignal", Honoured, "Takes KillSignal='s place when the stop belongs to a requested restart.", into(&s.RestartKillSignal, watchdog.ParseSignal)},
		{"Service", "FinalKillSignal", Honoured, "The signal that ends what did not stop in time.", into(&s.FinalKillSignal, watchdog.ParseSignal)},
		{"Service", "SendSIGHUP", Honoured, "Whether a SIGHUP follows KillSignal=.", into(&s.SendSIGHUP, parseBool)},
		{"Service", "SendSIGKILL", Honoured, "Whether FinalKillSignal= is sent at all.", into(&s.SendSIGKILL, parseBool)},
		{"Service", "ReloadSignal", Honoured, "The signal that asks for a reload.", into(&s.ReloadSignal, watchdog.ParseSignal)},

		{"Service", "PIDFile", Honoured, "Where the guardian's PID is written; with Type=forking, notify and notify-reload, where the business writes its own; a relative path is below /run.", d.pidFile},
		{"Service", "GuessMainPID", Honoured, "Whether the only process that a Type=forking without PIDFile= leaves behind is the business.", into(&s.GuessMainPID, parseBool)},
		{"Service", "User", Honoured, "The user that the business runs as, a name or a number.", d.account(&s.User)},
		{"Service", "Group", Honoured, "The group that the business runs as, a name or a number.", d.account(&s.Group)},
		{"Service", "WorkingDirectory", Honoured, "Where the business starts: an absolute path or ~; with - in front it may be missing.", d.workingDirectory},
		{"Service", "UMask", Honoured, "The file mode creation mask of the business, in octal.", into(&s.UMask, parseMode)},
		{"Service", "Environment", Honoured, "Variables for the business, NAME=value.", d.environmentWords(&d.variables, checkVariable)},
		{"Service", "EnvironmentFile", Honoured, "Files of variables, read at each start; with - in front they may be missing.", d.environmentFile},
		{"Service", "PassEnvironment", Honoured, "Names of variables that the business gets from whoever starts the service.", d.environmentWords(&d.passed, checkVariableName)},
		{"Service", "UnsetEnvironment", Honoured, "Variables, NAME or NAME=value, that the business doesn't get, whoever has set them.", d.environmentWords(&s.UnsetEnvironment, checkUnset)},
		{"Service", "ExecSearchPath", Honoured, "Directories in which programs without a path are looked for; also the PATH of the business.", d.searchPath},
		{"Service", "OOMScoreAdjust", Honoured, "How readily the kernel kills the business when memory runs out, -1000 to 1000.", d.oomScoreAdjust},

		{"X-Holdfast", "Home", Honoured, "The directory below which the service's runtime and log directories are, run/NAME and log/NAME; %Y is that of the service file.", d.home},
		{"X-Holdfast", "SettleSec", Honoured, "How long a start is watched for an early death before it counts.", into(&s.SettleSec, ParseSpan)},
		{"X-Holdfast", "RestartResetSec", Honoured, "A run that lasted this long sets the growing wait back; 0 means never.", into(&backoff.RestartResetSec, ParseSpan)},
		{"X-Holdfast", "LogMaxSize", Honoured, "How large a log file may become before it is rotated, at a line's end.", into(&s.Log.MaxSize, parseLogSize)},
		{"X-Holdfast", "LogMaxFiles", Honoured, "How many rotated log files are kept, or infinity.", into(&s.Log.MaxFiles, parseLogCount)},
		{"X-Holdfast", "LogMaxAge", Honoured, "How long a rotated log file is kept.", into(&s.Log.MaxAge, ParseSpan)},
		{"X-Holdfast", "LogMaxTotal", Honoured, "How much room all files of a log may take on disk; none becomes larger than half of it.", into(&s.Log.MaxTotal, parseLogSize)},
		{"X-Holdfast", "LogCompress", Honoured, "Whether rotated log files are compressed by gzip.", into(&s.Log.Compress, parseBool)},
		{"X-Holdfast", "LogTimestamps", Honoured, "Puts the time of its arrival in front of every line: no, utc (or yes) or local.", into(&s.Log.Timestamps, parseTimestamps)},
		{"X-Holdfast", "LogStderr", Honoured, "Whether stderr has a log of its own, stderr.log.", into(&s.Log.Stderr, parseBool)},
		{"X-Holdfast", "LogOverflow", Honoured, "What happens to output that cannot be written: block (the program waits) or drop (whole lines are dropped and counted).", into(&s.Log.Overflow, oneOf(logs.Block, logs.Drop))},
		{"X-Holdfast", "OnCrash", Honoured, "A command that is run after a run that did not end as asked.", d.commandLines(&d.onCrash)},
	}
	table = append(table, d.conditionDirectives()...)
	table = append(table, d.executionDirectives()...)
	table = append(table, d.resourceDirectives()...)
	known := map[[2]string]bool{}
	for _, row := range table {
		known[[2]string{row.Section, row.Name}] = true
	}
	for _, group := range d.classified() {
		for name := range strings.FieldsSeq(group.names) {
			if key := [2]string{group.section, name}; !known[key] {
				known[key] = true
				table = append(table, Directive{group.section, name, group.class, group.doc, group.set})
			}
		}
	}
	return table
}

package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

// A property is one line of show. What needs the processes calls walk.
type property struct {
	name  string
	value func(v view, walk func() tree) string
}

const notSet = "[not set]" // systemctl's word for a number that is not known

// properties is everything that show can print, systemctl's first. Where the names are
// systemctl's, so are the values.
func properties() []property {
	fact := func(name string, value func(r *watchdog.Record) string) property {
		return property{name, func(v view, _ func() tree) string { return value(&v.record) }}
	}
	setting := func(name string, value func(s watchdog.Service) string) property {
		return property{name, func(v view, _ func() tree) string { return value(v.record.Service) }}
	}
	commands := func(name string, list func(s watchdog.Service) []watchdog.Command) property {
		return setting(name, func(s watchdog.Service) string {
			var lines []string
			for _, c := range list(s) {
				lines = append(lines, commandProperty(c, nil))
			}
			return strings.Join(lines, "\n"+name+"=")
		})
	}
	usage := func(name string, value func(t tree) string) property {
		return property{name, func(_ view, walk func() tree) string {
			if t := walk(); len(t.members) > 0 {
				return value(t)
			}
			return notSet
		}}
	}
	all := []property{
		{"Id", func(v view, _ func() tree) string { return v.dir.Name + ".service" }},
		{"Names", func(v view, _ func() tree) string { return v.dir.Name + ".service" }},
		setting("Description", func(s watchdog.Service) string { return s.Description }),
		fact("LoadState", loadState),
		fact("ActiveState", func(r *watchdog.Record) string { return r.State.Active() }),
		fact("SubState", func(r *watchdog.Record) string { return string(r.State) }),
		fact("Result", func(r *watchdog.Record) string { return string(r.Result) }),
		fact("StatusText", func(r *watchdog.Record) string { return printable(r.Told.Status) }),
		fact("StatusErrno", func(r *watchdog.Record) string { return strconv.Itoa(int(r.Told.Errno)) }),
		fact("StatusExitStatus", func(r *watchdog.Record) string { return r.Told.ExitStatus }),
		fact("StatusReason", func(r *watchdog.Record) string { return r.Reason }),
		fact("StatusTrouble", func(r *watchdog.Record) string { return r.Trouble }),
		fact("InvocationID", func(r *watchdog.Record) string { return r.InvocationID }),

		{"MainPID", func(v view, _ func() tree) string { return strconv.Itoa(mainPID(v)) }},
		fact("ControlPID", func(r *watchdog.Record) string { return strconv.Itoa(r.Control.PID) }),
		{"GuardianPID", guardianPID},
		fact("GuardianVersion", func(r *watchdog.Record) string { return r.Program.Version }),
		fact("GuardianBinary", func(r *watchdog.Record) string { return r.Program.Path }),
		{"GuardianState", func(v view, _ func() tree) string { return v.guardian.String() }},
		fact("NRestarts", func(r *watchdog.Record) string { return strconv.Itoa(r.Restarts) }),
		fact("NOrphansReaped", func(r *watchdog.Record) string { return strconv.Itoa(r.Orphans) }),
		fact("NextRestartTimestamp", func(r *watchdog.Record) string { return stamp(r.NextStart) }),

		fact("ExecMainPID", ofLastRun(func(run watchdog.Run) string { return strconv.Itoa(run.PID) }, "0")),
		fact("ExecMainCode", ofLastRun(func(run watchdog.Run) string { return strconv.Itoa(waitidCode(run.Exit)) }, "0")),
		fact("ExecMainStatus", ofLastRun(func(run watchdog.Run) string {
			if run.Exit == nil {
				return "0"
			}
			return strconv.Itoa(run.Exit.Status())
		}, "0")),
		fact("ExecMainStartTimestamp", ofLastRun(func(run watchdog.Run) string { return stamp(run.Started) }, "")),
		fact("ExecMainExitTimestamp", ofLastRun(func(run watchdog.Run) string { return stamp(run.Ended) }, "")),

		fact("StateChangeTimestamp", func(r *watchdog.Record) string { return stamp(r.StateChanged) }),
		fact("InactiveExitTimestamp", func(r *watchdog.Record) string { return stamp(r.InactiveExit) }),
		fact("ActiveEnterTimestamp", func(r *watchdog.Record) string { return stamp(r.ActiveEnter) }),
		fact("ActiveExitTimestamp", func(r *watchdog.Record) string { return stamp(r.ActiveExit) }),
		fact("InactiveEnterTimestamp", func(r *watchdog.Record) string { return stamp(r.InactiveEnter) }),

		usage("TasksCurrent", func(t tree) string { return strconv.Itoa(t.threads) }),
		usage("MemoryCurrent", func(t tree) string { return strconv.FormatInt(t.rss, 10) }),
		usage("CPUUsageNSec", func(t tree) string { return strconv.FormatInt(int64(t.cpu), 10) }),

		setting("FragmentPath", func(s watchdog.Service) string { return s.Source }),
		setting("DropInPaths", func(s watchdog.Service) string { return strings.Join(s.DropIns, " ") }),
		setting("NotifyAccess", func(s watchdog.Service) string { return string(s.NotifyAccess) }),
		setting("WatchdogUSec", func(s watchdog.Service) string { return unit.FormatSpan(s.WatchdogSec) }),
		setting("Type", func(s watchdog.Service) string { return string(s.Type) }),
		fact("ExecStart", execStartProperty),
		commands("ExecCondition", func(s watchdog.Service) []watchdog.Command { return s.ExecCondition }),
		commands("ExecStartPre", func(s watchdog.Service) []watchdog.Command { return s.ExecStartPre }),
		commands("ExecStartPost", func(s watchdog.Service) []watchdog.Command { return s.ExecStartPost }),
		commands("ExecReload", func(s watchdog.Service) []watchdog.Command { return s.ExecReload }),
		commands("ExecStop", func(s watchdog.Service) []watchdog.Command { return s.ExecStop }),
		commands("ExecStopPost", func(s watchdog.Service) []watchdog.Command { return s.ExecStopPost }),
		setting("RemainAfterExit", func(s watchdog.Service) string { return yesNo(s.RemainAfterExit) }),
		setting("User", func(s watchdog.Service) string { return s.User }),
		setting("Group", func(s watchdog.Service) string { return s.Group }),
		setting("WorkingDirectory", func(s watchdog.Service) string {
			if s.WorkingDirectoryOptional {
				return "!" + s.WorkingDirectory
			}
			return s.WorkingDirectory
		}),
		setting("UMask", func(s watchdog.Service) string { return fmt.Sprintf("%04o", s.UMask) }),
		setting("OOMScoreAdjust", func(s watchdog.Service) string { return optional(s.OOMScoreAdjust, notSet) }),
		setting("PIDFile", pidFile),
		setting("GuardianPIDFile", func(s watchdog.Service) string { return s.PIDFile }),
		setting("GuessMainPID", func(s watchdog.Service) string { return yesNo(s.GuessMainPID) }),

		setting("Restart", func(s watchdog.Service) string { return string(s.Policy.Restart) }),
		setting("RestartUSec", func(s watchdog.Service) string { return unit.FormatSpan(s.Backoff.RestartSec) }),
		setting("RestartSteps", func(s watchdog.Service) string { return strconv.Itoa(s.Backoff.RestartSteps) }),
		setting("RestartMaxDelayUSec", func(s watchdog.Service) string { return unit.FormatSpan(s.Backoff.RestartMaxDelaySec) }),
		setting("RestartResetUSec", func(s watchdog.Service) string { return unit.FormatSpan(s.Backoff.RestartResetSec) }),
		setting("SuccessExitStatus", func(s watchdog.Service) string { return exitList(s.Policy.SuccessExitStatus) }),
		setting("RestartPreventExitStatus", func(s watchdog.Service) string { return exitList(s.Policy.RestartPreventExitStatus) }),
		setting("RestartForceExitStatus", func(s watchdog.Service) string { return exitList(s.Policy.RestartForceExitStatus) }),
		setting("StartLimitIntervalUSec", func(s watchdog.Service) string { return unit.FormatSpan(s.StartLimit.Interval) }),
		setting("StartLimitBurst", func(s watchdog.Service) string { return strconv.Itoa(s.StartLimit.Burst) }),
		setting("SettleUSec", func(s watchdog.Service) string { return unit.FormatSpan(s.SettleSec) }),
		setting("TimeoutStartUSec", func(s watchdog.Service) string { return unit.FormatSpan(s.TimeoutStartSec) }),
		setting("TimeoutStopUSec", func(s watchdog.Service) string { return unit.FormatSpan(s.TimeoutStopSec) }),
		setting("ExitType", func(s watchdog.Service) string { return string(cmp.Or(s.ExitType, watchdog.ExitMain)) }),
		setting("OOMPolicy", func(s watchdog.Service) string { return string(cmp.Or(s.OOMPolicy, watchdog.OOMStop)) }),
		setting("RestartMode", func(s watchdog.Service) string { return string(cmp.Or(s.RestartMode, watchdog.RestartNormal)) }),
		setting("RuntimeMaxUSec", runtimeMax),
		setting("RuntimeRandomizedExtraUSec", func(s watchdog.Service) string { return unit.FormatSpan(s.RuntimeRandomizedExtraSec) }),
		setting("StartLimitAction", func(s watchdog.Service) string { return string(cmp.Or(s.StartLimitAction, watchdog.NoAction)) }),
		setting("FailureAction", func(s watchdog.Service) string { return string(cmp.Or(s.FailureAction, watchdog.NoAction)) }),
		setting("SuccessAction", func(s watchdog.Service) string { return string(cmp.Or(s.SuccessAction, watchdog.NoAction)) }),
		setting("TimeoutAbortUSec", func(s watchdog.Service) string {
			if s.TimeoutAbortSec == nil {
				return unit.FormatSpan(s.TimeoutStopSec)
			}
			return unit.FormatSpan(*s.TimeoutAbortSec)
		}),
		setting("TimeoutStartFailureMode", func(s watchdog.Service) string { return string(s.TimeoutStartFailureMode) }),
		setting("TimeoutStopFailureMode", func(s watchdog.Service) string { return string(s.TimeoutStopFailureMode) }),
		setting("WatchdogSignal", func(s watchdog.Service) string { return strconv.Itoa(int(s.WatchdogSignal)) }),
		setting("KillMode", func(s watchdog.Service) string { return string(s.KillMode) }),
		setting("KillSignal", func(s watchdog.Service) string { return strconv.Itoa(int(s.KillSignal)) }),
		setting("RestartKillSignal", func(s watchdog.Service) string {
			return strconv.Itoa(int(cmp.Or(s.RestartKillSignal, s.KillSignal)))
		}),
		setting("FinalKillSignal", func(s watchdog.Service) string { return strconv.Itoa(int(s.FinalKillSignal)) }),
		setting("SendSIGKILL", func(s watchdog.Service) string { return yesNo(s.SendSIGKILL) }),
		setting("SendSIGHUP", func(s watchdog.Service) string { return yesNo(s.SendSIGHUP) }),
		setting("ReloadSignal", func(s watchdog.Service) string { return strconv.Itoa(int(s.ReloadSignal)) }),

		{"ControlSocket", func(v view, _ func() tree) string { return v.dir.Control() }},
		{"LogFile", func(v view, _ func() tree) string { return v.logFile() }},
		{"GuardianLogFile", func(v view, _ func() tree) string {
			if v.record.Unlogged {
				return ""
			}
			return v.dir.GuardianLog()
		}},
	}
	return slices.Concat(all, resourceProperties(), executionProperties())
}

// loadState is "not-found" for what inspectAny made up.
func loadState(r *watchdog.Record) string {
	if r.Service.Exec.Path == "" && len(r.Service.ExecStop) == 0 {
		return "not-found"
	}
	return "loaded"
}

// mainPID is the business's. One that a stop has let live on is nobody's main process.
func mainPID(v view) int {
	if v.guardian == absent {
		return 0
	}
	return v.record.Business.PID
}

func guardianPID(v view, _ func() tree) string {
	if v.guardian == killed {
		return "0"
	}
	return strconv.Itoa(v.record.Guardian.PID)
}

func ofLastRun(value func(watchdog.Run) string, none string) func(*watchdog.Record) string {
	return func(r *watchdog.Record) string {
		if run := presentRun(r); run != nil {
			return value(*run)
		}
		return none
	}
}

// presentRun is the last run, if it is of the present life: with each start systemd forgets
// the one before, and then ExecStartPre= may keep it from having another. A start that was
// refused has no ID.
func presentRun(r *watchdog.Record) *watchdog.Run {
	if run := r.LastRun(); run != nil && (r.InvocationID == "" || run.InvocationID == r.InvocationID) {
		return run
	}
	return nil
}

// waitidCode is si_code of waitid(2): CLD_EXITED, CLD_KILLED or CLD_DUMPED; 0 for a
// run that goes on or never had a process.
func waitidCode(e *watchdog.Exit) int {
	switch {
	case e == nil, e.NoFork:
		return 0
	case e.Signal == 0:
		return 1
	case e.Core:
		return 3
	}
	return 2
}

// execStartProperty is systemctl's way to show a command line with its last run.
func execStartProperty(r *watchdog.Record) string {
	if r.Service.Exec.Path == "" {
		return ""
	}
	lines := []string{commandProperty(r.Service.Exec, presentRun(r))}
	for _, c := range r.Service.ExecMore {
		lines = append(lines, commandProperty(c, nil))
	}
	return strings.Join(lines, "\nExecStart=")
}

// commandProperty is one command line, with its last run where that is known.
func commandProperty(c watchdog.Command, run *watchdog.Run) string {
	started, ended, pid, code, status := "n/a", "n/a", 0, "(null)", "0/0"
	if run != nil {
		started, pid = stamp(run.Started), run.PID
		if run.Exit != nil {
			ended, code, status = stamp(run.Ended), run.Exit.Cause(), strconv.Itoa(run.Exit.Status())
			if run.Exit.Signal != 0 {
				status += "/" + shortName(run.Exit.Signal)
			}
		}
	}
	return fmt.Sprintf("{ path=%s ; argv[]=%s ; ignore_errors=%s ; start_time=[%s] ; stop_time=[%s] ; pid=%d ; code=%s ; status=%s }",
		c.Path, commandLine(c.Args), yesNo(c.IgnoreFailure), started, ended, pid, code, status)
}

// exitList is a list of exits as systemctl prints it: numbers, and signals without SIG.
func exitList(list watchdog.ExitList) string {
	var words []string
	for _, word := range strings.Fields(list.String()) {
		words = append(words, strings.TrimPrefix(word, "SIG"))
	}
	return strings.Join(words, " ")
}

func shortName(signal syscall.Signal) string {
	return strings.TrimPrefix(watchdog.SignalName(signal), "SIG")
}

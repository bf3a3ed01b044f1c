package watchdog

// Policy decides whether a run that ended by itself is followed by another.
type Policy struct {
	// Restart is the rule for exits that are on no list.
	Restart Restart
	// SuccessExitStatus names exits that count as clean besides systemd's own.
	SuccessExitStatus ExitList
	// RestartPreventExitStatus is the no-restart list; it beats everything.
	RestartPreventExitStatus ExitList
	// RestartForceExitStatus names exits that are restarted whatever Restart says.
	RestartForceExitStatus ExitList
}

// Restart is a value of Restart= in systemd.service(5).
type Restart string

// The seven rules.
const (
	RestartNo         Restart = "no"
	RestartAlways     Restart = "always"
	RestartOnSuccess  Restart = "on-success"
	RestartOnFailure  Restart = "on-failure"
	RestartOnAbnormal Restart = "on-abnormal"
	RestartOnAbort    Restart = "on-abort"
	RestartOnWatchdog Restart = "on-watchdog"
)

// A Verdict is a decision with the rule that made it.
type Verdict struct {
	Restart bool
	// Because names the rule: "Restart=on-failure", "on the no-restart list".
	Because string
}

// Decide applies systemd's rules in their order (src/core/service.c,
// service_shall_restart). The lists look at the exit of the business even when the
// result has another cause, such as a stop that took too long; e is nil where there was
// no business.
func (p Policy) Decide(result Result, e *Exit) Verdict {
	switch {
	case e != nil && p.RestartPreventExitStatus.Has(*e):
		return Verdict{false, "on the no-restart list"}
	case e != nil && p.RestartForceExitStatus.Has(*e):
		return Verdict{true, "on the force-restart list"}
	}
	return Verdict{p.Restart.after(result), "Restart=" + string(p.Restart)}
}

// after is the table of systemd.service(5), "Exit causes and the effect of the
// Restart= settings".
func (r Restart) after(result Result) bool {
	if result == StartLimitHit || result == Skipped {
		return false
	}
	switch r {
	case RestartAlways:
		return true
	case RestartOnSuccess:
		return result == Success
	case RestartOnFailure:
		return result != Success
	case RestartOnAbnormal:
		return result != Success && result != ExitCode
	case RestartOnAbort:
		return result == BySignal || result == CoreDump
	case RestartOnWatchdog:
		return result == ByWatchdog
	}
	return false
}

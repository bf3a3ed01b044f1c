package unit

// interim is the directives that this version does not honour and the next one will. A row
// in the table takes the place of a name here.
func (d *draft) interim() []group {
	return []group{
		{"Unit", NotHonoured, "Nothing but the service is stopped.", d.notHonoured, `
			StartLimitAction FailureAction SuccessAction FailureActionExitStatus SuccessActionExitStatus RebootArgument`},
		{"Service", NotHonoured, "Nothing but the service is stopped.", d.notHonoured, `
			StartLimitAction FailureAction SuccessAction RebootArgument`},
		{"Service", NotHonoured, "The command is not run.", d.notHonoured, `
			ExecCondition ExecStartPre ExecStartPost ExecReload ExecStop ExecStopPost`},
		{"Service", NotHonoured, "The service is guarded as if it were not there.", d.notHonoured, `
			ExitType RemainAfterExit GuessMainPID TimeoutAbortSec TimeoutStartFailureMode TimeoutStopFailureMode
			RuntimeMaxSec RuntimeRandomizedExtraSec RestartMode OOMPolicy NotifyAccess WatchdogSec WatchdogSignal`},
		{"Service", NotHonoured, "The business keeps what it inherits.", d.notHonoured, `SetLoginEnvironment`},
	}
}

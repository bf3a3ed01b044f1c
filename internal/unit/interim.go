package unit

// interim is the directives that this version does not honour and the next one will. A row
// in the table takes the place of a name here.
func (d *draft) interim() []group {
	return []group{
		{"Unit", NotHonoured, "Nothing but the service is stopped.", d.notHonoured, `
			StartLimitAction FailureAction SuccessAction FailureActionExitStatus SuccessActionExitStatus RebootArgument`},
		{"Service", NotHonoured, "Nothing but the service is stopped.", d.notHonoured, `
			StartLimitAction FailureAction SuccessAction RebootArgument`},
		{"Service", NotHonoured, "The service is guarded as if it were not there.", d.notHonoured, `
			ExitType RuntimeMaxSec RuntimeRandomizedExtraSec RestartMode OOMPolicy`},
	}
}

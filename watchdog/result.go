package watchdog

import "syscall"

// Result is why a service is not as it should be, in systemd's words (systemd.exec(5),
// $SERVICE_RESULT). The first failure of a life stands until the next start.
type Result string

// The results that can occur.
const (
	Success       Result = "success"
	ExitCode      Result = "exit-code"
	BySignal      Result = "signal"
	CoreDump      Result = "core-dump"
	Timeout       Result = "timeout"
	Protocol      Result = "protocol"
	Resources     Result = "resources"
	OOMKill       Result = "oom-kill"
	StartLimitHit Result = "start-limit-hit"
)

// resultOf is what an exit of the business makes of the service. systemd hears of the
// out-of-memory killer before it hears of the exit, so neither SIGKILL on the success
// list nor the prefix "-" makes a success of that; OOM on the success list does.
func (p Policy) resultOf(e Exit, ignoreFailure bool) Result {
	switch {
	case e.NoFork:
		return Resources
	case e.OOM != NotOOM && !p.SuccessExitStatus.OOM:
		return OOMKill
	case ignoreFailure || p.clean(e):
		return Success
	case e.Signal == 0:
		return ExitCode
	case e.Core:
		return CoreDump
	}
	return BySignal
}

// clean is systemd's test for the main process of a long-running service: exit code
// 0, death by one of the four polite signals, or an exit on the success list, where a
// signal counts only when no core was dumped (src/shared/exit-status.c).
func (p Policy) clean(e Exit) bool {
	if e.Core {
		return false
	}
	switch e.Signal {
	case 0:
		return e.Code == 0 || p.SuccessExitStatus.Has(e)
	case syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE:
		return true
	}
	return p.SuccessExitStatus.Has(e)
}

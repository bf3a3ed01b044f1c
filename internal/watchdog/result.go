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
	ByWatchdog    Result = "watchdog"
	StartLimitHit Result = "start-limit-hit"
	Skipped       Result = "exec-condition" // ExecCondition= said no
)

// resultOf is what an exit of the business makes of the service. systemd hears of the
// out-of-memory killer before it hears of the exit, so neither SIGKILL on the success
// list nor the prefix "-" makes a success of that; OOM on the success list does.
func (s *Service) resultOf(e Exit, c Command) Result {
	if e.OOM != NotOOM && s.OOMPolicy != OOMContinue && !s.Policy.SuccessExitStatus.OOM {
		return OOMKill
	}
	return s.Policy.result(e, c, s.Type != Oneshot)
}

// resultOfControl is what an exit of another command makes of it, one of that state.
func (s *Service) resultOfControl(e Exit, c Command, of State) Result {
	return s.Policy.result(e, c, of == Start)
}

func (p Policy) result(e Exit, c Command, daemon bool) Result {
	switch {
	case e.NoFork:
		return Resources
	case c.IgnoreFailure || p.clean(e, daemon):
		return Success
	case e.Signal == 0:
		return ExitCode
	case e.Core:
		return CoreDump
	}
	return BySignal
}

// clean is systemd's test (src/shared/exit-status.c): exit code 0 or an exit on the
// success list, where a signal counts only when no core was dumped. For the main process
// of a long-running service, and for ExecStart= of Type=forking, death by one of the four polite signals is clean, too.
func (p Policy) clean(e Exit, daemon bool) bool {
	if e.Core {
		return false
	}
	switch e.Signal {
	case 0:
		return e.Code == 0 || p.SuccessExitStatus.Has(e)
	case syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE:
		return daemon || p.SuccessExitStatus.Has(e)
	}
	return p.SuccessExitStatus.Has(e)
}

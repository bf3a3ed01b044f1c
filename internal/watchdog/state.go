package watchdog

// State is a service's state under systemd's name for it (SubState= of systemctl show).
type State string

// The states that a service passes through.
const (
	Dead          State = "dead"
	Condition     State = "condition"
	StartPre      State = "start-pre"
	Start         State = "start"
	StartPost     State = "start-post"
	Running       State = "running"
	AfterExit     State = "exited" // active without a business: RemainAfterExit=
	Reload        State = "reload"
	ReloadSignal  State = "reload-signal" // asked for, and the business has not said that it reloads
	ReloadNotify  State = "reload-notify" // it has
	Stop          State = "stop"
	StopWatchdog  State = "stop-watchdog"
	StopSigterm   State = "stop-sigterm"
	StopSigkill   State = "stop-sigkill"
	StopPost      State = "stop-post"
	FinalWatchdog State = "final-watchdog"
	FinalSigterm  State = "final-sigterm"
	FinalSigkill  State = "final-sigkill"
	Failed        State = "failed"
	AutoRestart   State = "auto-restart"
)

// Active is the coarse state that systemctl shows first (ActiveState=).
func (s State) Active() string {
	switch s {
	case Running, AfterExit:
		return "active"
	case Reload, ReloadSignal, ReloadNotify:
		return "reloading"
	case Condition, StartPre, Start, StartPost, AutoRestart:
		return "activating"
	case Stop, StopWatchdog, StopSigterm, StopSigkill, StopPost, FinalWatchdog, FinalSigterm, FinalSigkill:
		return "deactivating"
	case Failed:
		return "failed"
	}
	return "inactive"
}

// isWatched reports a state in which a business with WatchdogSec= must be heard of.
func (s State) isWatched() bool {
	return s == StartPost || s == Running || s.Active() == "reloading"
}

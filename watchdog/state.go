package watchdog

// State is a service's state under systemd's name for it (SubState= of systemctl show).
type State string

// The states that a service passes through.
const (
	Dead         State = "dead"
	Failed       State = "failed"
	Start        State = "start"
	Running      State = "running"
	StopSigterm  State = "stop-sigterm"
	StopSigkill  State = "stop-sigkill"
	FinalSigterm State = "final-sigterm"
	FinalSigkill State = "final-sigkill"
	AutoRestart  State = "auto-restart"
)

// Active is the coarse state that systemctl shows first (ActiveState=).
func (s State) Active() string {
	switch s {
	case Running:
		return "active"
	case Start, AutoRestart:
		return "activating"
	case StopSigterm, StopSigkill, FinalSigterm, FinalSigkill:
		return "deactivating"
	case Failed:
		return "failed"
	}
	return "inactive"
}

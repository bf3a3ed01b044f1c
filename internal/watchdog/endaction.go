package watchdog

// EndAction is what follows when a service rests for good, as FailureAction= and its like in
// systemd.unit(5). A guardian ends then in any case.
type EndAction string

// The actions; "" is none.
const (
	NoAction   EndAction = "none"
	ExitAction EndAction = "exit"
	ExitForce  EndAction = "exit-force" // the same here
)

func (a EndAction) exits() bool { return a == ExitAction || a == ExitForce }

// EndStatus is the exit status that the guardian is to end with, nil where that is as the
// business has ended: it takes FailureAction=exit, or SuccessAction=exit, and the status.
func (r *Record) EndStatus() *int {
	s := &r.Service
	switch {
	case r.State == Failed && s.FailureAction.exits():
		return s.FailureActionExitStatus
	case r.State == Dead && s.SuccessAction.exits():
		return s.SuccessActionExitStatus
	}
	return nil
}

package watchdog

import (
	"strings"

	"holdfast/internal/proc"
)

// ResourceControl is limits for all processes of a service together. A service with any
// gets a control group of its own, which is removed when it has ended for good.
type ResourceControl = proc.Resources

// controlGroup is the name of a service's control group.
func (s *Service) controlGroup() string { return "holdfast-" + s.Name }

// CheckResources says which limits of a service could not be enforced if it were started
// from here, and changes nothing. previous is what is on record of it.
func CheckResources(s Service, previous Record) []proc.Unenforced {
	return proc.CheckControlGroup(s.controlGroup(), s.Resources, previous.groupNow())
}

// groupNow is the control group that was made for the service since the boot.
func (r *Record) groupNow() proc.ControlGroup {
	if r.BootID != proc.BootID() {
		return proc.ControlGroup{}
	}
	return r.ControlGroup
}

// makeGroup makes the control group, or finds it again. Like systemd, it lets a service
// start whose limits the host cannot enforce.
func (g *Guardian) makeGroup() {
	if g.service.Resources.IsZero() && g.record.ControlGroup.IsZero() {
		return
	}
	group, unenforced := proc.MakeControlGroup(g.service.controlGroup(), g.service.Resources, g.record.ControlGroup)
	g.record.ControlGroup, g.record.Unenforced = group, sentences(unenforced)
	for _, sentence := range g.record.Unenforced {
		g.log.Warn().Msg(sentence)
	}
	g.oom.SetGroup(group.Dirs)
}

// sentences say which limits are not enforced, together where the reason is the same.
func sentences(limits []proc.Unenforced) (all []string) {
	for len(limits) > 0 {
		first := limits[0]
		sentence := first.Error()
		var names []string
		for len(limits) > 0 && limits[0].Err.Error() == first.Err.Error() {
			names, limits = append(names, limits[0].Directive+"="), limits[1:]
		}
		if len(names) > 1 {
			sentence = strings.Join(names, ", ") + " are not enforced: " + first.Err.Error()
		}
		all = append(all, sentence)
	}
	return all
}

// removeGroup leaves it only to processes that a stop was told to leave alive.
func (g *Guardian) removeGroup() {
	if g.record.ControlGroup.IsZero() {
		return
	}
	left, err := g.record.ControlGroup.Remove()
	if err != nil {
		g.log.Info().Err(err).Msg("the control group is left to the processes in it")
	}
	g.record.ControlGroup, g.record.Unenforced = left, nil
	g.save() // or what another program makes there would be taken for ours
}

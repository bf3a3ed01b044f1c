package watchdog

import "holdfast/internal/proc"

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
	g.record.ControlGroup, g.record.Unenforced = group, nil
	for _, limit := range unenforced {
		g.record.Unenforced = append(g.record.Unenforced, limit.Error())
		g.log.Warn().Msg(limit.Error())
	}
	g.oom.SetGroup(group.Dirs)
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

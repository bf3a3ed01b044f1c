package proc

import (
	"golang.org/x/sys/unix"
)

// dropCapabilities takes from the bounding set whatever is not to be in it. What the process has itself is
// taken by the exec.
func (s *Setup) dropCapabilities() *SpawnError {
	if s.CapabilityBoundingSet == nil {
		return nil
	}
	keep := *s.CapabilityBoundingSet
	for number := 0; number < 64; number++ {
		held, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(number), 0, 0, 0)
		if err != nil {
			break // beyond the last one that this kernel knows
		}
		if held == 0 || keep.has(number) {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(number), 0, 0, 0); err != nil {
			return &SpawnError{StepCapabilities, "CapabilityBoundingSet=~" + (Capabilities(1) << number).String(), err}
		}
	}
	return s.setInheritable(func(now Capabilities) Capabilities { return now & keep })
}

// raiseCapabilities makes the ambient set: after the change of the user, which would clear it.
func (s *Setup) raiseCapabilities() *SpawnError {
	if s.AmbientCapabilities == 0 && s.SecureBits == 0 {
		return nil
	}
	ambient := s.AmbientCapabilities
	for number := range 64 { // what is not in the bounding set cannot be given, and systemd says no word of it
		if held, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(number), 0, 0, 0); err != nil || held == 0 {
			ambient &^= Capabilities(1) << number
		}
	}
	failed := s.setInheritable(func(now Capabilities) Capabilities { return now | ambient })
	if failed != nil {
		return failed
	}
	for number := range 64 {
		if !ambient.has(number) {
			continue
		}
		if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, uintptr(number), 0, 0); err != nil {
			return &SpawnError{StepCapabilities, "AmbientCapabilities=" + (Capabilities(1) << number).String(), err}
		}
	}
	return nil
}

// setInheritable changes the inheritable set, and makes every permitted capability an effective one again.
func (s *Setup) setInheritable(change func(Capabilities) Capabilities) *SpawnError {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return &SpawnError{StepCapabilities, "", err}
	}
	inheritable := change(Capabilities(data[0].Inheritable) | Capabilities(data[1].Inheritable)<<32)
	data[0].Inheritable, data[1].Inheritable = uint32(inheritable), uint32(inheritable>>32)
	for i := range data {
		data[i].Effective = data[i].Permitted
	}
	return failedStep(StepCapabilities, inheritable.String(), unix.Capset(&header, &data[0]))
}

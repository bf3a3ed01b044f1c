//go:build !linux

package proc

import (
	"errors"
	"syscall"
)

// MakeControlGroup makes nothing: only Linux has control groups.
func MakeControlGroup(name string, r Resources, before ControlGroup) (ControlGroup, []Unenforced) {
	return ControlGroup{}, CheckControlGroup(name, r, before)
}

// CheckControlGroup says that no limit is enforced.
func CheckControlGroup(_ string, r Resources, _ ControlGroup) (all []Unenforced) {
	for _, controller := range r.controllers() {
		all = append(all, r.unenforced(controller, errors.New("only Linux has control groups"))...)
	}
	return all
}

// Remove has nothing to remove.
func (g ControlGroup) Remove() (ControlGroup, error) { return g, nil }

// MemoryForPercent is not known here.
func MemoryForPercent() (uint64, error) {
	return 0, errors.New("this system does not tell how much memory it has; write bytes")
}

// TasksForPercent is not known here.
func TasksForPercent() (uint64, error) {
	return 0, errors.New("this system does not tell how many processes it may have; write a number")
}

func forkInto(Spec, []uintptr, *syscall.SysProcAttr) (int, error) { return 0, errors.ErrUnsupported }

package proc

import "slices"

// ControlGroup is a control group that was made for one service: a directory of cgroup v2, or one in each
// hierarchy of cgroup v1 that limits something. The zero value is none.
type ControlGroup struct {
	// Path is what /proc/PID/cgroup says of a process in it, in the first of its hierarchies.
	Path string `json:"path,omitempty"`
	// Dirs are what a process enters, [Spec.Join].
	Dirs []string `json:"dirs,omitempty"`
	// Former are directories that have served before and still have processes in them.
	Former []string `json:"former,omitempty"`
}

// IsZero reports that nothing was made.
func (g ControlGroup) IsZero() bool { return len(g.Dirs) == 0 && len(g.Former) == 0 }

// has reports whether the directory was made for the service.
func (g ControlGroup) has(dir string) bool {
	return slices.Contains(g.Dirs, dir) || slices.Contains(g.Former, dir)
}

// Unenforced is a limit that is not enforced.
type Unenforced struct {
	Directive string // such as MemoryMax
	Err       error  // why
}

func (u Unenforced) Error() string { return u.Directive + "= is not enforced: " + u.Err.Error() }
func (u Unenforced) Unwrap() error { return u.Err }

// unenforced is every limit that needs the controller.
func (r Resources) unenforced(controller string, err error) (all []Unenforced) {
	for _, f := range r.files(controller, true) {
		if f.directive != "" {
			all = append(all, Unenforced{f.directive, err})
		}
	}
	return all
}

//go:build linux

package e2e

import (
	"slices"
	"strings"
	"testing"
)

// systemd's control groups are its own, unless a unit says otherwise.
func TestSystemdHasToDelegate(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	unit := func(name string, lines ...string) string {
		l.unit(name+".service", append([]string{"[Service]", "Type=forking", "PIDFile=/run/" + name + ".pid", "KillMode=mixed",
			"ExecStart=/lab/holdfast start --name " + name + " -p TasksMax=10 -- /bin/sleep 1000"}, lines...)...)
		l.systemctl("start", name)
		return l.shown(name, "StatusTrouble")
	}
	const asked = "let systemd start holdfast, by a unit with Delegate=yes"
	if trouble := unit("web"); !strings.Contains(trouble, "TasksMax= is not enforced: the control group /sys/fs/cgroup/system.slice/web.service is systemd's; "+asked) {
		t.Errorf("without Delegate=: %q", trouble)
	}
	if journal := l.journal(); !strings.Contains(journal, "warning: TasksMax= is not enforced") {
		t.Error("the journal has no warning")
	}
	// Whether there is a controller depends on the host; beside cgroup v1 there is none.
	available := strings.Fields(l.ok("cat", "/sys/fs/cgroup/cgroup.controllers"))
	trouble := unit("given", "Delegate=yes")
	if slices.Contains(available, "pids") != (trouble == "") || strings.Contains(trouble, asked) {
		t.Errorf("with Delegate=yes, and controllers %v: %q", available, trouble)
	}
	for _, name := range []string{"web", "given"} {
		l.systemctl("stop", name)
		l.expect(name, "ActiveState=inactive", "Result=success")
	}
	l.quiet()
}

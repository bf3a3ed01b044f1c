package watchdog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Condition...= is tested before anything of a start is done, and after the start limit is
// charged: src/core/unit.c, unit_start.
func TestHistoriesOfConditions(t *testing.T) {
	histories(t, []story{
		{"the service starts where they hold", `
			ConditionPathExists=/x ExecStartPre=p
			start > test
			conditions-hold > start-pre wait:1m30s run:p`},
		{"the start is skipped where one doesn't, and that is no failure", `
			ConditionPathExists=/x ExecStartPre=p Restart=always
			start > test
			condition-unmet > dead answer:skipped finish
			result: success
			because: not started: ConditionPathExists=/x does not hold`},
		{"a restart that was asked for tests them again", `
			ConditionPathExists=/x
			start > test
			conditions-hold > start spawn
			spawned > running answer:started
			restart > stop-sigterm TERM+CONT:all wait:1m30s
			killed TERM > ended test
			condition-unmet > dead answer:skipped finish
			result: success`},
		{"and so does an automatic one, which leaves no failed service", `
			ConditionPathExists=/x Restart=always
			start > test
			conditions-hold > start spawn
			spawned > running answer:started
			exits 7 > ended auto-restart wait:100ms
			timer > test
			condition-unmet > dead finish
			result: exit-code`},
		{"over the start limit they are not looked at", `
			ConditionPathExists=/x StartLimitBurst=1 Restart=always
			start > test
			conditions-hold > start spawn
			spawned > running answer:started
			exits 7 > ended auto-restart wait:100ms
			timer > failed finish
			result: exit-code`},
	})
}

func TestPreconditions(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"plain": 0o644, "program": 0o755, "empty": 0o644} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("text")[:len(name)/6*4], mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"full", "hidden"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"full/web.conf", "hidden/.x", "hidden/x.dpkg-old", "hidden/x~"} {
		if err := os.WriteFile(filepath.Join(dir, file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		holds string
		fails string
	}{
		{"ConditionPathExists", "plain full", "nothing dangling"},
		{"ConditionPathExistsGlob", "pl* plain [!q]lain", "*.conf [!p]lain"},
		{"ConditionPathIsDirectory", "full hidden", "plain nothing"},
		{"ConditionPathIsSymbolicLink", "dangling", "plain nothing"},
		{"ConditionDirectoryNotEmpty", "full", "hidden plain nothing"},
		{"ConditionFileNotEmpty", "program", "empty full nothing"},
		{"ConditionFileIsExecutable", "program", "plain full nothing"},
	}
	for _, tt := range tests {
		for want, names := range map[bool]string{true: tt.holds, false: tt.fails} {
			for name := range strings.FieldsSeq(names) {
				c := Precondition{Name: tt.name, Path: filepath.Join(dir, name)}
				if c.holds() != want {
					t.Errorf("%s: holds is %v", c, !want)
				}
				if c.Negated = true; c.holds() == want {
					t.Errorf("%s: holds is %v", c, want)
				}
			}
		}
	}
}

func TestUnmet(t *testing.T) {
	yes := Precondition{Name: "ConditionPathExists", Path: "/"}
	no := Precondition{Name: "ConditionPathExists", Path: "/", Negated: true}
	triggered := func(c Precondition) Precondition { c.Trigger = true; return c }
	foreign := Precondition{Name: "ConditionHost", Path: "web"}
	tests := []struct {
		name       string
		conditions []Precondition
		want       string
	}{
		{"none", nil, ""},
		{"all hold", []Precondition{yes, yes}, ""},
		{"one does not", []Precondition{yes, no}, "ConditionPathExists=!/"},
		{"one trigger is enough", []Precondition{triggered(no), triggered(yes)}, ""},
		{"no trigger", []Precondition{triggered(no), triggered(no)}, "ConditionPathExists=|!/ nor ConditionPathExists=|!/"},
		{"a trigger does not make up for the others", []Precondition{triggered(yes), no}, "ConditionPathExists=!/"},
		{"triggers are wanted besides the others", []Precondition{yes, triggered(no)}, "ConditionPathExists=|!/"},
		{"what is not known here holds", []Precondition{triggered(no), triggered(foreign), foreign}, ""},
	}
	for _, tt := range tests {
		if got := unmet(tt.conditions); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

package install

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// odd is a service all of whose texts need quoting, everywhere. Its binary writes down
// what it was given, one argument a line.
func odd(t *testing.T) (s Service, given func() []string) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	s = Service{
		Name:        "web@1",
		Description: "100% of what's $HOME",
		Holdfast:    filepath.Join(dir, "it's $HOME %n/hold fast"),
		File:        "/o'p t/50%/$x/web@1.service",
		PIDFile:     "/run/100%/pid",
		Options:     []string{"--allow-unsupported"},
		Environment: []string{"LOG=" + log, `ODD=it's "100%" of \$HOME`},
		StartTime:   "1min",
		StopTime:    "2min",
	}
	script := "#!/bin/sh\nprintf '%s\\n' \"$@\" \"$ODD\" >>\"$LOG\"\n"
	if err := os.Mkdir(filepath.Dir(s.Holdfast), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Holdfast, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return s, func() []string {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(log)
		return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	}
}

func partOf(t *testing.T, init Init, template string) Part {
	t.Helper()
	for _, part := range (Host{Units: "/units"}).Parts(init, "web@1") {
		if part.template == template {
			return part
		}
	}
	t.Fatalf("%s has no %s", init, template)
	return Part{}
}

// Whatever stands in a path or a variable, holdfast gets it as it is.
func TestWordsComeThroughTheShell(t *testing.T) {
	command := func(prefix string) func(text string) string {
		return func(text string) string {
			for line := range strings.Lines(text) {
				if rest, ok := strings.CutPrefix(line, prefix); ok {
					return strings.ReplaceAll(rest, `\%`, "%") // as cron does; elsewhere there is none
				}
			}
			return "false"
		}
	}
	whole := func(text string) string { return text }
	tests := []struct {
		init     Init
		template string
		command  func(text string) string
		want     []string
	}{
		{Runit, "run", whole, []string{"run", "--allow-unsupported"}},
		{S6, "run", whole, []string{"run", "--allow-unsupported"}},
		{Runit, "runit-finish", whole, []string{"show", "-p", "StatusReason", "--value"}},
		{S6, "s6-finish", whole, []string{"show", "-p", "StatusReason", "--value"}},
		{Cron, "cron", command("@reboot "), []string{"start", "--allow-unsupported"}},
		{Cron, "cron", command("* * * * * "), []string{"start", "--unless-stopped", "--allow-unsupported"}},
		{RCLocal, "rc.local", whole, []string{"start", "--allow-unsupported"}},
		{Inittab, "busybox-inittab", command("::shutdown:"), []string{"stop"}},
		{SysV, "sysv", func(text string) string { return "set -- start\n" + text }, []string{"start", "--allow-unsupported"}},
		{OpenRC, "openrc", func(text string) string { return "ebegin() { :; }; eend() { :; }\n" + text + "start\n" }, []string{"start", "--allow-unsupported"}},
	}
	for _, tt := range tests {
		t.Run(string(tt.init)+" "+tt.want[0], func(t *testing.T) {
			t.Parallel()
			if tt.init == SysV && os.Geteuid() != 0 {
				t.Skip("its script is for root")
			}
			s, given := odd(t)
			text := tt.command(partOf(t, tt.init, tt.template).Text(s))
			if out, err := exec.Command("sh", "-c", text).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s\n%s", err, out, text)
			}
			if got, want := given(), slices.Concat(tt.want, []string{s.File, `it's "100%" of \$HOME`}); !slices.Equal(got, want) {
				t.Errorf("holdfast was given %q, want %q, by\n%s", got, want, text)
			}
		})
	}
}

// init runs the program only where nobody guards it and holdfast has not given it up.
func TestInittabHeedsTheDecision(t *testing.T) {
	tests := []struct {
		name, shown string
		runs        bool
	}{
		{"never started", "", true},
		{"never started, but known", "absent\nnever started here", true},
		{"not started since the boot", "absent\nnever started since the boot", true},
		{"stopped by a person", "absent\n\n", false},
		{"its guardian was killed", "killed\nthe guardian (PID 7) was killed", true},
		{"guarded by another", "present\n\n", false},
		{"given up", "absent\nnot restarting: exited with 7, on the no-restart list", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			tool := func(name, script string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			tool("holdfast", `case $1 in show) echo "$SHOWN" ;; *) echo runs >"$LOG" ;; esac`)
			tool("sleep", `echo waits >"$LOG"`)
			log := filepath.Join(dir, "log")
			s := Service{Name: "web@1", Holdfast: filepath.Join(dir, "holdfast"), File: "/web.service"}
			for line := range strings.Lines(partOf(t, Inittab, "busybox-inittab").Text(s)) {
				if command, ok := strings.CutPrefix(line, "::respawn:"); ok {
					c := exec.Command("sh", "-c", "exec "+command)
					c.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "SHOWN=" + tt.shown, "LOG=" + log}
					if out, err := c.CombinedOutput(); err != nil {
						t.Fatalf("%v\n%s", err, out)
					}
				}
			}
			did, _ := os.ReadFile(log)
			if got := string(did) == "runs\n"; got != tt.runs {
				t.Errorf("it %s", did)
			}
		})
	}
}

func TestUnitText(t *testing.T) {
	s, _ := odd(t)
	s.Reloads = true
	s.Unit, s.Install = []string{"After=db.service"}, []string{"WantedBy=multi-user.target"}
	text := partOf(t, Systemd, "systemd").Text(s)
	for _, line := range []string{
		"Description=100%% of what's $HOME",
		"After=db.service",
		"PIDFile=/run/100%%/pid",
		`Environment="ODD=it's \"100%%\" of \\$HOME"`,
		`ExecReload="` + strings.NewReplacer("%", "%%", "$", "$$").Replace(s.Holdfast) + `" reload web@1`,
		"WantedBy=multi-user.target",
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
	s.Reloads = false
	if text := partOf(t, Systemd, "systemd").Text(s); strings.Contains(text, "ExecReload") || strings.Contains(text, "@reloads@") {
		t.Errorf("what cannot be reloaded has an ExecReload= in\n%s", text)
	}
	if strings.Contains(text, "@holdfast") || strings.Contains(text, "@file") {
		t.Errorf("a placeholder is left in\n%s", text)
	}
}

func TestForceReloadRestartsWhatCannotReload(t *testing.T) {
	part := partOf(t, SysV, "sysv")
	for reloads, want := range map[bool]string{true: "\tact reload\n", false: "\tact try-restart\n"} {
		_, rest, _ := strings.Cut(part.Text(Service{Name: "web", Reloads: reloads}), "force-reload)")
		if !strings.Contains(rest, want) {
			t.Errorf("Reloads=%v: no %q in %s", reloads, want, rest)
		}
	}
}

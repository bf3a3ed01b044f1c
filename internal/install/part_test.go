package install

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// placed is a part of the kind, in a file of the test's.
func placed(t *testing.T, init Init) Part {
	t.Helper()
	part := Host{}.Parts(init, "web")[0]
	part.Path = filepath.Join(t.TempDir(), "file")
	return part
}

func put(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var web = Service{Name: "web", File: "/etc/holdfast/web.service", Holdfast: "/usr/bin/holdfast"}

func TestAFileIsWrittenOnceAndRemoved(t *testing.T) {
	for _, init := range []Init{Systemd, SysV, OpenRC, Runit, S6} {
		t.Run(string(init), func(t *testing.T) {
			part := placed(t, init)
			text := part.Text(web)
			for n, want := range []bool{true, false} {
				if changed, err := part.Write(text); changed != want || err != nil {
					t.Fatalf("Write %d: %v, %v", n+1, changed, err)
				}
			}
			if got := content(t, part.Path); got != text {
				t.Errorf("it has %q", got)
			}
			if info, err := os.Stat(part.Path); err != nil || info.Mode() != part.Mode {
				t.Errorf("mode %v, %v; want %v", info.Mode(), err, part.Mode)
			}
			moved := web
			moved.Holdfast = "/opt/holdfast"
			if changed, err := part.Write(part.Text(moved)); !changed || err != nil {
				t.Errorf("what holdfast wrote itself is not brought up to date: %v", err)
			}
			for n, want := range []bool{true, false} {
				if removed, err := part.Remove(); removed != want || err != nil {
					t.Fatalf("Remove %d: %v, %v", n+1, removed, err)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(part.Path), "*")); left != nil {
				t.Errorf("%v is left", left)
			}
		})
	}
}

func TestWhatIsNotOursIsLeftAlone(t *testing.T) {
	part := placed(t, SysV)
	text := part.Text(web)
	other := Host{}.Parts(OpenRC, "web")[0]
	db := Host{}.Parts(SysV, "db")[0]
	tests := []struct {
		name, content string
		says          string
		removalSays   string
	}{
		{"somebody's own", "#!/bin/sh\nexit 0\n", "was not written by holdfast install for --init=sysv, so it is not overwritten", ""},
		{"empty", "", "was not written by holdfast install", ""},
		{"for another init", other.Text(web), "was not written by holdfast install for --init=sysv", ""},
		{"of another service", db.Text(Service{Name: "db"}), "was not written by holdfast install", ""},
		{"ours, edited", text + "# mine\n", "was changed since holdfast install wrote it, so it is not overwritten", "so it is not removed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			put(t, part.Path, tt.content, 0o644)
			if changed, err := part.Write(text); changed || err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Write: %v, %v; want %q", changed, err, tt.says)
			}
			removed, err := part.Remove()
			if said := err != nil && strings.Contains(err.Error(), tt.removalSays); removed || said != (tt.removalSays != "") {
				t.Errorf("Remove: %v, %v; want %q", removed, err, tt.removalSays)
			}
			if got := content(t, part.Path); got != tt.content {
				t.Errorf("it has %q, had %q", got, tt.content)
			}
		})
	}
}

func TestLinesInAFileOfOthers(t *testing.T) {
	const block = "[block]\n"
	tests := []struct {
		name         string
		init         Init
		before, want string // want says where the block is
	}{
		{"at the end", Inittab, "::sysinit:/etc/rc\n", "::sysinit:/etc/rc\n" + block},
		{"after a line without an end", Inittab, "a", "a\n" + block},
		{"before the exit by custom", RCLocal, "#!/bin/sh -e\nfoo\n\nexit 0\n", "#!/bin/sh -e\nfoo\n\n" + block + "exit 0\n"},
		{"before it and what follows", RCLocal, "#!/bin/sh\nexit 0\n\n# end\n", "#!/bin/sh\n" + block + "exit 0\n\n# end\n"},
		{"an exit elsewhere is no custom", RCLocal, "#!/bin/sh\nif foo; then\nexit 0\nfi\n", "#!/bin/sh\nif foo; then\nexit 0\nfi\n" + block},
		{"a new rc.local", RCLocal, "", rcLocalStart + block},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			part := placed(t, tt.init)
			if tt.before != "" {
				put(t, part.Path, tt.before, 0o750)
			}
			text := part.Text(web)
			for n, want := range []bool{true, false} {
				if changed, err := part.Write(text); changed != want || err != nil {
					t.Fatalf("Write %d: %v, %v", n+1, changed, err)
				}
			}
			if got, want := content(t, part.Path), strings.Replace(tt.want, block, text, 1); got != want {
				t.Fatalf("it has\n%s\nwant\n%s", got, want)
			}
			if info, _ := os.Stat(part.Path); tt.before != "" && info.Mode() != 0o750 {
				t.Errorf("its mode is %v now", info.Mode())
			}
			// Another service's lines, and those of an update, do no harm to these.
			second := Host{}.Parts(tt.init, "web2")[0]
			second.Path = part.Path
			moved := web
			moved.Holdfast = "/opt/holdfast"
			if _, err := second.Write(second.Text(Service{Name: "web2"})); err != nil {
				t.Fatal(err)
			}
			if changed, err := part.Write(part.Text(moved)); !changed || err != nil {
				t.Fatalf("update: %v, %v", changed, err)
			}
			for _, p := range []Part{part, second} {
				if removed, err := p.Remove(); !removed || err != nil {
					t.Fatalf("Remove: %v, %v", removed, err)
				}
			}
			if tt.before == "" {
				if _, err := os.Stat(part.Path); err == nil {
					t.Errorf("it has %q left", content(t, part.Path))
				}
			} else if got := content(t, part.Path); strings.TrimSuffix(got, "\n") != strings.TrimSuffix(tt.before, "\n") {
				t.Errorf("it has %q, had %q", got, tt.before)
			}
		})
	}
}

func TestEditedLinesAreLeftAlone(t *testing.T) {
	for name, edit := range map[string]func(string) string{
		"edited":         func(text string) string { return strings.Replace(text, "start", "start --no-block", 1) },
		"without an end": func(text string) string { return strings.Replace(text, ": end\n", "\n", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			part := placed(t, RCLocal)
			before := "#!/bin/sh\n" + edit(part.Text(web))
			put(t, part.Path, before, 0o755)
			_, writeErr := part.Write(part.Text(web))
			_, removeErr := part.Remove()
			for _, err := range []error{writeErr, removeErr} {
				if err == nil || !strings.Contains(err.Error(), "was changed since") {
					t.Errorf("it says %v", err)
				}
			}
			if got := content(t, part.Path); got != before {
				t.Errorf("it has %q, had %q", got, before)
			}
		})
	}
}

func TestAnInittabIsNotMadeUp(t *testing.T) {
	part := placed(t, Inittab)
	if _, err := part.Write(part.Text(web)); err == nil {
		t.Error("a new inittab would change what busybox does without one")
	}
}

func TestSourceOf(t *testing.T) {
	dir := t.TempDir()
	part := Host{Units: dir}.Parts(Systemd, "web")[0]
	if _, err := part.Write(part.Text(web)); err != nil {
		t.Fatal(err)
	}
	if file, ok := SourceOf(part.Path); !ok || file != web.File {
		t.Errorf("it leads to %q, %v", file, ok)
	}
	put(t, filepath.Join(dir, "own.service"), "[Service]\n", 0o644)
	if file, ok := SourceOf(filepath.Join(dir, "own.service")); ok {
		t.Errorf("somebody's own unit leads to %s", file)
	}
}

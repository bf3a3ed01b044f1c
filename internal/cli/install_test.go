package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/internal/install"
)

// The unit in docs/systemd.md is what install writes for the service file in docs/install.md.
func TestDocumentedUnit(t *testing.T) {
	for _, name := range []string{"HOLDFAST_UNIT_PATH", "HOLDFAST_RUNTIME_DIR", "HOLDFAST_LOG_DIR", "XDG_STATE_HOME"} {
		t.Setenv(name, "")
	}
	file := filepath.Join(t.TempDir(), "web.service")
	if err := os.WriteFile(file, []byte(documentedUnit(t, "install.md")), 0o644); err != nil {
		t.Fatal(err)
	}
	service, err := new(installation).service(io.Discard, file, install.Systemd)
	if err != nil {
		t.Fatal(err)
	}
	service.File, service.Holdfast, service.PIDFile = "/etc/holdfast/web.service", "/usr/local/bin/holdfast", "/run/holdfast/web/pid"
	_, text, _ := strings.Cut(install.Host{}.Parts(install.Systemd, "web")[0].Text(service), "\n") // but for the mark
	if got := documentedUnit(t, "systemd.md"); got != text {
		t.Errorf("docs/systemd.md has\n%s\nwhere install writes\n%s", got, text)
	}
}

// documentedUnit is the first text of a unit in a page of the manual.
func documentedUnit(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", page))
	if err != nil {
		t.Fatal(err)
	}
	_, text2, found := strings.Cut(string(text), "\n    [Unit]\n")
	if !found {
		t.Fatalf("no unit in %s", page)
	}
	unit := "[Unit]\n"
	for line := range strings.Lines(text2) {
		code, isCode := strings.CutPrefix(line, "    ")
		if !isCode && line != "\n" {
			break
		}
		unit += strings.TrimPrefix(code, "    ")
	}
	return strings.TrimRight(unit, "\n") + "\n"
}

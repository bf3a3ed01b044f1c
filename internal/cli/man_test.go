package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"holdfast/internal/unit"
)

// writeManual writes the pages as a release does, and returns their directory.
func writeManual(t *testing.T) string {
	t.Helper()
	t.Setenv("SOURCE_DATE_EPOCH", "1763700000") // 21 November 2025
	dir := t.TempDir()
	var stderr strings.Builder
	if code := execute([]string{"man", dir}, &stderr, &stderr); code != exitDone {
		t.Fatalf("holdfast man ended with %d: %s", code, &stderr)
	}
	return dir
}

func TestTheManualIsComplete(t *testing.T) {
	dir := writeManual(t)
	text := func(page string) string {
		content, err := os.ReadFile(filepath.Join(dir, page))
		if err != nil {
			t.Error(err)
		}
		return strings.ReplaceAll(string(content), `\-`, "-")
	}
	overview := text("holdfast.1")
	pages := 2
	for _, c := range rootCommand().Commands() {
		if c.Hidden || c.Name() == "help" {
			continue
		}
		pages++
		if !strings.Contains(overview, ".BR holdfast-"+c.Name()+" (1)") {
			t.Errorf("holdfast(1) does not name %s", c.Name())
		}
		page := text("holdfast-" + c.Name() + ".1")
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(page, `\fB--`+f.Name+`\fR`) {
				t.Errorf("holdfast-%s(1) does not tell of --%s", c.Name(), f.Name)
			}
			if value, _ := pflag.UnquoteUsage(f); value != "" && value != strings.ToUpper(value) {
				t.Errorf("holdfast %s: --%s takes a %q; name it in backquotes", c.Name(), f.Name, value)
			}
		})
		for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "SEE ALSO"} {
			if !strings.Contains(page, "\n.SH \""+section+"\"\n") {
				t.Errorf("holdfast-%s(1) has no %s", c.Name(), section)
			}
		}
	}
	service := text("holdfast.service.5")
	for _, d := range unit.Directives() {
		if !strings.Contains(service, d.Name+"=") {
			t.Errorf("holdfast.service(5) does not name %s=", d.Name)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != pages {
		t.Errorf("%d pages were written, want %d", len(entries), pages)
	}
	if !strings.Contains(overview, "2025-11-21") {
		t.Error("holdfast(1) does not have the date of SOURCE_DATE_EPOCH")
	}
}

func TestTheManualIsGoodRoff(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(writeManual(t), "*"))
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	for _, check := range [][]string{
		{"mandoc", "-Tlint", "-Wwarning"},
		{"man", "--warnings", "--local-file", "-E", "UTF-8"},
	} {
		t.Run(check[0], func(t *testing.T) {
			if _, err := exec.LookPath(check[0]); err != nil {
				t.Skipf("%s is not installed", check[0])
			}
			for _, page := range pages {
				var complaints strings.Builder
				c := exec.Command(check[0], append(check[1:], page)...)
				c.Env = append(os.Environ(), "MANPAGER=cat", "PAGER=cat")
				c.Stderr = &complaints
				out, err := c.Output()
				if check[0] == "mandoc" {
					complaints.Write(out)
				}
				if err != nil || complaints.Len() > 0 {
					t.Errorf("%s: %v\n%s", filepath.Base(page), err, &complaints)
				}
			}
		})
	}
}

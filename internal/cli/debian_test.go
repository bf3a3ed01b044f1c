package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/internal/unit"
)

// What verify says of service files as Debian ships them is what it has said before. Write it
// anew with: go test ./internal/cli -run Debian -update
//
// Whether the programs and users are there, which verify looks for too, is the host's affair.
func TestServiceFilesOfDebian(t *testing.T) {
	t.Parallel()
	const dir = "testdata/debian/"
	files, err := filepath.Glob(dir + "*.service")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			path := strings.Replace(file, "postgresql@.", "postgresql@15-main.", 1)
			verdict := strings.ReplaceAll(verdictOf(t, path), dir, "")
			want := strings.TrimSuffix(file, ".service") + ".verify"
			if *update {
				if err := os.WriteFile(want, []byte(verdict), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if text, err := os.ReadFile(want); err != nil || string(text) != verdict {
				t.Errorf("%s (%v) says\n%sand now it is\n%s", want, err, text, verdict)
			}
		})
	}
}

// verdictOf is the table of a service file and whether it loads, and if not, what it takes.
func verdictOf(t *testing.T, path string) string {
	var b strings.Builder
	for _, options := range []unit.Options{{}, {AllowUnsupported: true}} {
		loaded, err := unit.Load(path, options)
		if len(loaded.Service.DropIns) > 0 {
			t.Skipf("changed on this host by %q", loaded.Service.DropIns)
		}
		if options.AllowUnsupported {
			b.WriteString("\nwith --allow-unsupported:\n")
		} else {
			printSettings(&b, loaded.Settings)
		}
		warn(&b, loaded.Problems)
		if err == nil {
			b.WriteString("it can be started\n")
			break
		}
		fmt.Fprintln(&b, err)
	}
	return b.String()
}

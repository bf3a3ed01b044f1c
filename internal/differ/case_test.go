//go:build linux && !race

package differ

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// A Case is one service file, what is done with it, and what is known to come of that.
type Case struct {
	// unit is its name without .service, archive-file.
	unit     string
	instance string // of a template
	steps    []string
	files    []txtar.File // as they are installed, by their names there
	// want are lines that systemd's transcript must have, so that a case shows what
	// its name says.
	want []string
	// ignored are the beginnings of lines that are not compared.
	ignored []string
	// nonsense are directives that nobody knows, on purpose.
	nonsense []string
}

// cases reads the archives. The words above an archive's files are done with each of
// its services; what is no service, drop-in or template goes into the case's directory.
func cases(t *testing.T) []*Case {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	var found []*Case
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		for _, file := range archive.Files {
			if stem, ok := strings.CutSuffix(file.Name, ".service"); ok {
				found = append(found, newCase(t, name, stem, archive))
			}
		}
	}
	return found
}

func newCase(t *testing.T, archive, stem string, from *txtar.Archive) *Case {
	c := &Case{unit: archive + "-" + strings.TrimSuffix(stem, "@")}
	for line := range strings.Lines(string(from.Comment)) {
		switch step := strings.TrimSpace(line); {
		case step == "" || step[0] == '#':
		case strings.HasPrefix(step, "instance "):
			c.instance = strings.TrimPrefix(step, "instance ")
		case strings.HasPrefix(step, "ignore "):
			c.ignored = append(c.ignored, strings.TrimPrefix(step, "ignore "))
		case strings.HasPrefix(step, "nonsense "):
			c.nonsense = strings.Fields(step)[1:]
		default:
			c.steps = append(c.steps, c.replace(step))
		}
	}
	for _, file := range from.Files {
		own, isOwn := strings.CutPrefix(file.Name, stem+".service")
		switch {
		case isOwn && strings.HasSuffix(stem, "@"):
			file.Name = c.unit + "@.service" + own
		case isOwn:
			file.Name = c.unit + ".service" + own
		case strings.Contains(file.Name, ".service"):
			continue // another case's
		}
		file.Data = []byte(c.replace(string(file.Data)))
		c.files = append(c.files, file)
		for line := range strings.Lines(string(file.Data)) {
			if text, isFact := strings.CutPrefix(strings.TrimSpace(line), "#> "); isOwn && isFact {
				c.want = append(c.want, text)
			}
		}
	}
	if len(c.want) == 0 {
		t.Errorf("%s: no line begins with #>, so nothing says what it shows", c.unit)
	}
	return c
}

// replace puts the case's own paths into a text.
func (c *Case) replace(text string) string {
	return strings.NewReplacer("{probe}", "/lab/bin/"+c.unit, "{dir}", "/lab/case/"+c.unit, "{name}", c.unit).Replace(text)
}

// service is the name that verbs take.
func (c *Case) service() string {
	if c.instance != "" {
		return c.unit + "@" + c.instance
	}
	return c.unit
}

// install puts the files where both sides read them.
func (c *Case) install(share, probe string) error {
	if err := os.Link(probe, filepath.Join(share, "bin", c.unit)); err != nil {
		return err
	}
	for _, side := range []string{"systemd", "holdfast"} {
		dir := filepath.Join(share, "case-"+side, c.unit)
		if err := makeOpen(dir); err != nil {
			return err
		}
		if err := writeOpen(filepath.Join(dir, "record"), nil); err != nil {
			return err
		}
		for _, file := range c.files {
			if !strings.Contains(file.Name, ".service") {
				if err := writeOpen(filepath.Join(dir, file.Name), file.Data); err != nil {
					return err
				}
			}
		}
	}
	for _, file := range c.files {
		if strings.Contains(file.Name, ".service") {
			path := filepath.Join(share, "units", file.Name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, file.Data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeOpen and writeOpen make what every user may write to, whatever the umask.
func makeOpen(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return os.Chmod(dir, 0o777)
}

func writeOpen(path string, data []byte) error {
	if err := os.WriteFile(path, data, 0o666); err != nil {
		return fmt.Errorf("writing for a case: %w", err)
	}
	mode := os.FileMode(0o666)
	if strings.HasPrefix(filepath.Base(path), "run-") { // a program
		mode = 0o777
	}
	return os.Chmod(path, mode)
}

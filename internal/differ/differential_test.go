//go:build linux && !race

// Package differ runs service files under a real systemd and under holdfast, and
// compares what becomes of them; it has tests only.
package differ

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestMain(m *testing.M) {
	// The cases wait nearly all the time.
	flag.Set("test.parallel", "16")
	os.Exit(m.Run())
}

// A suite is the two sides, and the count of what was compared.
type suite struct {
	systemd, holdfast *side

	mu       sync.Mutex
	compared int
	leftOut  int
	needs    map[string]int // what cases were left out for
}

// build builds holdfast and the probe into the lab.
func build(t *testing.T, share string) (probe string) {
	t.Helper()
	probe = filepath.Join(share, "probe")
	holdfast := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(share, "holdfast"), "holdfast")
	holdfast.Env = append(os.Environ(), "CGO_ENABLED=0")
	for _, c := range []*exec.Cmd{
		holdfast,
		exec.Command("cc", "-O1", "-static", "-o", probe, "testdata/probe.c"),
	} {
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", c, err, out)
		}
	}
	return probe
}

func TestDifferential(t *testing.T) {
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("no C compiler for the program that the services run")
	}
	lab := newLab(t)
	share := filepath.Join(lab, "share")
	for _, dir := range []string{"bin", "case", "out", "units", "case-systemd", "case-holdfast"} {
		if err := makeOpen(filepath.Join(share, dir)); err != nil {
			t.Fatal(err)
		}
	}
	probe := build(t, share)
	all := cases(t)
	for _, c := range all {
		if err := c.install(share, probe); err != nil {
			t.Fatal(err)
		}
	}
	if err := keep(share, all); err != nil {
		t.Fatal(err)
	}
	s := &suite{
		systemd:  newSide(t, lab, "systemd", systemdSetUp, []string{"bash"}, []string{"systemctl"}),
		holdfast: newSide(t, lab, "holdfast", holdfastSetUp, []string{"unshare", "--mount", "bash"}, []string{"/lab/holdfast"}),
		needs:    map[string]int{},
	}
	t.Cleanup(func() { t.Log(s.tally()) })
	for _, c := range all {
		t.Run(c.unit, func(t *testing.T) {
			t.Parallel()
			s.compare(t, c)
		})
	}
}

// keep writes a unit that refers to all the others, so that systemd does not forget what
// became of one as soon as it is inactive.
func keep(share string, all []*Case) error {
	text := "[Unit]\n"
	for _, c := range all {
		text += "After=" + c.service() + ".service\n"
	}
	return os.WriteFile(filepath.Join(share, "units", "keep.target"), []byte(text), 0o644)
}

// compare runs a case under both. What holdfast does not know yet is run by systemd
// alone, so that the case is known to be right.
func (s *suite) compare(t *testing.T, c *Case) {
	needs := s.missing(c)
	victims := outOfMemory()
	var truth, ours string
	var truthErr, oursErr error
	var both sync.WaitGroup
	both.Go(func() { truth, truthErr = (&play{Case: c, side: s.systemd}).perform() })
	if len(needs) == 0 {
		both.Go(func() { ours, oursErr = (&play{Case: c, side: s.holdfast}).perform() })
	}
	both.Wait()
	if truthErr != nil {
		t.Fatal(truthErr)
	}
	for _, line := range c.want {
		if !slices.Contains(strings.Split(truth, "\n"), line) {
			t.Errorf("systemd does not say %q, but:\n%s", line, truth)
		}
	}
	switch {
	case len(needs) > 0:
	case oursErr != nil:
		t.Error(oursErr)
	case truth != ours && outOfMemory() != victims: // a likely cause of any SIGKILL, where PIDs are not the host's
		t.Skip("somebody on this host was killed for want of memory meanwhile")
	case truth != ours:
		t.Errorf("systemd (-) and holdfast (+) differ:\n%s", diff(truth, ours))
	}
	s.count(needs)
	if len(needs) > 0 {
		t.Skip("needs " + strings.Join(needs, " "))
	}
}

// outOfMemory is how many processes of this host were killed for want of memory.
func outOfMemory() string {
	text, _ := os.ReadFile("/proc/vmstat")
	_, count, _ := strings.Cut(string(text), "\noom_kill ")
	count, _, _ = strings.Cut(count, "\n")
	return count
}

// missing are the directives of a case that holdfast does not honour.
func (s *suite) missing(c *Case) (needs []string) {
	out, _ := s.holdfast.do(c.service(), "verify", "--json")
	var verdict struct {
		Settings []struct{ Name, Value, Class string }
	}
	if err := json.Unmarshal([]byte(out), &verdict); err != nil {
		return []string{strings.TrimSpace(out)}
	}
	for _, at := range verdict.Settings {
		if (at.Class == "unknown" || at.Class == "not honoured" || at.Class == "refused") && !slices.Contains(c.nonsense, at.Name) && !slices.Contains(needs, at.Name+"=") {
			needs = append(needs, at.Name+"=")
		}
	}
	slices.Sort(needs)
	return needs
}

func (s *suite) count(needs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(needs) == 0 {
		s.compared++
		return
	}
	s.leftOut++
	for _, need := range needs {
		s.needs[need]++
	}
}

func (s *suite) tally() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d cases compared, %d left out", s.compared, s.leftOut)
	for _, need := range slices.Sorted(maps.Keys(s.needs)) {
		fmt.Fprintf(&b, "\n%d need %s", s.needs[need], need)
	}
	return b.String()
}

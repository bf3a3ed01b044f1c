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
	systemd := newSide(t, lab, "systemd", systemdSetUp, []string{"bash"}, []string{"systemctl"})
	holdfast := newSide(t, lab, "holdfast", holdfastSetUp, []string{"unshare", "--mount", "bash"}, []string{"/lab/holdfast"})

	var tally tally
	t.Cleanup(func() { t.Log(tally.String()) })
	for _, c := range all {
		t.Run(c.unit, func(t *testing.T) {
			t.Parallel()
			needs := missing(t, holdfast, c)
			tally.count(needs, c.differs)
			compare(t, c, systemd, holdfast, needs)
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
func compare(t *testing.T, c *Case, systemd, holdfast *side, needs []string) {
	var truth, ours string
	var truthErr, oursErr error
	var both sync.WaitGroup
	both.Go(func() { truth, truthErr = (&play{Case: c, side: systemd}).perform() })
	if len(needs) == 0 {
		both.Go(func() { ours, oursErr = (&play{Case: c, side: holdfast}).perform() })
	}
	both.Wait()
	for _, err := range []error{truthErr, oursErr} {
		if err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		return
	}
	for _, line := range c.want {
		if !slices.Contains(strings.Split(truth, "\n"), line) {
			t.Errorf("systemd does not say %q, but:\n%s", line, truth)
		}
	}
	if len(needs) > 0 {
		t.Skip("needs " + strings.Join(needs, " "))
	}
	switch {
	case truth == ours && c.differs != "":
		t.Errorf("they agree; the mark that they differ can go: %s", c.differs)
	case truth != ours && c.differs != "":
		t.Skip("they differ: " + c.differs)
	case truth != ours:
		t.Errorf("systemd (-) and holdfast (+) differ:\n%s", diff(truth, ours))
	}
}

// missing are the directives of a case that holdfast does not honour.
func missing(t *testing.T, holdfast *side, c *Case) (needs []string) {
	out, _ := holdfast.do(c.service(), "verify", "--json")
	var verdict struct {
		Error    string
		Warnings []string
		Settings []struct{ Name, Value, Class string }
	}
	if err := json.Unmarshal([]byte(out), &verdict); err != nil {
		return []string{strings.TrimSpace(out)}
	}
	for _, s := range verdict.Settings {
		if (s.Class == "unknown" || s.Class == "refused") && !slices.Contains(c.nonsense, s.Name) && !slices.Contains(needs, s.Name+"=") {
			needs = append(needs, s.Name+"=")
		}
		if s.Name == "Type" && strings.Contains(strings.Join(append(verdict.Warnings, verdict.Error), "\n"), "Type="+s.Value) {
			needs = append(needs, "Type="+s.Value)
		}
	}
	slices.Sort(needs)
	return needs
}

// A tally counts what was compared and what was not.
type tally struct {
	mu       sync.Mutex
	compared int
	left     int
	needs    map[string]int
}

func (t *tally) count(needs []string, differs string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(needs) == 0 && differs != "" {
		needs = []string{"agreement: " + differs}
	}
	if len(needs) == 0 {
		t.compared++
		return
	}
	t.left++
	if t.needs == nil {
		t.needs = map[string]int{}
	}
	for _, need := range needs {
		t.needs[need]++
	}
}

func (t *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d cases compared, %d left out", t.compared, t.left)
	for _, need := range slices.Sorted(maps.Keys(t.needs)) {
		fmt.Fprintf(&b, "\n%d need %s", t.needs[need], need)
	}
	return b.String()
}

// diff shows the lines that only one of two texts has, with those before and after.
func diff(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	// The length of the longest common rest from each pair of lines on.
	common := make([][]int, len(left)+1)
	for i := range common {
		common[i] = make([]int, len(right)+1)
	}
	for i := len(left) - 1; i >= 0; i-- {
		for j := len(right) - 1; j >= 0; j-- {
			if left[i] == right[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var lines []string
	var shown []bool
	for i, j := 0, 0; i < len(left) || j < len(right); {
		switch {
		case i < len(left) && j < len(right) && left[i] == right[j]:
			lines, shown = append(lines, "  "+left[i]), append(shown, false)
			i, j = i+1, j+1
		case j == len(right) || i < len(left) && common[i+1][j] >= common[i][j+1]:
			lines, shown = append(lines, "- "+left[i]), append(shown, true)
			i++
		default:
			lines, shown = append(lines, "+ "+right[j]), append(shown, true)
			j++
		}
	}
	var out strings.Builder
	for i, line := range lines {
		if slices.Contains(shown[max(0, i-1):min(len(shown), i+2)], true) {
			fmt.Fprintln(&out, line)
		}
	}
	return out.String()
}

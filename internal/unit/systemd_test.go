package unit

import (
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// differs is where the verdict is holdfast's own, and why.
var differs = map[string]string{
	"our own section knows its directives":                      "it is ours",
	"OnCrash is a command line":                                 "it is ours",
	"OnCrash is one command":                                    "it is ours",
	"Home is an absolute path":                                  "it is ours",
	"sandboxing refuses":                                        "systemd does it",
	"a user made up for the run refuses":                        "systemd does it",
	"but not where it asks for nothing":                         "252 has no MemoryKSM=",
	"a maximum below the base":                                  "252 has no RestartMaxDelaySec=",
	"a variable that is not set is empty":                       "systemd says so when it starts the service",
	"a variable alone is a program's name":                      "systemd says so when it starts the service",
	"privileges beside User= are given":                         "systemd does not like nobody",
	"the old name of /run is told":                              "systemd-analyze keeps it to itself",
	"a problem is told at the line where the assignment begins": "systemd names the line where it ends",
	"a line end in a list of exits":                             "systemd names the line where it ends",
}

// Where systemd is installed, it is asked what it thinks of the same files: whether it loads
// them, and which lines it warns of.
func TestVerdictsAreSystemds(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip(err)
	}
	complaint := regexp.MustCompile(`(?m)^/.*/web\.service:([0-9]+): `)
	for _, tt := range slices.Concat(verdicts(), mistakes(), executionMistakes()) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, "web.service", tt.text)
			said, _ := exec.Command(analyze, "verify", "--man=no", path).CombinedOutput()
			refuses := strings.Contains(string(said), "has a bad unit file setting") || strings.Contains(string(said), "failed to load properly")
			theirs, ours := map[string]bool{}, map[string]bool{}
			for _, found := range complaint.FindAllStringSubmatch(string(said), -1) {
				theirs[found[1]] = true
			}
			refused := false
			for _, problem := range tt.want {
				problem, fatal := strings.CutPrefix(problem, "!")
				line, _, _ := strings.Cut(problem, ":")
				if ours[line] = true; fatal { // it may name no line, or another
					refused = true
					delete(ours, line)
					delete(theirs, line)
				}
			}
			same := refuses == refused && maps.Equal(theirs, ours)
			if why := differs[tt.name]; same == (why != "") {
				t.Errorf("systemd refuses: %v, and says\n%swhere we say\n%q (%s)", refuses, said, tt.want, why)
			}
		})
	}
}

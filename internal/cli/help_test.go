package cli

import (
	"io"
	"strings"
	"testing"
)

func TestEveryVerbIsInAGroupAndHasExamples(t *testing.T) {
	for _, c := range rootCommand().Commands() {
		if c.Hidden || c.Name() == "help" {
			continue
		}
		if c.GroupID == "" {
			t.Errorf("%s is in no group, so the help does not show it", c.Name())
		}
		if !strings.Contains(c.Example, "holdfast "+c.Name()) {
			t.Errorf("%s has no example", c.Name())
		}
	}
}

// Nothing is run: the flags are parsed and the arguments are counted.
func TestEveryExampleIsACommandLine(t *testing.T) {
	examples := 0
	texts := []string{rootCommand().Example}
	for _, c := range rootCommand().Commands() {
		texts = append(texts, c.Example)
	}
	for line := range strings.Lines(strings.Join(texts, "\n")) {
		_, rest, found := strings.Cut(line, "holdfast ")
		if !found {
			continue
		}
		examples++
		rest, _, _ = strings.Cut(rest, ">")
		rest, _, _ = strings.Cut(rest, ";")
		root := rootCommand()
		root.SetOut(io.Discard)
		words := strings.Fields(strings.ReplaceAll(strings.TrimSuffix(strings.TrimSpace(rest), ")"), "'", ""))
		c, args, err := root.Find(words)
		if err == nil && c != root {
			err = c.ParseFlags(args)
		}
		if err == nil && c.Args != nil {
			err = c.Args(c, c.Flags().Args())
		}
		if err != nil || c == root {
			t.Errorf("%s: %v", strings.TrimSpace(line), err)
		}
	}
	if examples < 40 {
		t.Errorf("found only %d examples", examples)
	}
}

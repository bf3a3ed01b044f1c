package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The bill names what "go version -m" names, and nothing else.
func TestTheBillNamesEveryModuleOfTheBinary(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "holdfast")
	if out, err := exec.Command("go", "build", "-o", binary, "holdfast").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	out, err := exec.Command("go", "version", "-m", binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) >= 3 && fields[0] == "dep" {
			want = append(want, fields[1]+" "+fields[2])
		}
	}
	b, err := describe("holdfast", "1.2.3", binary, "1763700000")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range b.Components[1:] {
		got = append(got, c.Name+" "+c.Version)
	}
	if len(want) < 5 || !slices.Equal(got, want) {
		t.Errorf("the bill names %q, want %q", got, want)
	}
	if first := b.Components[0]; first.Name != "stdlib" || !strings.HasPrefix(first.PURL, "pkg:golang/stdlib@1.") {
		t.Errorf("the first component is %+v, want Go's own library", first)
	}
	if b.Metadata.Timestamp != "2025-11-21T04:40:00Z" {
		t.Errorf("the time is %s", b.Metadata.Timestamp)
	}
	if len(b.Dependencies[0].DependsOn) != len(b.Components) {
		t.Error("not every component is a dependency")
	}
}

func TestWhatIsNoGoBinaryIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := describe("x", "1", file, ""); err == nil {
		t.Error("no error")
	}
}

package cli

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"holdfast/internal/unit"
)

var update = flag.Bool("update", false, "write the files anew that tests compare with")

// docs/directives.md is written by this test: go test ./internal/cli -run Directives -update
func TestTheManualOfDirectivesIsUpToDate(t *testing.T) {
	const file = "../../docs/directives.md"
	want := directivesManual()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%s is not up to date (%v); write it anew with: go test ./internal/cli -run Directives -update", file, err)
	}
}

const directivesIntro = `# Directives

A service file says here what it says to systemd, and on the command line each directive is
` + "`-p NAME=VALUE`" + `. ` + "`holdfast verify ./web.service`" + ` tells what becomes of each line of a file.

A wrong value is treated as systemd treats it: mostly a warning with file and line, and the earlier
value stays. On the command line it is an error. Time spans, exit lists, quoting, variables and specifiers
are systemd's (systemd.time(7), systemd.service(5), systemd.unit(5)); ` + "`OOM`" + ` on a list of exits is
holdfast's own and means the kernel's out-of-memory killer.

This file is generated from the table that holdfast itself uses.

## Honoured

The defaults are systemd's for a service file and a watchdog's for a bare command line.
`

func directivesManual() string {
	var b strings.Builder
	b.WriteString(directivesIntro)
	all := unit.Directives()
	file, command := directiveDefaults()
	for _, section := range []string{"Unit", "Service", "X-Holdfast"} {
		fmt.Fprintf(&b, "\n### [%s]\n\n| directive | in a file | on a command line | |\n| --- | --- | --- | --- |\n", section)
		for _, d := range all {
			if d.Section == section && d.Class == unit.Honoured {
				fmt.Fprintf(&b, "| `%s=` | %s | %s | %s |\n", d.Name, file[d.Name], command[d.Name], d.Doc)
			}
		}
	}
	b.WriteString("\n## Not honoured\n\nThis version knows them and does not do what they say: a warning in a file, an error on the command line.\n")
	listDirectives(&b, all, unit.NotHonoured)
	b.WriteString("\n## Harmless\n\nThey mean nothing here and are accepted, as are the sections and directives whose\nnames begin with `X-`, but for [X-Holdfast].\n")
	listDirectives(&b, all, unit.Harmless)
	b.WriteString("\n## Refused\n\nThey promise what holdfast does not give. A file that asks for it is not started, unless\n" +
		"with `--allow-unsupported`; a value that asks for nothing, such as `PrivateTmp=no`, is accepted.\n")
	listDirectives(&b, all, unit.Refused)
	b.WriteString("\nAny other directive is unknown: a warning in a file, an error on the command line.\n")
	return b.String()
}

// listDirectives lists those of a class, together with what share their line of
// documentation.
func listDirectives(b *strings.Builder, all []unit.Directive, class unit.Class) {
	var docs []string
	names := map[string][]string{}
	for _, d := range all {
		if d.Class != class {
			continue
		}
		if names[d.Doc] == nil {
			docs = append(docs, d.Doc)
		}
		if word := "`" + d.Name + "=`"; !slices.Contains(names[d.Doc], word) { // of [Unit] and [Service]
			names[d.Doc] = append(names[d.Doc], word)
		}
	}
	for _, doc := range docs {
		b.WriteString("\n**" + doc + "**\n\n")
		line := ""
		for _, word := range slices.Sorted(slices.Values(names[doc])) {
			if line != "" && len(line)+1+len(word) > 104 {
				b.WriteString(line + "\n")
				line = ""
			}
			line = strings.TrimPrefix(line+" "+word, " ")
		}
		b.WriteString(line + "\n")
	}
}

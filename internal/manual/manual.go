// Package manual writes the manual pages, from the commands and the table of directives
// that the program itself runs on.
package manual

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"holdfast/internal/unit"
)

// A Manual is what the pages are made of.
type Manual struct {
	Root    *cobra.Command
	Version string
	Date    time.Time
	// Directives have their defaults beside them, in a service file and on a command line.
	Directives []Directive
}

// A Directive is one of holdfast.service(5). A default of "" is none worth telling.
type Directive struct {
	unit.Directive
	InFile, OnCommandLine string
}

// Pages returns every page under the name of its file.
func (m Manual) Pages() map[string][]byte {
	pages := map[string][]byte{"holdfast.1": m.overview(), "holdfast.service.5": m.serviceFile()}
	for _, c := range m.verbs() {
		pages["holdfast-"+c.Name()+".1"] = m.verb(c)
	}
	return pages
}

// verbs are those that a user may type.
func (m Manual) verbs() []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(m.Root.Commands()), func(c *cobra.Command) bool {
		return c.Hidden || c.Name() == "help"
	})
}

func (m Manual) page(name string, section int, short string) *page {
	p := newPage(name, section, m.Date, m.Version)
	p.section("NAME")
	fmt.Fprintf(p, "%s \\- %s\n", escape(name), escape(short))
	return p
}

func (m Manual) overview() []byte {
	p := m.page("holdfast", 1, lowerFirst(m.Root.Short))
	p.section("SYNOPSIS")
	fmt.Fprintf(p, "%s %s [\\fIflags\\fR] [\\fINAME\\fR...]\n", bold("holdfast"), italic("VERB"))
	p.section("DESCRIPTION")
	p.text(m.Root.Long)
	p.section("VERBS")
	p.text("Each has a page of its own, and 'holdfast help VERB'.")
	for _, group := range m.Root.Groups() {
		p.subsection(strings.TrimSuffix(group.Title, ":"))
		for _, c := range m.verbs() {
			if c.GroupID == group.ID {
				p.item(".BR "+escape("holdfast-"+c.Name())+" (1)", c.Short)
			}
		}
	}
	p.section("EXAMPLES")
	for paragraph := range strings.SplitSeq(strings.TrimSpace(m.Root.Example), "\n\n") {
		what, commands, _ := strings.Cut(paragraph, "\n")
		p.text(strings.TrimSpace(what))
		p.example(commands)
	}
	p.section("EXIT STATUS")
	for _, x := range exitCodes {
		p.item(bold(x[0]), x[1])
	}
	p.section("FILES")
	for _, f := range files {
		p.item(placeholders(f[0]), f[1])
	}
	p.section("ENVIRONMENT")
	for _, v := range environment {
		p.item(bold(v[0]), v[1])
	}
	p.section("SIGNALS")
	p.text("The guardian, whose PID the PID file has, takes these:")
	for _, s := range signals {
		p.item(bold(s[0]), s[1])
	}
	p.seeAlso("holdfast-start(1)", "holdfast-status(1)", "holdfast.service(5)", "systemctl(1)")
	return p.Bytes()
}

func (m Manual) verb(c *cobra.Command) []byte {
	p := m.page("holdfast-"+c.Name(), 1, lowerFirst(c.Short))
	p.section("SYNOPSIS")
	verb, rest, _ := strings.Cut(c.Use, " ")
	if !strings.Contains(rest, "[flags]") {
		rest = "[flags] " + rest
	}
	fmt.Fprintf(p, "%s %s\n", bold("holdfast "+verb), placeholders(rest))
	p.section("DESCRIPTION")
	p.text(cmp.Or(c.Long, c.Short+"."))
	p.section("OPTIONS")
	c.InitDefaultHelpFlag()
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			p.item(flag(f))
		}
	})
	if c.Example != "" {
		p.section("EXAMPLES")
		p.example(c.Example)
	}
	p.section("EXIT STATUS")
	if !slices.Contains([]string{"status", "is-active", "is-failed", "run"}, verb) { // they say it themselves
		p.text("0: done. 1: the service, or what was asked of it, failed. 2: the command line or the configuration is wrong, and nothing was done.")
	} else {
		p.text("As described above; 2: the command line or the configuration is wrong, and nothing was done.")
	}
	p.seeAlso("holdfast(1)", "holdfast.service(5)")
	return p.Bytes()
}

// flag is the entry of a flag: "-n, --lines=COUNT".
func flag(f *pflag.Flag) (tag, text string) {
	value, text := pflag.UnquoteUsage(f)
	tag = bold("--" + f.Name)
	if f.Shorthand != "" {
		tag = bold("-"+f.Shorthand) + ", " + tag
	}
	if value != "" {
		tag += "=" + italic(strings.ToUpper(value))
	}
	if !slices.Contains([]string{"", "false", "0", "[]"}, f.DefValue) {
		text += " (default " + f.DefValue + ")"
	}
	return tag, text
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }

package manual

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A page is written in the macros of man(7).
type page struct {
	bytes.Buffer
	begun bool // something stands below the present heading
}

func newPage(name string, section int, date time.Time, version string) *page {
	p := new(page)
	fmt.Fprintf(p, ".TH %s %d %s \"holdfast %s\" \"holdfast manual\"\n",
		strings.ToUpper(escape(name)), section, date.UTC().Format(time.DateOnly), escape(version))
	return p
}

func (p *page) section(title string) { p.heading(".SH", title) }

func (p *page) subsection(title string) { p.heading(".SS", title) }

func (p *page) heading(macro, title string) {
	fmt.Fprintf(p, "%s %q\n", macro, title)
	p.begun = false
}

// paragraph begins one; right below a heading that has happened already.
func (p *page) paragraph() {
	if p.begun {
		p.WriteString(".PP\n")
	}
	p.begun = true
}

// text writes paragraphs, between which there are empty lines. One whose lines are
// indented is an example.
func (p *page) text(text string) {
	for paragraph := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		if strings.HasPrefix(paragraph, "  ") {
			p.example(paragraph)
			continue
		}
		p.paragraph()
		p.words(paragraph)
	}
}

func (p *page) example(text string) {
	p.paragraph()
	p.WriteString(".in +4n\n.EX\n")
	for line := range strings.Lines(text) {
		p.WriteString(escape(strings.TrimSuffix(strings.TrimPrefix(line, "  "), "\n")) + "\n")
	}
	p.WriteString(".EE\n.in\n")
}

// words writes lines that roff fills, short enough for whoever reads them in the file.
func (p *page) words(text string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		word = escape(word)
		if line != "" && len(line)+len(word) > 78 {
			p.WriteString(line + "\n")
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	p.WriteString(line + "\n")
}

// item writes an entry of a list: a tag, in roff, and what there is to say of it.
func (p *page) item(tag, text string) {
	p.WriteString(".TP\n" + tag + "\n")
	p.words(text)
	p.begun = true
}

func (p *page) seeAlso(pages ...string) {
	p.section("SEE ALSO")
	for i, name := range pages {
		title, section, _ := strings.Cut(name, "(")
		separator := ","
		if i == len(pages)-1 {
			separator = ""
		}
		fmt.Fprintf(p, ".BR %s (%s%s\n", escape(title), section, separator)
	}
}

func bold(text string) string   { return `\fB` + escape(text) + `\fR` }
func italic(text string) string { return `\fI` + escape(text) + `\fR` }

// escape has roff print the text as it is. A minus stays one that can be copied.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, `"`, `\(dq`,
		"…", "...", "–", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

// placeholders are the words that stand for others.
func placeholders(text string) string {
	return regexp.MustCompile(`[A-Z]{2,}`).ReplaceAllString(escape(text), `\fI$0\fR`)
}

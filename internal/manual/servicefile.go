package manual

import (
	"slices"
	"strings"

	"holdfast/internal/unit"
)

const serviceFileText = `A service file describes a program to be guarded. It is a systemd.service(5) file and says here what it says to systemd, with the same syntax, quoting, time spans, specifiers, drop-ins (NAME.service.d/*.conf) and templates (NAME@.service). What systemd has no word for stands in the section [X-Holdfast], which systemd ignores, so one file serves both.

A wrong value is treated as systemd treats it: mostly a warning with file and line, and the earlier value stays. 'holdfast verify FILE' tells what becomes of each line. On the command line each directive is -p NAME=VALUE, and an error there is an error.

Exit lists take codes, names (TEMPFAIL), signals (SIGKILL), and OOM, which is holdfast's own and means the kernel's out-of-memory killer.`

const serviceFileExample = `  [Unit]
  Description=The shop

  [Service]
  ExecStart=/usr/bin/web -c /etc/web.conf
  User=www-data
  Restart=on-failure
  RestartSec=500ms
  RestartPreventExitStatus=7 OOM

  [X-Holdfast]
  LogMaxSize=50M
  LogTimestamps=utc`

func (m Manual) serviceFile() []byte {
	p := m.page("holdfast.service", 5, "what is to be guarded, and how")
	p.section("SYNOPSIS")
	p.WriteString(placeholders("NAME.service") + "\n")
	p.section("DESCRIPTION")
	p.text(serviceFileText)
	for _, section := range []string{"Unit", "Service", "X-Holdfast"} {
		p.section("[" + section + "] DIRECTIVES")
		for _, d := range m.Directives {
			if d.Section == section && d.Class == unit.Honoured {
				p.item(bold(d.Name+"="), d.Doc+defaults(d))
			}
		}
	}
	p.section("DIRECTIVES THAT ARE NOT HONOURED")
	p.text("These are known and have no effect: a warning in a file, an error on the command line.")
	m.list(p, unit.NotHonoured)
	p.section("HARMLESS DIRECTIVES")
	p.text("These mean nothing here and are accepted, as are sections and directives whose names begin with X-.")
	m.list(p, unit.Harmless)
	p.section("REFUSED DIRECTIVES")
	p.text("These promise what holdfast does not give. A file that asks for it is not started, unless with --allow-unsupported; a value that asks for nothing, such as PrivateTmp=no, is accepted.")
	m.list(p, unit.Refused)
	p.section("EXAMPLES")
	p.example(serviceFileExample)
	p.seeAlso("holdfast(1)", "holdfast-verify(1)", "systemd.service(5)", "systemd.exec(5)", "systemd.time(7)", "systemd.unit(5)")
	return p.Bytes()
}

func defaults(d Directive) string {
	switch {
	case d.InFile == d.OnCommandLine && d.InFile == "":
		return ""
	case d.InFile == d.OnCommandLine:
		return " Default: " + d.InFile + "."
	}
	or := func(text string) string {
		if text == "" {
			return "nothing"
		}
		return text
	}
	return " Default: " + or(d.InFile) + " in a file, " + or(d.OnCommandLine) + " on a command line."
}

// list writes those of a class, together with what share their documentation.
func (m Manual) list(p *page, class unit.Class) {
	var docs []string
	names := map[string][]string{}
	for _, d := range m.Directives {
		if d.Class != class {
			continue
		}
		if names[d.Doc] == nil {
			docs = append(docs, d.Doc)
		}
		names[d.Doc] = append(names[d.Doc], d.Name+"=")
	}
	for _, doc := range docs {
		slices.Sort(names[doc])
		p.item(escape(doc), strings.Join(slices.Compact(names[doc]), ", ")+".")
	}
}

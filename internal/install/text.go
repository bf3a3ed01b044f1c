package install

import (
	"strings"

	"holdfast/scripts"
)

// Text is what the part says for a service.
func (p Part) Text(s Service) string {
	template, err := scripts.Init.ReadFile("init/" + p.template)
	if err != nil {
		panic(err) // it is in the binary
	}
	var text strings.Builder
	fill := p.filler(s)
	for line := range strings.Lines(string(template)) {
		line, onlyIfReloads := strings.CutPrefix(line, "@reloads@")
		if onlyIfReloads && !s.Reloads {
			continue
		}
		filled := fill.Replace(line)
		if alone := strings.HasPrefix(line, "@"); alone && strings.TrimSpace(filled) == "" {
			continue
		}
		text.WriteString(filled)
	}
	return p.seal(text.String(), s.File)
}

// filler fills in the placeholders, each word as the part's language has it written.
func (p Part) filler(s Service) *strings.Replacer {
	quote, assign, prefix := shellWord, "export ", ""
	switch p.Init {
	case Systemd:
		quote, assign = systemdWord, "Environment="
	case Cron:
		quote = func(word string) string { return strings.ReplaceAll(shellWord(word), "%", `\%`) }
	case Inittab: // they stand in single quotes, and mean the same without
		quote = func(word string) string { return strings.ReplaceAll(shellWord(word), "'", `'\''`) }
	}
	var environment []string
	for _, variable := range s.Environment {
		name, value, _ := strings.Cut(variable, "=")
		word := name + "=" + quote(value)
		if p.Init == Systemd {
			word = systemdQuoted(variable)
		}
		environment = append(environment, assign+word)
		prefix += word + " "
	}
	switch {
	case prefix != "" && p.Init == Inittab:
		prefix = strings.Join(environment, "; ") + "; "
	case prefix != "":
		prefix = "env " + prefix
	}
	options := ""
	for _, option := range s.Options {
		options += " " + quote(option)
	}
	description := s.Description
	switch p.Init {
	case Systemd:
		description = escapePercent(description)
	case OpenRC:
		description = shellWord(description)
	}
	delegate := ""
	if s.Limits {
		delegate = "Delegate=yes"
	}
	forceReload := "try-restart"
	if s.Reloads {
		forceReload = "reload"
	}
	return strings.NewReplacer(
		"@mark@", p.mark(s.File),
		"@end@", p.end(),
		"@name@", p.nameIn(quote),
		"@description@", description,
		"@holdfast@", quote(s.Holdfast),
		"@file@", quote(s.File),
		"@path@", s.File,
		"@pidfile@", escapePercent(s.PIDFile),
		"@options@", options,
		"@environment@", strings.Join(environment, "\n"),
		"@env@", prefix,
		"@start-time@", s.StartTime,
		"@stop-time@", s.StopTime,
		"@force-reload@", forceReload,
		"@delegate@", delegate,
		"@unit@", strings.Join(s.Unit, "\n"),
		"@install@", strings.Join(s.Install, "\n"),
	)
}

// nameIn is the name as it is, unless it is a word of a command.
func (p Part) nameIn(quote func(string) string) string {
	if p.Init == Systemd {
		return quote(p.Name)
	}
	return p.Name
}

// shellWord quotes a word for a shell where it has to be.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("%+,-./:=@_", r)
	}
	if word != "" && strings.TrimFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// systemdWord quotes a word of a command line: systemd.service(5), "Command Lines".
func systemdWord(word string) string { return systemdQuoted(strings.ReplaceAll(word, "$", "$$")) }

// systemdQuoted quotes a word where no variables are: systemd.syntax(7), "Quoting".
func systemdQuoted(word string) string {
	word = escapePercent(word)
	if strings.ContainsAny(word, " \t\"'\\;") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
	}
	return word
}

// escapePercent keeps systemd from taking a % for a specifier.
func escapePercent(text string) string { return strings.ReplaceAll(text, "%", "%%") }

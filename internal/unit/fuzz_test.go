package unit

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"holdfast/internal/watchdog"
)

// Whatever the file, its verdict is one sentence a problem, and a service that was
// accepted can be run.
func FuzzLoad(f *testing.F) {
	f.Add("[Service]\nExecStart=/bin/true\nRestart=always\n")
	f.Add("[Unit]\r\nDescription=%n\\\n# x\n y\r\n[Service]\nExecStart=-@sh \"a b\" \\x41 ${PATH} $$ ; \n")
	f.Fuzz(func(t *testing.T, text string) {
		const path = "web.service"
		loaded, err := load(path, strings.NewReader(text), watchdog.FileDefaults("web"), Options{})
		for _, problem := range loaded.Problems {
			if sentence := problem.Error(); strings.ContainsAny(sentence, "\n\r\x00\x1b") || !strings.HasPrefix(sentence, path+":") {
				t.Errorf("problem %q", sentence)
			}
		}
		if err != nil {
			return
		}
		s := loaded.Service
		if s.Exec.Path == "" || strings.Contains(s.Exec.Path, "/") != filepath.IsAbs(s.Exec.Path) || len(s.Exec.Args) == 0 || !filepath.IsAbs(s.WorkingDirectory) ||
			s.PIDFile != "" && !filepath.IsAbs(s.PIDFile) || s.Backoff.RestartSec > s.Backoff.RestartMaxDelaySec {
			t.Errorf("accepted %+v", s)
		}
		for _, word := range append(s.Exec.Args, s.Environment...) {
			if strings.ContainsRune(word, 0) {
				t.Errorf("a NUL in %q", word)
			}
		}
	})
}

// Each word is shorter than what it was cut from, so a command line ends.
func FuzzCutWord(f *testing.F) {
	f.Add(`/bin/x "a b" 'c' \x41\n \; \`, 0)
	f.Add(`"a`, 1)
	f.Fuzz(func(t *testing.T, text string, rules int) {
		for text != "" {
			_, rest, found, err := cutWord(text, rules%2 != 0)
			if err != nil || !found {
				return
			}
			if len(rest) >= len(text) || !strings.HasSuffix(text, rest) {
				t.Fatalf("%q leaves %q", text, rest)
			}
			text = rest
		}
	})
}

// Commands that were read are the same commands when they are written and read again. What a
// specifier stands for is not looked at for prefixes, which would not come back.
func FuzzCommandLine(f *testing.F) {
	f.Add(`-/bin//sh -c "a b" 'c' \x41 50% \q ; @echo x \; $A; ;`)
	f.Add(`:!!@/bin/x "" '"' ; +;`)
	f.Fuzz(func(t *testing.T, line string) {
		read := func(line string) (commands []command, err error) {
			return commands, newDraft(watchdog.FileDefaults("web")).commandLines(&commands)(line)
		}
		commands, err := read(strings.ReplaceAll(line, "%", "%%"))
		if err != nil || len(commands) == 0 || strings.ContainsRune(line, 0) {
			return
		}
		var written []string
		for _, c := range commands {
			if c.path == "" || len(c.args) == 0 || strings.Contains(c.path, "/") != filepath.IsAbs(c.path) {
				t.Fatalf("%q is %+v", line, c)
			}
			written = append(written, writeCommand(c))
		}
		again, err := read(strings.Join(written, " ; "))
		if !reflect.DeepEqual(again, commands) || err != nil {
			t.Errorf("%q is %+v, written %q, read back %+v, %v", line, commands, written, again, err)
		}
	})
}

func writeCommand(c command) string {
	line, words := c.privileged, slices.Clone(c.args)
	for prefix, given := range map[string]bool{"-": c.ignoreFailure, ":": c.literal, "@": c.ownName} {
		if given {
			line += prefix
		}
	}
	if c.ownName {
		words = append([]string{c.path}, words...)
	}
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%")
	for i, word := range words {
		words[i] = `"` + quote.Replace(word) + `"`
	}
	return line + strings.Join(words, " ")
}

// What is no specifier comes through as it is, and one does not change what is beside it.
func FuzzSpecifiers(f *testing.F) {
	f.Add("web-a@b\\x2dc-d", "%n%N %p %P %i-%I %j %J %f%", "%t%% %")
	f.Add("web", "%y%Y%d%v%a%m%b%H%l%q%A", "%u%U%g%G%h%s%S%C%L%E%D%T%V%o%w%W%B%M")
	f.Fuzz(func(t *testing.T, name, text, more string) {
		if ValidName(name) != nil {
			return
		}
		service := watchdog.FileDefaults(name)
		service.Source = "/etc/holdfast/" + name + suffix
		d := newDraft(service)
		if got, err := d.specifiers(strings.ReplaceAll(text, "%", "%%")); got != text || err != nil {
			t.Errorf("%q, escaped, becomes %q, %v", text, got, err)
		}
		if percents := len(text) - len(strings.TrimRight(text, "%")); percents%2 == 1 {
			return // the last one would go with what follows
		}
		first, firstErr := d.specifiers(text)
		second, secondErr := d.specifiers(more)
		both, err := d.specifiers(text + more)
		if (err == nil) != (firstErr == nil && secondErr == nil) || err == nil && both != first+second {
			t.Errorf("%q becomes %q (%v), %q %q (%v), together %q (%v)", text, first, firstErr, more, second, secondErr, both, err)
		}
	})
}

// A name that was escaped as by systemd-escape(1) is the same when it is unescaped.
func FuzzUnescape(f *testing.F) {
	f.Add("/dev/sda1", "dev-sd\\x61")
	f.Add("\xff-.\\:_", "-")
	f.Fuzz(func(t *testing.T, text, name string) {
		var escaped strings.Builder
		for i := range len(text) {
			switch c := text[i]; {
			case c == '/':
				escaped.WriteByte('-')
			case isAlphanumeric(c) || c == ':' || c == '_' || c == '.' && i > 0:
				escaped.WriteByte(c)
			default:
				fmt.Fprintf(&escaped, `\x%02x`, c)
			}
		}
		if got, err := unescapeName(escaped.String()); got != text && !strings.ContainsRune(text, 0) {
			t.Errorf("%q, escaped %q, is unescaped %q, %v", text, escaped.String(), got, err)
		}
		if file, err := unescapePath(name); err == nil && filepath.Clean(file) != file {
			t.Errorf("%q is taken for the path %q", name, file)
		}
	})
}

// A size is the same size in bytes, and in larger units where it is a multiple of them.
func FuzzSize(f *testing.F) {
	for _, text := range []string{"1G 512M", "1.5 K", "10.M", "+7B", "15E 1023P", ".5", "1K1K", "18446744073709551614"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		size, err := parseSize(text)
		if err != nil {
			return
		}
		for number, unit := size, "BKMGTPE"; ; number, unit = number/1024, unit[1:] {
			written := strconv.FormatUint(number, 10) + unit[:1]
			if again, err := parseSize(written); again != size || err != nil {
				t.Errorf("%q is %d, written %s, read back %d, %v", text, size, written, again, err)
			}
			if number%1024 != 0 || len(unit) == 1 {
				return
			}
		}
	})
}

// What is formatted is read back as the same.
func FuzzSpan(f *testing.F) {
	for _, text := range []string{"1min 30s", "1.5", "infinity", "292y", "5µs", ".5h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		span, err := ParseSpan(text)
		if err != nil {
			return
		}
		again, err := ParseSpan(FormatSpan(span))
		if again != span || err != nil || span < 0 || span != watchdog.Infinity && span%time.Microsecond != 0 {
			t.Errorf("%q is %d, formatted %q, read back %d, %v", text, span, FormatSpan(span), again, err)
		}
	})
}

// A list that was read is the same list when it is written and read again.
func FuzzExitList(f *testing.F) {
	f.Add("7 SIGKILL TERM TEMPFAIL OOM 0x10 RTMIN+3")
	f.Fuzz(func(t *testing.T, line string) {
		read := func(line string) (watchdog.ExitList, error) {
			service := bareCommand()
			err := Set(&service, "RestartPreventExitStatus="+line)
			return service.Policy.RestartPreventExitStatus, err
		}
		list, err := read(line)
		if err != nil {
			return
		}
		again, err := read(list.String())
		if !reflect.DeepEqual(again, list) || err != nil {
			t.Errorf("%q is %+v, written %q, read back %+v, %v", line, list, list, again, err)
		}
	})
}

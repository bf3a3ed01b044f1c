package unit

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"holdfast/watchdog"
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
	f.Add(`"a`, int(keepUnknown))
	f.Fuzz(func(t *testing.T, text string, rules int) {
		for text != "" {
			_, rest, found, err := cutWord(text, quoting(rules)&(cEscapes|keepUnknown))
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

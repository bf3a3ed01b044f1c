//go:build linux

package e2e

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The sessions that README.md and docs/quickstart.md show are typed here, command by
// command, and must print what stands there. Times, sizes and PIDs (numbers of four digits or more)
// may differ; a PID of the page stands for one PID throughout, also in "kill -9 4713".

// A step is a command of a page and what it prints there.
type step struct {
	line    int
	command string
	want    []string
}

// steps are the commands of a page: what is indented and follows "$ ". A here-document is
// a part of its command.
func steps(t *testing.T, page string) (found []step) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", page))
	if err != nil {
		t.Fatal(err)
	}
	until := ""     // the end of a here-document
	inside := false // an indented block that began with a command
	for i, line := range strings.Split(string(text), "\n") {
		code, indented := strings.CutPrefix(line, "    ")
		command, typed := strings.CutPrefix(code, "$ ")
		switch {
		case line != "" && !indented:
			inside = false
		case until != "":
			found[len(found)-1].command += "\n" + code
			if code == until {
				until = ""
			}
		case indented && typed:
			inside = true
			found = append(found, step{line: i + 1, command: command})
			if here := regexp.MustCompile(`<<'(\w+)'`).FindStringSubmatch(command); here != nil {
				until = here[1]
			}
		case inside:
			last := &found[len(found)-1]
			last.want = append(last.want, code)
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s shows no command", page)
	}
	return found
}

// A session is a shell that a page's commands are typed into.
type session struct {
	t     *testing.T
	in    io.WriteCloser
	out   *os.File
	lines *bufio.Reader     // of out
	wait  func()            // until the shell has ended
	host  string            // the directory of the test's host, which the page does not know
	known map[string]string // PIDs of the page and what they are here
}

// onHost is a shell among the processes of a host.
func onHost(h *host, dir string, env ...string) *session {
	h.t.Helper()
	open := func(name string) *os.File {
		path := filepath.Join(h.dir, name)
		if err := unix.Mkfifo(path, 0o600); err != nil {
			h.t.Fatal(err)
		}
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			h.t.Fatal(err)
		}
		h.t.Cleanup(func() { file.Close() })
		return file
	}
	in, out := open("typed"), open("printed")
	shell := h.launch(Spec{Args: []string{"bash"}, Dir: dir, Env: slices.Concat(h.env, env),
		Stdin: in.Name(), Stdout: out.Name(), Stderr: out.Name()})
	return newSession(h.t, session{in: in, out: out, wait: func() { shell.wait() }, host: h.dir})
}

// inLab is a shell in a lab.
func inLab(l *lab) *session {
	l.t.Helper()
	shell := exec.Command(labScript, slices.Concat([]string{"exec", l.dir}, l.prefix, []string{"bash", "-c", "cd /lab && exec bash 2>&1"})...)
	in, err := shell.StdinPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	out, err := shell.StdoutPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		l.t.Fatal(err)
	}
	return newSession(l.t, session{in: in, out: out.(*os.File), wait: func() { shell.Wait() }})
}

func newSession(t *testing.T, s session) *session {
	s.t, s.lines, s.known = t, bufio.NewReader(s.out), map[string]string{}
	return &s
}

// end ends the shell.
func (s *session) end() {
	fmt.Fprintln(s.in, "exit")
	s.in.Close()
	s.wait()
}

// typed types a command and returns what it printed.
func (s *session) typed(command string) string {
	s.t.Helper()
	const end = "-- end of a command --"
	fmt.Fprintf(s.in, "{ %s\n} </dev/null\nprintf '\\n%s\\n'\n", command, end)
	s.out.SetReadDeadline(time.Now().Add(deadline))
	var printed strings.Builder
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			s.t.Fatalf("%s: %v\n%s", command, err, printed.String())
		}
		if line == end+"\n" {
			break
		}
		printed.WriteString(line)
	}
	text := strings.TrimRight(printed.String(), "\n")
	if s.host != "" {
		text = strings.NewReplacer(s.host+"/run", "/run/holdfast", s.host+"/log", "/var/log/holdfast").Replace(text)
	}
	return text
}

// looks tells a command that only looks. The reader of a page is slower than a test, so
// such a command is typed again until what it shows has happened.
var looks = regexp.MustCompile(`^(\./)?(holdfast (status|history|logs|list|show|is-active|cat)|ps|systemctl show) `)

// do types the steps, except those that the test has to do without.
func (s *session) do(page string, steps []step, without func(step) bool) {
	s.t.Helper()
	for _, st := range steps {
		if without(st) {
			s.t.Logf("%s:%d: left out: %s", page, st.line, st.command)
			continue
		}
		command := regexp.MustCompile(varying[0]).ReplaceAllStringFunc(st.command, func(n string) string { return cmp.Or(s.known[n], n) })
		for end := time.Now().Add(deadline); ; pause() {
			printed := s.typed(command)
			if s.matches(st.want, printed) {
				break
			}
			if !looks.MatchString(st.command) || time.Now().After(end) {
				s.t.Fatalf("%s:%d: $ %s\nprints\n%s\n\nand the page has\n%s", page, st.line, command, printed,
					strings.Join(st.want, "\n"))
			}
		}
	}
}

// varying is what differs from one time to the next, and how it looks. Beside it, the page
// is taken literally.
var varying = []string{
	0: `\b(\d{4,7})\b`,                                           // a PID
	1: `…\n?`,                                                    // lines that the page leaves out
	2: ` +`,                                                      // columns are as wide as what is in them
	3: `\w{3} \d{4}-\d\d-\d\d [0-9:]{8} \w+`,                     // a time
	4: `\d{4}-\d\d-\d\dT[0-9:.]+Z`,                               // a stamp
	5: `\d+(?:\.\d+)? ?(?:µs|ms|s|min|h)\b(?: \d+ ?(?:ms|s)\b)?`, // a duration
	6: `\d+(?:\.\d+)?[KMG]\b(?: +\d+(?:ms|s)?\b)?`,               // a size, and in a table the CPU time
	7: `(?:Tasks|CPU): .*`,
}

var varies = regexp.MustCompile(strings.Join(varying[3:], "|") + "|" + strings.Join(varying[:3], "|"))

// matches compares what was printed with the page, and learns its PIDs.
func (s *session) matches(want []string, printed string) bool {
	var pattern strings.Builder
	var pids []string
	page, at := strings.TrimRight(strings.Join(want, "\n"), "\n"), 0
	for _, found := range varies.FindAllStringIndex(page, -1) {
		token := page[found[0]:found[1]]
		pattern.WriteString(regexp.QuoteMeta(page[at:found[0]]))
		at = found[1]
		kind := slices.IndexFunc(varying, func(v string) bool { return regexp.MustCompile(`\A(?:` + v + `)\z`).MatchString(token) })
		switch kind {
		case 0:
			pids = append(pids, token)
			pattern.WriteString(`\b(\d+)\b`)
		case 1:
			pattern.WriteString(`(?s:.*)`)
		default:
			pattern.WriteString(varying[kind])
		}
	}
	pattern.WriteString(regexp.QuoteMeta(page[at:]))
	found := regexp.MustCompile(`\A` + pattern.String() + `\z`).FindStringSubmatch(printed)
	if found == nil {
		return false
	}
	learnt := maps.Clone(s.known)
	for i, number := range pids {
		if here := found[i+1]; cmp.Or(learnt[number], here) != here {
			return false
		}
		learnt[number] = found[i+1]
	}
	s.known = learnt
	return true
}

func TestREADMEShowsWhatHappens(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "go", "sleep")
	const page = "README.md"
	h := newHost(t)
	// The checkout, in a directory that may be built in.
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"main.go", "go.mod", "go.sum", "internal", "daemon", "pidfile", "watchdog", "scripts"} {
		if err := os.Symlink(filepath.Join(checkout, name), filepath.Join(h.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	shell := onHost(h, h.dir, "GOFLAGS=-trimpath")
	shell.do(page, steps(t, page), func(step) bool { return false })
	shell.end()
	h.nothingLeft("sleep")
}

// The quick start needs no file of this machine: it is tried on a fresh Debian where scripts/quickstart-check
// has made one, with the packages of a release. Elsewhere it is tried on this machine's files, and the
// commands that install and remove a package are left out.
func TestQuickStartShowsWhatHappens(t *testing.T) {
	t.Parallel()
	needs(t, "bash")
	const page = "docs/quickstart.md"
	debian := os.Getenv("HOLDFAST_DEBIAN")
	if debian == "" {
		s := &seed{t, t.TempDir()}
		binary, err := os.ReadFile(holdfast)
		if err != nil {
			t.Fatal(err)
		}
		s.file("usr/bin/holdfast", string(binary), 0o755)
		s.file("etc/holdfast/README", "Service files.\n", 0o644)
		l := bootLab(t, nil, s.dir)
		l.ok("rm", "-rf", "/var/log/holdfast", "/opt/web")
		inLab(l).do(page, steps(t, page), func(s step) bool {
			return strings.HasPrefix(s.command, "dpkg ") || strings.HasPrefix(s.command, "ls ")
		})
		return
	}
	l := bootLab(t, []string{"../../scripts/in-debian", debian, os.TempDir()}, "")
	if err := os.Remove(filepath.Join(l.dir, "share/holdfast")); err != nil {
		t.Fatal(err)
	}
	packages, err := filepath.Glob(filepath.Join(os.Getenv("HOLDFAST_PACKAGES"), "*.deb"))
	if err != nil || len(packages) == 0 {
		t.Fatalf("HOLDFAST_PACKAGES=%s: no packages there: %v", os.Getenv("HOLDFAST_PACKAGES"), err)
	}
	if out, err := exec.Command("cp", append(packages, filepath.Join(l.dir, "share"))...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	inLab(l).do(page, steps(t, page), func(step) bool { return false })
}

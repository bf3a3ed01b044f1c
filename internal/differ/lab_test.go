//go:build linux && !race

package differ

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const labScript = "../../scripts/systemd-lab"

// newLab boots a systemd for the whole suite and returns its directory.
func newLab(t *testing.T) string {
	t.Helper()
	if out, err := exec.Command(labScript, "check").CombinedOutput(); err != nil {
		t.Skip(cmp.Or(string(bytes.TrimSpace(out)), err.Error()))
	}
	dir := filepath.Join(t.TempDir(), "lab")
	if out, err := exec.Command(labScript, "start", dir).CombinedOutput(); err != nil {
		t.Fatalf("systemd-lab start: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command(labScript, "stop", dir).CombinedOutput(); err != nil {
			t.Errorf("systemd-lab stop: %v\n%s", err, out)
		}
	})
	return dir
}

// A side is one of the two that are compared. Both see the same paths, but of the
// directories to which services write each has its own, so that one file can be run by
// both at the same time.
type side struct {
	name  string
	verb  []string // the command that a verb and a unit's name are added to
	share string   // /lab, as this process sees it
	cases string   // /lab/case, as this process sees it

	mu      sync.Mutex
	shell   io.Writer
	asked   int
	waiting map[int]chan int
}

// systemdSetUp and holdfastSetUp make of a shell's surroundings those of a side.
const (
	systemdSetUp = `
		mount --bind /lab/case-systemd /lab/case
		cp -r /lab/units/. /run/systemd/system && systemctl daemon-reload && systemctl start keep.target`
	holdfastSetUp = `
		for own in /run /tmp /var/lib /var/cache /var/log; do mount -t tmpfs -o mode=755 tmpfs $own; done
		chmod 1777 /tmp
		mkdir /run/etc /run/work && mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work overlay /etc
		mount --bind /lab/case-holdfast /lab/case
		ulimit -Sn 1024 # the caller's limits are passed on, and this is what systemd starts from
		mkdir -p /run/systemd/system && cp -r /lab/units/. /run/systemd/system`
)

// newSide starts the shell that runs a side's commands. It is one for all of them,
// because a new one for each would cost more than the commands.
func newSide(t *testing.T, lab, name, setUp string, shell, verb []string) *side {
	t.Helper()
	share := filepath.Join(lab, "share")
	s := &side{name: name, verb: verb, share: share, cases: filepath.Join(share, "case-"+name), waiting: map[int]chan int{}}
	c := exec.Command(labScript, append([]string{"exec", lab}, shell...)...)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	s.shell = in
	go s.listen(out)
	t.Cleanup(func() {
		in.Close()
		c.Wait()
	})
	// Without job control, a shell's background commands would ignore SIGINT.
	fmt.Fprintln(in, "set -m")
	if out, code := s.run("{ "+setUp+"\n}", inForeground); code != 0 {
		t.Fatalf("%s: setting it up: exit code %d\n%s", name, code, out)
	}
	return s
}

// listen takes in the exit codes of commands, each with its number in front.
func (s *side) listen(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var number, code int
		if _, err := fmt.Sscan(lines.Text(), &number, &code); err != nil {
			continue
		}
		s.mu.Lock()
		s.waiting[number] <- code
		s.mu.Unlock()
	}
}

const (
	inBackground = "&"
	inForeground = ""
)

// run runs a shell command on this side and returns what it wrote and its exit code.
func (s *side) run(command, how string) (string, int) {
	s.mu.Lock()
	s.asked++
	number, done := s.asked, make(chan int, 1)
	s.waiting[number] = done
	output := fmt.Sprintf("out/%s.%d", s.name, number)
	fmt.Fprintf(s.shell, "{ { %s\n} >/lab/%s 2>&1 </dev/null; echo %d $?; } %s\n", command, output, number, how)
	s.mu.Unlock()
	code := <-done
	text, _ := os.ReadFile(filepath.Join(s.share, output))
	return string(text), code
}

// do runs a verb on a unit.
func (s *side) do(unit, verb string, args ...string) (string, int) {
	words := append(append([]string{}, s.verb...), verb)
	return s.run(quoted(append(append(words, args...), unit)), inBackground)
}

func quoted(words []string) string {
	var b strings.Builder
	for _, word := range words {
		b.WriteString("'" + strings.ReplaceAll(word, "'", `'\''`) + "' ")
	}
	return b.String()
}

// properties is what show says of a unit.
func (s *side) properties(unit string, names ...string) map[string]string {
	out, code := s.do(unit, "show", "-p", strings.Join(names, ","))
	if code != 0 {
		// A file that cannot be read has no properties here; systemd shows the initial ones.
		return map[string]string{
			"ActiveState": "inactive", "SubState": "dead", "Result": "success",
			"NRestarts": "0", "ExecMainCode": "0", "ExecMainStatus": "0", "MainPID": "0",
		}
	}
	found := map[string]string{}
	for line := range strings.Lines(out) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\n"), "="); ok {
			found[name] = value
		}
	}
	return found
}

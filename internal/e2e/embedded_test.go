//go:build linux

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// An embedded is examples/embedded, built as the binary under test is.
type embedded struct {
	*host
	program string
}

func buildEmbedded(t *testing.T) *embedded {
	h := newHost(t)
	e := &embedded{h, filepath.Join(h.dir, "web")}
	args, cgo := []string{"build", "-trimpath", "-o", e.program}, "CGO_ENABLED=0"
	if raceEnabled {
		args, cgo = append(args, "-race"), "CGO_ENABLED=1"
	}
	build := exec.Command("go", append(args, "holdfast/examples/embedded")...)
	build.Env = append(os.Environ(), cgo)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return e
}

// app runs the program, which must exit with the code and say all of says.
func (e *embedded) app(code int, says []string, args ...string) result {
	e.t.Helper()
	r := e.launch(Spec{Args: append([]string{e.program}, args...)}).result()
	e.said(r, code, says...)
	return r
}

func (e *embedded) number(property string) int {
	e.t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(e.app(0, nil, "show", "-p", property, "--value").stdout))
	if err != nil {
		e.t.Fatal(err)
	}
	return n
}

// get is what the running business serves.
func (e *embedded) get() string {
	e.t.Helper()
	var address string
	for _, line := range strings.Split(e.app(0, nil, "logs").stdout, "\n") {
		if _, found, ok := strings.Cut(line, "listening on "); ok {
			address = found
		}
	}
	response, err := http.Get("http://" + address)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return string(text)
}

// serves waits until the business with that PID greets.
func (e *embedded) serves(greeting string, pid int) {
	e.t.Helper()
	await(e.t, fmt.Sprintf("PID %d says %s", pid, greeting), func() bool {
		text := e.get()
		return strings.HasPrefix(text, greeting) && strings.Contains(text, fmt.Sprintf("PID %d)", pid))
	})
}

func TestAnEmbeddedGuardian(t *testing.T) {
	t.Parallel()
	e := buildEmbedded(t)
	greeting := e.file("greeting", "Servus\n", 0o644)
	e.app(0, []string{"web is running: PID "}, "start", "--", "-listen", "localhost:0", "-greeting", greeting)
	guardian, first := e.number("GuardianPID"), e.number("MainPID")
	e.serves("Servus", first)
	e.app(0, []string{"A web server that guards itself", "active (running)", "business -listen localhost:0", "requests"}, "status")

	e.file("greeting", "Moin\n", 0o644)
	e.app(0, []string{"web was reloaded"}, "reload")
	e.serves("Moin", first)
	if err := os.Remove(greeting); err != nil {
		t.Fatal(err)
	}
	e.app(0, nil, "reload")
	await(t, "the reload that failed is in the log", func() bool {
		return strings.Contains(e.app(0, nil, "logs").stdout, "reload: open ")
	})
	e.serves("Moin", first)
	e.file("greeting", "Servus\n", 0o644)

	kill(t, first, unix.SIGKILL)
	await(t, "another one runs", func() bool { pid := e.number("MainPID"); return pid != 0 && pid != first })
	second := e.number("MainPID")
	e.serves("Servus", second)
	e.app(0, []string{"signal=KILL"}, "history")

	kill(t, guardian, unix.SIGKILL)
	await(t, "the guardian is gone", func() bool { return !alive(guardian) })
	e.app(1, []string{"still runs, unguarded"}, "status")
	e.serves("Servus", second)
	e.app(0, []string{fmt.Sprintf("web was adopted: PID %d,", second)}, "start")
	if now := e.number("GuardianPID"); now == guardian || !alive(now) {
		t.Errorf("the guardian is PID %d", now)
	}
	e.app(0, []string{"web was handed over"}, "upgrade")
	e.app(0, []string{"web is running: PID "}, "restart")
	third := e.number("MainPID")
	if third == second {
		t.Errorf("PID %d was not restarted", second)
	}
	e.serves("Servus", third) // with the arguments of the first start
	e.app(0, []string{"web was stopped"}, "stop")
	e.nothingLeft("web")

	e.app(0, []string{"web is running: PID "}, "restart")
	e.serves("Servus", e.number("MainPID"))
	e.app(0, []string{"web was stopped"}, "stop")
	e.app(3, []string{"inactive"}, "is-active")
}

func TestAnEmbeddedGuardianInTheForeground(t *testing.T) {
	t.Parallel()
	e := buildEmbedded(t)
	e.app(1, []string{"flag provided but not defined: -nope", "web failed to start"}, "start", "--", "-nope")
	e.nothingLeft("web")
	e.app(2, []string{"web: ", "come after --, as in 'web start -- ARGUMENT…'"}, "-listen", "localhost:0")
	e.app(2, []string{`web: there is no verb "stat"; was it start`}, "stat")

	e.app(0, []string{"web is running"}, "start", "--", "-listen", "localhost:0")
	e.app(0, []string{"web was stopped"}, "stop")
	p := e.launch(Spec{Args: []string{e.program}}) // with the arguments of that start
	await(t, "it runs", func() bool {
		r := e.launch(Spec{Args: []string{e.program, "is-active"}}).result()
		return r.code == 0
	})
	e.serves("Hello!", e.number("MainPID"))
	e.app(1, []string{"web has a guardian already"}, "run")
	kill(t, e.number("GuardianPID"), unix.SIGTERM)
	e.said(p.result(), 0, "listening on ", "stopped on request")
	e.nothingLeft("web")
}

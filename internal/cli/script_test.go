package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"holdfast/internal/proc"
	"holdfast/internal/state"
	"holdfast/internal/watchdog"
)

// The scripts in testdata/script are sessions at a terminal: real processes, and the
// test binary itself as holdfast and as crash. Each has its own directories, where it
// may leave no guardian.

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"holdfast": func() { os.Exit(Main()) }, // its daemons have its argv[0], so they come here, too
		"exe":      func() { os.Exit(Main()) }, // which a guardian executes as /proc/self/exe
		"crash":    crash,
	})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Setup:              setUp,
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("no such condition")
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "refused": refused, "await": await, "capture": capture, "gone": gone, "json": isJSON,
		},
	})
}

// crash adds a line to runs and ends as its arguments say, one for each run; the last one
// counts for all that follow. A number is an exit code, up stays up, and another word is
// the signal by which it kills itself.
func crash() {
	runs, _ := os.ReadFile("runs")
	os.WriteFile("runs", append(runs, "run\n"...), 0o666)
	past := strings.Count(string(runs), "\n")
	how := os.Args[min(1+past, len(os.Args)-1)]
	if how == "up" {
		hangups := make(chan os.Signal, 1)
		signal.Notify(hangups, syscall.SIGHUP)
		fmt.Println("up")
		for range hangups {
			fmt.Println("reloaded")
		}
	}
	if code, err := strconv.Atoi(how); err == nil {
		os.Exit(code)
	}
	if number, err := watchdog.ParseSignal(how); err == nil {
		proc.DieBySignal(number)
	}
	os.Exit(99)
}

// patience bounds every wait. It is generous: it ends a hung script and times nothing.
const patience = 60 * time.Second

func setUp(env *testscript.Env) error {
	run := filepath.Join(env.WorkDir, "run")
	env.Setenv("HOLDFAST_RUNTIME_DIR", run)
	env.Setenv("HOLDFAST_LOG_DIR", filepath.Join(env.WorkDir, "log"))
	env.Setenv("HOLDFAST_UNIT_PATH", filepath.Join(env.WorkDir, "etc"))
	env.Setenv("GORACE", "atexit_sleep_ms=0") // or, with -race, each command takes a second
	env.Defer(func() {
		for _, dir := range serviceDirs(run) {
			if left := endGuardian(dir); left != 0 {
				env.T().Fatal(fmt.Sprintf("%s was still guarded, by PID %d", dir.Name, left))
			}
		}
	})
	// Another user runs holdfast here, too.
	program, err := exec.LookPath("holdfast")
	if err != nil {
		return err
	}
	for _, dir := range []string{filepath.Dir(filepath.Dir(program)), filepath.Dir(env.WorkDir), env.WorkDir} {
		if err := os.Chmod(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

func serviceDirs(runtime string) (dirs []state.Dir) {
	entries, _ := os.ReadDir(runtime)
	for _, entry := range entries {
		dirs = append(dirs, state.Dir{Name: entry.Name(), Runtime: filepath.Join(runtime, entry.Name())})
	}
	return dirs
}

// endGuardian ends the guardian that a script left, with everything below it, and returns its PID.
func endGuardian(dir state.Dir) (left int) {
	for end := time.Now().Add(patience); time.Now().Before(end); pause() {
		lock, err := state.TryLock(dir.LockFile())
		if err == nil {
			proc.Witness(dir.Witness()).Dismiss() // or the directory cannot be removed
			lock.Close()
			return left
		}
		var record watchdog.Record
		if state.Load(dir.StateFile(), &record) == nil && record.Guardian.PID != 0 {
			left = record.Guardian.PID
			proc.SignalAll(left, syscall.SIGSTOP) // who is stopped does not fork
			proc.SignalAll(left, syscall.SIGKILL)
			proc.ID(record.Guardian).Signal(syscall.SIGKILL)
		}
	}
	return left
}

// pause lets the others run between two looks; no outcome depends on its length.
func pause() { time.Sleep(10 * time.Millisecond) }

// exits CODE COMMAND: the command ends with that code, or by the signal of that name.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE|SIGNAL COMMAND…")
	}
	if got := ending(ts.Exec(args[1], args[2:]...)); got != args[0] {
		ts.Fatalf("%s ended with %s, not %s", args[1], got, args[0])
	}
}

func ending(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "0"
	case !errors.As(err, &exit):
		return err.Error()
	}
	if s := exit.Sys().(syscall.WaitStatus); s.Signaled() {
		return watchdog.SignalName(s.Signal())
	}
	return strconv.Itoa(exit.ExitCode())
}

// refused CODE SENTENCE ARGUMENT…: holdfast with these arguments ends with that code,
// says that sentence and nothing else, and leaves no guardian.
func refused(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: refused CODE SENTENCE ARGUMENT…")
	}
	got := ending(ts.Exec("holdfast", args[2:]...))
	if got != args[0] {
		ts.Fatalf("it ended with %s, not %s", got, args[0])
	}
	if said, want := ts.ReadFile("stderr"), "holdfast: "+args[1]+"\n"; said != want {
		ts.Fatalf("it said\n%swhere it should say\n%s", said, want)
	}
	if out := ts.ReadFile("stdout"); out != "" && args[2] != "verify" {
		ts.Fatalf("it printed an answer, too")
	}
	for _, dir := range serviceDirs(ts.Getenv("HOLDFAST_RUNTIME_DIR")) {
		if _, err := os.Stat(dir.PIDFile()); err == nil {
			ts.Fatalf("it left a PID file of %s", dir.Name)
		}
		if left := endGuardian(dir); left != 0 {
			ts.Fatalf("it left %s guarded, by PID %d", dir.Name, left)
		}
	}
}

// await PATTERN COMMAND: repeats the command until it prints something like that.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await PATTERN COMMAND…")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for end := time.Now().Add(patience); time.Now().Before(end); pause() {
		ts.Exec(args[1], args[2:]...)
		if pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
	ts.Fatalf("gave up waiting for %s", args[0])
}

// capture NAME: keeps what the last command printed in a variable.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: capture NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// gone PID…: waits until none of the processes is there; a zombie is init's to reap.
func gone(ts *testscript.TestScript, neg bool, args []string) {
	for _, arg := range args {
		pid, err := strconv.Atoi(arg)
		ts.Check(err)
		for end := time.Now().Add(patience); ; pause() {
			id, err := proc.Identify(pid)
			if err != nil || !id.Alive() {
				break
			}
			if neg || time.Now().After(end) {
				ts.Fatalf("PID %d is still there", pid)
			}
		}
	}
}

// json: the last command printed valid JSON and nothing else.
func isJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: json")
	}
	if !json.Valid([]byte(ts.ReadFile("stdout"))) {
		ts.Fatalf("not valid JSON")
	}
}

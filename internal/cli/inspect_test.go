package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/internal/proc"
	"holdfast/internal/state"
	"holdfast/internal/watchdog"
)

// onDisk gives the test directories of its own with the record in them, and returns
// where the service lives.
func onDisk(t *testing.T, record watchdog.Record) state.Dir {
	t.Helper()
	t.Setenv("HOLDFAST_RUNTIME_DIR", t.TempDir())
	t.Setenv("HOLDFAST_LOG_DIR", t.TempDir())
	t.Setenv("HOLDFAST_UNIT_PATH", t.TempDir())
	dir, err := state.Locate("web")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir.Runtime, dir.Log} {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	record.Service.PIDFile = dir.PIDFile()
	if err := state.Save(dir.StateFile(), record); err != nil {
		t.Fatal(err)
	}
	return dir
}

// told runs one command line.
func told(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = execute(args, &out, &err)
	return code, out.String(), err.String()
}

// deadProcess is one that has been here and is gone.
func deadProcess(t *testing.T) watchdog.Process {
	t.Helper()
	command := exec.Command("/bin/cat")
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	id, err := proc.Identify(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	in.Close()
	command.Wait()
	return watchdog.Process(id)
}

func TestInspection(t *testing.T) {
	self, err := proc.Identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	dead := deadProcess(t)
	tests := []struct {
		name    string
		edit    func(*watchdog.Record)
		pidFile bool
		// the exit codes of status, is-active and is-failed, and what status says
		status, isActive, isFailed int
		says                       []string
	}{
		{"stopped", func(r *watchdog.Record) {
			r.State, r.Reason = watchdog.Dead, "stopped on request"
			r.Guardian, r.Business = watchdog.Process{}, watchdog.Process{}
		}, false, 3, 3, 1, []string{"○ web", "inactive (dead) since", "stopped on request"}},
		{"failed", func(r *watchdog.Record) {
			r.State, r.Result = watchdog.Failed, watchdog.BySignal
			r.Guardian, r.Business = watchdog.Process{}, watchdog.Process{}
		}, false, 3, 3, 0, []string{"× web", "failed (Result: signal) since"}},
		{"guardian and business killed", func(r *watchdog.Record) {
			r.Guardian, r.Business = dead, dead
		}, true, 1, 3, 0, []string{"× web", "was killed\n", "Guardian: none"}},
		{"guardian killed, business alive", func(r *watchdog.Record) {
			r.Guardian, r.Business = dead, watchdog.Process(self)
		}, true, 1, 3, 0, []string{"still runs, unguarded", "Main PID: ", "Processes: "}},
		{"host restarted", func(r *watchdog.Record) {
			r.Guardian, r.Business, r.BootID = watchdog.Process(self), watchdog.Process(self), "another"
		}, true, 1, 3, 1, []string{"the host was restarted\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			record := web().record
			record.BootID = proc.BootID()
			tt.edit(&record)
			dir := onDisk(t, record)
			if tt.pidFile {
				if err := os.WriteFile(dir.PIDFile(), []byte("1\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			code, out, _ := told("status", "web")
			if code != tt.status {
				t.Errorf("status exits with %d, want %d", code, tt.status)
			}
			for _, want := range tt.says {
				if !strings.Contains(out, want) {
					t.Errorf("%q is not in\n%s", want, out)
				}
			}
			if code, _, _ := told("is-active", "web"); code != tt.isActive {
				t.Errorf("is-active exits with %d, want %d", code, tt.isActive)
			}
			if code, _, _ := told("is-failed", "web"); code != tt.isFailed {
				t.Errorf("is-failed exits with %d, want %d", code, tt.isFailed)
			}
			for _, args := range [][]string{{"show", "web"}, {"list"}, {"history", "web"}, {"cat", "web"}, {"status", "--json"}} {
				if code, out, errors := told(args...); out == "" || args[0] != "status" && code != exitDone {
					t.Errorf("%v exits with %d and says %q", args, code, errors)
				}
			}
		})
	}
}

func TestUnknownService(t *testing.T) {
	onDisk(t, web().record)
	tests := []struct {
		args   string
		code   int
		stdout string
	}{
		{"status nope", 4, ""},
		{"is-active nope", 4, "inactive\n"},
		{"is-failed nope", 4, "inactive\n"},
		{"show nope -p LoadState,ActiveState", 0, "LoadState=not-found\nActiveState=inactive\n"},
		{"history nope", 1, ""},
		{"logs nope", 1, ""},
		{"cat nope", 1, ""},
		{"status a/b", 2, ""},
		{"is-active a/b", 2, ""},
		{"show a/b", 2, ""},
		{"show web -p Nope", 2, ""},
		{"logs web -n -1", 2, ""},
		{"list web", 2, ""},
		{"is-active", 2, ""},
	}
	for _, tt := range tests {
		code, out, complaint := told(strings.Fields(tt.args)...)
		if code != tt.code || out != tt.stdout {
			t.Errorf("%s exits with %d and prints %q, want %d and %q", tt.args, code, out, tt.code, tt.stdout)
		}
		if wordless := tt.stdout != ""; (complaint == "") != wordless || strings.Count(complaint, "\n") > 2 {
			t.Errorf("%s complains %q", tt.args, complaint)
		}
	}
}

// A service file that was never started is known, and can be asked about.
func TestNeverStarted(t *testing.T) {
	onDisk(t, web().record)
	file := filepath.Join(os.Getenv("HOLDFAST_UNIT_PATH"), "new.service")
	const text = "[Unit]\nDescription=Brand new\n[Service]\nExecStart=/bin/sleep 5\nRestartSec=90"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, _ := told("status", "new.service")
	if code != 3 || !strings.Contains(out, "○ new - Brand new\n     Loaded: loaded ("+file+")") || !strings.Contains(out, "never started here") {
		t.Errorf("status exits with %d:\n%s", code, out)
	}
	if code, out, _ := told("is-active", "new"); code != 3 || out != "inactive\n" {
		t.Errorf("is-active exits with %d: %s", code, out)
	}
	const want = "loaded\n1min 30s\n\n"
	if _, out, _ := told("show", "new", "-p", "LoadState,RestartUSec,ActiveEnterTimestamp", "--value"); out != want {
		t.Errorf("show prints %q, want %q", out, want)
	}
	if code, out, _ := told("cat", "new"); code != 0 || out != "# "+file+"\n"+text+"\n" {
		t.Errorf("cat exits with %d: %q", code, out)
	}
}

// A file whose service is guarded differently says so.
func TestCatSaysWhatDiffers(t *testing.T) {
	record := web().record
	onDisk(t, record)
	file := filepath.Join(os.Getenv("HOLDFAST_UNIT_PATH"), "web.service")
	if err := os.WriteFile(file, []byte("[Service]\nExecStart=/bin/sleep 5\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	record.Service = watchdog.FileDefaults("web")
	record.Service.Source = file
	record.Service.Exec = watchdog.Command{Path: "/bin/sleep", Args: []string{"/bin/sleep", "5"}}
	record.Service.KillMode = watchdog.KillMixed
	dir, err := state.Locate("web")
	if err != nil {
		t.Fatal(err)
	}
	record.Service.PIDFile = dir.PIDFile()
	if err := state.Save(dir.StateFile(), record); err != nil {
		t.Fatal(err)
	}
	const want = "\n# Set on the command line, or changed in the files since they were read:\n[Service]\nKillMode=mixed\n"
	if _, out, _ := told("cat", "web"); !strings.HasSuffix(out, "sleep 5\n"+want) {
		t.Errorf("cat prints %q", out)
	}
}

func TestLogs(t *testing.T) {
	dir := onDisk(t, web().record)
	code, out, complaint := told("logs", "web")
	if code != exitDone || out != "" || !strings.Contains(complaint, "web has printed nothing yet") {
		t.Errorf("without a log: %d, %q, %q", code, out, complaint)
	}
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(dir.Output(), "one\ntwo\nthree\n")
	write(dir.GuardianLog(), `{"level":"info","pid":7,"time":"2026-11-21T12:00:00Z","message":"started the business"}`+"\nnot JSON\n")
	for args, want := range map[string]string{
		"logs web":            "one\ntwo\nthree\n",
		"logs web -n 2":       "two\nthree\n",
		"logs web -n 0":       "",
		"logs web --guardian": "Sat 2026-11-21 12:00:00 UTC INF started the business pid=7\nnot JSON\n",
	} {
		if code, out, _ := told(strings.Fields(args)...); code != exitDone || out != want {
			t.Errorf("%s: %d, %q, want %q", args, code, out, want)
		}
	}
	// The log outlives the state.
	if err := os.Remove(dir.StateFile()); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := told("logs", "web", "-n1"); code != exitDone || out != "three\n" {
		t.Errorf("without a state: %d, %q", code, out)
	}
}

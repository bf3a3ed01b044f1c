package unit

import (
	"errors"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"holdfast/internal/logs"
	"holdfast/internal/watchdog"
)

// Nothing depends on who runs the tests, or on a login session of theirs.
func TestMain(m *testing.M) {
	os.Setenv("XDG_RUNTIME_DIR", "/run")
	os.Unsetenv("XDG_STATE_HOME")
	os.Setenv("HOLDFAST_TEST", "passed")
	os.Unsetenv("NOPE")
	os.Exit(m.Run())
}

func TestLoad(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "web.service", `
# Every directive once.
[Unit]
Description=The web server %N
Documentation=man:web(8)
StartLimitIntervalSec=1min
StartLimitBurst=3

[Service]
Type=exec
ExecStart=-/usr/bin/web -c ${CONFIG} \
    # a comment between
    "two words"
Environment=CONFIG=/etc/web.conf "NAME=a b" PATH=/opt/bin
Restart=on-failure
RestartSec=1.5s
RestartSteps=4
RestartMaxDelaySec=1min 30s
SuccessExitStatus=3 TEMPFAIL
RestartPreventExitStatus=7 SIGKILL OOM
RestartForceExitStatus=TERM
TimeoutStartSec=0
TimeoutStopSec=5
KillMode=mixed
KillSignal=INT
RestartKillSignal=SIGUSR1
FinalKillSignal=3
SendSIGHUP=yes
SendSIGKILL=off
ReloadSignal=RTMIN+1
WatchdogSignal=QUIT
TimeoutAbortSec=7
TimeoutStartFailureMode=abort
TimeoutStopFailureMode=kill
RemainAfterExit=yes
GuessMainPID=no
ExecCondition=/bin/test -e /etc/web.conf
ExecStartPre=-/bin/mkdir -p "/srv/${NAME}" ; :/bin/echo $HOME
ExecStartPost=@/bin/logger name up
ExecReload=/bin/kill -HUP $MAINPID
ExecStop=/usr/bin/web stop
ExecStop=/bin/sleep 1
ExecStopPost=/bin/rm -f /srv/web/lock
PIDFile=/run//web/./%N.pid
User=nobody
Group=65534
WorkingDirectory=-/srv/web/
UMask=027
OOMScoreAdjust=-5

[X-Holdfast]
SettleSec=200ms
RestartResetSec=1h

[Install]
WantedBy=multi-user.target
`)
	loaded, err := Load(path, Options{})
	if err != nil || len(loaded.Problems) > 0 {
		t.Fatalf("error %v, problems %v", err, loaded.Problems)
	}
	score, abort := -5, 7*time.Second
	want := watchdog.Service{
		Name: "web", Description: "The web server web", Source: path, Type: watchdog.Exec,
		Exec: watchdog.Command{
			Path: "/usr/bin/web", Args: []string{"/usr/bin/web", "-c", "${CONFIG}", "two words"}, IgnoreFailure: true, Expand: true,
		},
		ExecCondition: []watchdog.Command{{Path: "/bin/test", Args: []string{"/bin/test", "-e", "/etc/web.conf"}, Expand: true}},
		ExecStartPre: []watchdog.Command{
			{Path: "/bin/mkdir", Args: []string{"/bin/mkdir", "-p", "/srv/${NAME}"}, IgnoreFailure: true, Expand: true},
			{Path: "/bin/echo", Args: []string{"/bin/echo", "$HOME"}},
		},
		ExecStartPost: []watchdog.Command{{Path: "/bin/logger", Args: []string{"name", "up"}, Expand: true}},
		ExecReload:    []watchdog.Command{{Path: "/bin/kill", Args: []string{"/bin/kill", "-HUP", "$MAINPID"}, Expand: true}},
		ExecStop: []watchdog.Command{
			{Path: "/usr/bin/web", Args: []string{"/usr/bin/web", "stop"}, Expand: true},
			{Path: "/bin/sleep", Args: []string{"/bin/sleep", "1"}, Expand: true},
		},
		ExecStopPost:    []watchdog.Command{{Path: "/bin/rm", Args: []string{"/bin/rm", "-f", "/srv/web/lock"}, Expand: true}},
		RemainAfterExit: true, WatchdogSignal: syscall.SIGQUIT, TimeoutAbortSec: &abort,
		TimeoutStartFailureMode: watchdog.FailAbort, TimeoutStopFailureMode: watchdog.FailKill,
		Environment:      []string{"CONFIG=/etc/web.conf", "NAME=a b", "PATH=/opt/bin"},
		WorkingDirectory: "/srv/web", WorkingDirectoryOptional: true,
		UMask: 0o027, User: "nobody", Group: "65534", OOMScoreAdjust: &score, IgnoreSIGPIPE: true, PIDFile: "/run/web/web.pid",
		Policy: watchdog.Policy{
			Restart:                  watchdog.RestartOnFailure,
			SuccessExitStatus:        watchdog.ExitList{Codes: []int{3, 75}},
			RestartPreventExitStatus: watchdog.ExitList{Codes: []int{7}, Signals: []syscall.Signal{9}, OOM: true},
			RestartForceExitStatus:   watchdog.ExitList{Signals: []syscall.Signal{15}},
		},
		Backoff: watchdog.Backoff{
			RestartSec: 1500 * time.Millisecond, RestartSteps: 4, RestartMaxDelaySec: 90 * time.Second, RestartResetSec: time.Hour,
		},
		StartLimit: watchdog.StartLimit{Interval: time.Minute, Burst: 3},
		SettleSec:  200 * time.Millisecond, TimeoutStartSec: watchdog.Infinity, RetryFailedStart: true,
		KillMode: watchdog.KillMixed, KillSignal: syscall.SIGINT, RestartKillSignal: syscall.SIGUSR1,
		FinalKillSignal: syscall.SIGQUIT, SendSIGHUP: true, TimeoutStopSec: 5 * time.Second, ReloadSignal: 35,
		NotifyAccess: watchdog.NotifyNone,
		Log:          logs.Default(),
	}
	if !reflect.DeepEqual(loaded.Service, want) {
		t.Errorf("got\n%+v\nwant\n%+v", loaded.Service, want)
	}
	listed := loaded.Settings[1]
	if want := (Setting{path, 5, "Unit", "Documentation", "man:web(8)", Harmless, "For people and tools."}); listed != want {
		t.Errorf("listed %+v, want %+v", listed, want)
	}
}

// What a later assignment does to an earlier one, in a file and from the command line.
func TestRepeatedAssignments(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		lines    string
		settings []string
		got      func(watchdog.Service) any
		want     any
	}{
		{"the last one counts", "Restart=always\nRestart=on-abort", nil, restart, watchdog.RestartOnAbort},
		{"a bad one keeps the earlier", "Restart=always\nRestart=sometimes", nil, restart, watchdog.RestartAlways},
		{"an empty one keeps the earlier", "Restart=always\nRestart=", nil, restart, watchdog.RestartAlways},
		{"the command line comes last", "Restart=always", []string{"Restart=no"}, restart, watchdog.RestartNo},
		{"a list grows", "RestartPreventExitStatus=7\nRestartPreventExitStatus=SIGTERM 7", nil, prevent, "7 SIGTERM"},
		{"an empty list starts again", "RestartPreventExitStatus=7\nRestartPreventExitStatus=\nRestartPreventExitStatus=8", nil, prevent, "8"},
		{"the command line adds to a list", "RestartPreventExitStatus=7", []string{"RestartPreventExitStatus=OOM"}, prevent, "7 OOM"},
		{"the command line empties a list", "RestartPreventExitStatus=7", []string{"RestartPreventExitStatus="}, prevent, ""},
		{"numbers are exit codes in any base", "RestartPreventExitStatus=9 0x10 010", nil, prevent, "9 16 8"},
		{"a variable is replaced", "Environment=A=1 B=2\nEnvironment=A=3", nil, ownEnvironment, "B=2 A=3"},
		{"an empty environment leaves systemd's", "Environment=A=1\nEnvironment=", nil, ownEnvironment, ""},
		{"a value keeps its quotes inside", `Environment='A="x y"'`, nil, ownEnvironment, `A="x y"`},
		{"an empty score asks for none", "OOMScoreAdjust=5\nOOMScoreAdjust=", nil, func(s watchdog.Service) any { return s.OOMScoreAdjust }, (*int)(nil)},
		{"an empty directory is the root", "WorkingDirectory=-/srv\nWorkingDirectory=", nil, directory, "/"},
		{"~ is the home of the user", "WorkingDirectory=~", []string{"User=root"}, directory, "/root"},
		{"an empty user is no user", "User=nobody\nUser=", nil, func(s watchdog.Service) any { return s.User }, ""},
		{"a user can be a number", "User=65534", nil, func(s watchdog.Service) any { return s.User }, "65534"},
		{"TimeoutSec= is both", "TimeoutStopSec=1\nTimeoutSec=7", nil, timeouts, [2]time.Duration{7 * time.Second, 7 * time.Second}},
		{"a stop of 0 waits for ever", "TimeoutSec=0", nil, timeouts, [2]time.Duration{watchdog.Infinity, watchdog.Infinity}},
		{"the older spelling in the older place", "StartLimitInterval=5\nStartLimitBurst=2", nil,
			func(s watchdog.Service) any { return s.StartLimit }, watchdog.StartLimit{Interval: 5 * time.Second, Burst: 2}},
		{"a relative PID file", "PIDFile=web.pid", nil, func(s watchdog.Service) any { return s.PIDFile }, "/run/web.pid"},
		{"a PID file in the old place", "PIDFile=/var/run/web/x.pid", nil, func(s watchdog.Service) any { return s.PIDFile }, "/run/web/x.pid"},
		{"the PID file of a service that notifies is its own", "Type=notify\nPIDFile=web.pid", nil,
			func(s watchdog.Service) any { return [2]string{s.PIDFile, s.BusinessPIDFile} }, [2]string{"", "/run/web.pid"}},
		{"a maximum lowers the base", "RestartSec=5\nRestartSteps=2\nRestartMaxDelaySec=1", nil,
			func(s watchdog.Service) any { return s.Backoff.RestartSec }, time.Second},
		{"a command is replaced", "ExecStart=", []string{"ExecStart=/bin/echo b"},
			func(s watchdog.Service) any { return s.Exec.Args[1] }, "b"},
		{"environment files add up", "EnvironmentFile=-/a/%N//*.env\nEnvironmentFile=/b", nil, environmentFiles, "-/a/web/*.env /b"},
		{"and are taken back", "EnvironmentFile=/a\nEnvironmentFile=\nEnvironmentFile=/b", nil, environmentFiles, "/b"},
		{"what is unset adds up", "UnsetEnvironment=A \"B=1 2\"\nUnsetEnvironment=C", nil, unset, "A|B=1 2|C"},
		{"and is taken back", "UnsetEnvironment=A\nUnsetEnvironment=", nil, unset, ""},
		{"the search path is the PATH", "ExecSearchPath=/a:/b/\nExecSearchPath=/c", nil, environmentOf("PATH"), "/a:/b:/c"},
		{"unless Environment= says otherwise", "ExecSearchPath=/a\nEnvironment=PATH=/b", nil, environmentOf("PATH"), "/b"},
		{"no search path, no other PATH", "ExecSearchPath=/a\nExecSearchPath=", nil, environmentOf("PATH"),
			"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		{"variables are passed on", "PassEnvironment=NOPE HOLDFAST_TEST", nil, ownEnvironment, "HOLDFAST_TEST=passed"},
		{"but Environment= counts more", "Environment=HOLDFAST_TEST=own\nPassEnvironment=HOLDFAST_TEST", nil, ownEnvironment, "HOLDFAST_TEST=own"},
		{"and they are taken back", "PassEnvironment=HOLDFAST_TEST\nPassEnvironment=", nil, ownEnvironment, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, "web.service", "[Service]\nExecStart=/bin/true\n"+tt.lines+"\n")
			loaded, err := Load(path, Options{Settings: tt.settings})
			if err != nil {
				t.Fatal(err)
			}
			if got := tt.got(loaded.Service); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func restart(s watchdog.Service) any   { return s.Policy.Restart }
func prevent(s watchdog.Service) any   { return s.Policy.RestartPreventExitStatus.String() }
func directory(s watchdog.Service) any { return s.WorkingDirectory }
func timeouts(s watchdog.Service) any {
	return [2]time.Duration{s.TimeoutStartSec, s.TimeoutStopSec}
}
func environmentFiles(s watchdog.Service) any {
	var files []string
	for _, file := range s.EnvironmentFiles {
		if file.Optional {
			file.Path = "-" + file.Path
		}
		files = append(files, file.Path)
	}
	return strings.Join(files, " ")
}
func unset(s watchdog.Service) any { return strings.Join(s.UnsetEnvironment, "|") }
func environmentOf(name string) func(watchdog.Service) any {
	return func(s watchdog.Service) any {
		for _, assignment := range s.Environment {
			if value, found := strings.CutPrefix(assignment, name+"="); found {
				return value
			}
		}
		return nil
	}
}
func ownEnvironment(s watchdog.Service) any { return strings.Join(s.Environment[1:], " ") }

func bareCommand() watchdog.Service {
	command := watchdog.Command{Path: "/bin/echo", Args: []string{"echo", "$HOME"}}
	return watchdog.CommandDefaults("web", command, []string{"A=1"}, "/srv", 0o022)
}

func TestSet(t *testing.T) {
	t.Parallel()
	before := bareCommand()
	service := before
	err := Set(&service, "RestartSec=1min", "Environment=A=2 B=3", "RestartPreventExitStatus=7", "WantedBy=x.target",
		"StartLimitBurst=4", "SettleSec=0", "Description= it is %n ")
	if err != nil {
		t.Fatal(err)
	}
	if got := service.Exec.Args[1]; got != "$HOME" {
		t.Errorf("a bare command line is the shell's to expand, but is now %q", got)
	}
	if b := service.Backoff; b.RestartSec != time.Minute || b.RestartMaxDelaySec != time.Minute {
		t.Errorf("a default maximum outranks what was asked for: %+v", b)
	}
	if !slices.Equal(service.Environment, []string{"A=2", "B=3"}) || before.Environment[0] != "A=1" {
		t.Errorf("environment %q, and the caller's is now %q", service.Environment, before.Environment)
	}
	if service.Description != "it is web.service" || service.StartLimit.Burst != 4 || service.SettleSec != 0 {
		t.Errorf("got %+v", service)
	}
}

// On the command line everything wrong is an error, and then nothing is changed.
const notOneLine = "not what one line of a service file can say: a NUL, a line end, a \\ at the end, or not UTF-8"

// With Type=forking PIDFile= is the business's own; the guardian's stays where it was.
func TestPIDFileOfForking(t *testing.T) {
	t.Parallel()
	tests := []struct {
		settings        string
		guardian, other string
	}{
		{"PIDFile=/run/a", "/run/a", ""},
		{"PIDFile=/run/a Type=forking", "/run/own", "/run/a"},
		{"Type=forking PIDFile=/run/a", "/run/own", "/run/a"},
		{"Type=forking PIDFile=/run/a PIDFile=", "/run/own", ""},
		{"Type=forking", "/run/own", "/run/before"},
		{"Type=exec", "/run/own", ""},
	}
	for _, tt := range tests {
		s := bareCommand()
		s.PIDFile, s.BusinessPIDFile = "/run/own", "/run/before"
		if err := Set(&s, strings.Fields(tt.settings)...); err != nil {
			t.Errorf("%s: %v", tt.settings, err)
		}
		if s.PIDFile != tt.guardian || s.BusinessPIDFile != tt.other {
			t.Errorf("%s: PID files %q and %q, want %q and %q", tt.settings, s.PIDFile, s.BusinessPIDFile, tt.guardian, tt.other)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ setting, want string }{
		{"Restart", "Restart is no setting; write Name=value"},
		{"=1", "=1 is no setting; write Name=value"},
		{"Foo=1", "Foo=1: unknown to systemd 257 and to holdfast"},
		{"restart=no", "restart=no: unknown; it is spelled Restart"},
		{"RestartSec=fast", "RestartSec=fast: not a time span; write 5, 500ms or 1min 30s"},
		{"SuccessExitStatus=1 BAD", `SuccessExitStatus=1 BAD: "BAD" is no exit code (0 to 255), exit name (TEMPFAIL), signal (SIGKILL or KILL) or OOM`},
		{"PrivateTmp=yes", "PrivateTmp=yes: holdfast does not give this protection"},
		{"ExecStart=", "ExecStart=: no command is left to run; [Service] needs an ExecStart="},
		{"RestartMaxDelaySec=10ms", "RestartMaxDelaySec=10ms: shorter than RestartSec=100ms, which is lowered to it"},
		{"Description=a\x00b", `Description="a\x00b": ` + notOneLine}, {"Description=a\nRestart=no", `Description="a\nRestart=no": ` + notOneLine},
		{`Description=a\`, `Description=a\: ` + notOneLine}, {"Description=\xff", `Description="\xff": ` + notOneLine},
		{"Type=dbus", "Type=dbus: this version does not guard services of this type; let the program stay in the foreground and write simple"},
	}
	for _, tt := range tests {
		service := bareCommand()
		err := Set(&service, "Restart=no", tt.setting)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: error %v, want %s", tt.setting, err, tt.want)
		}
		if !reflect.DeepEqual(service, bareCommand()) {
			t.Errorf("%s: the service was changed", tt.setting)
		}
	}
	path := writeFile(t, "web.service", "[Service]\nExecStart=/bin/true\nFoo=1\n")
	if _, err := Load(path, Options{Settings: []string{"Foo=2"}}); err == nil || err.Error() != "Foo=2: unknown to systemd 257 and to holdfast" {
		t.Errorf("beside a file: error %v", err)
	}
}

func TestDirectives(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, directive := range Directives() {
		key := directive.Section + "." + directive.Name
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
		if directive.set == nil || directive.Class == "" || !strings.HasSuffix(directive.Doc, ".") || strings.Contains(directive.Doc, "\n") {
			t.Errorf("%s is incomplete: %+v", key, directive)
		}
	}
}

// The list of names was taken from systemd's manuals; the table says something of each.
func TestEveryDirectiveIsClassified(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/systemd-257-directives.txt")
	if err != nil {
		t.Fatal(err)
	}
	d := newDraft(watchdog.FileDefaults("web"))
	listed := map[[2]string]bool{}
	section := ""
	for line := range strings.Lines(string(text)) {
		switch line = strings.TrimSpace(line); {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		case listed[[2]string{section, line}]:
			t.Errorf("[%s] %s is listed twice", section, line)
		default:
			listed[[2]string{section, line}] = true
			if found, hint := d.lookup(section, line); found.Class == Unknown {
				t.Errorf("[%s] %s is %s", section, line, hint)
			}
		}
	}
	if len(listed) < 370 {
		t.Errorf("only %d names are listed", len(listed))
	}
	for _, directive := range d.table {
		if key := [2]string{directive.Section, directive.Name}; !listed[key] && directive.Section != "X-Holdfast" {
			t.Errorf("systemd has no %s= in [%s]", directive.Name, directive.Section)
		}
	}
}

// What a value asks for decides, not the name alone.
func TestClasses(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]Class{
		"Restart=no": Honoured, "Slice=web.slice": Harmless, "PrivateTmp=yes": Refused, "OpenFile=/x": NotHonoured, "Foo=1": Unknown,
	} {
		loaded, err := Load(writeFile(t, "web.service", "[Service]\nExecStart=/bin/true\n"+line+"\n"), Options{})
		if got := loaded.Settings[1].Class; got != want || (err != nil) != (want == Refused) || (len(loaded.Problems) > 0) != (want != Honoured && want != Harmless) {
			t.Errorf("%s is %s: %v, %v", line, got, err, loaded.Problems)
		}
	}
}

func TestFind(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	t.Setenv("HOLDFAST_UNIT_PATH", first+"::"+second)
	t.Chdir(t.TempDir())
	for _, file := range []string{first + "/both.service", second + "/both.service", second + "/web@1.service", "here.service"} {
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"both":           first + "/both.service",
		"both.service":   first + "/both.service",
		"web@1":          second + "/web@1.service",
		"./here.service": "./here.service",
		"/no/such/file":  "/no/such/file",
	} {
		if got, err := Find(name); got != want || err != nil {
			t.Errorf("Find(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
	_, err := Find("here")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v is not fs.ErrNotExist", err)
	}
	for _, part := range []string{"no here.service in " + first + ", " + second + ", ", "/etc/holdfast", "/etc/systemd/system", "write ./here.service"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q has no %q", err, part)
		}
	}
	if _, err := Find(".."); err == nil || err.Error() != "..: a service's name cannot begin with ." {
		t.Errorf("error %v", err)
	}
}

func TestValidName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"web", "web-1", "web@1", `a\x2db`, "a:b_c.d", "x", strings.Repeat("x", 200)} {
		if err := ValidName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", ".", "..", ".web", "-web", "a/b", "a b", "a\nb", "wéb", "a\x00", "web@", "@1", strings.Repeat("x", 201)} {
		if err := ValidName(name); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v", name, err)
		}
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain":                    "plain",
		"a\nb":                     `"a\nb"`,
		"\xff":                     `"\xff"`,
		strings.Repeat("🔒", 60):    strings.Repeat("🔒", 60),
		strings.Repeat("🔒", 1000):  strings.Repeat("🔒", 60) + "…",
		strings.Repeat("x", 1<<20): strings.Repeat("x", 60) + "…",
	} {
		if got := shown(text); got != want {
			t.Errorf("shown(%.20q) = %q, want %q", text, got, want)
		}
	}
}

package unit

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const ok = "[Service]\nExecStart=/bin/true\n"

// problems are "line: problem", with "!" before a fatal one.
type problems []string

// A verdict is what is said of a file that is wrong in one way.
type verdict struct {
	name string
	text string
	want problems
}

// verdicts are systemd's: fatal where the unit does not load, a warning where the line is
// ignored. See TestVerdictsAreSystemds.
func verdicts() []verdict {
	return []verdict{
		{"a good file has none", ok, nil},

		// The syntax of the file.
		{"an assignment before the first section is ignored", "Restart=always\n" + ok,
			problems{"1: an assignment before the first section header is ignored: Restart=always"}},
		{"a section header that is not closed refuses", "[Service\nExecStart=/bin/true\n",
			problems{"!1: [Service is no section header; write [Service] alone on its line"}},
		{"a section header with something behind it refuses", "[Service] x\nExecStart=/bin/true\n",
			problems{"!1: [Service] x is no section header; write [Service] alone on its line"}},
		{"a quote in a section header refuses", ok + "[Ser\"vice]\n",
			problems{`!3: [Ser"vice] is no section header; write [Service] alone on its line`}},
		{"an unknown section is warned about once", ok + "[Servce]\na=b\nc\n",
			problems{"3: unknown section [Servce]; all of it is ignored"}},
		{"a socket's section is unknown to a service", ok + "[Socket]\nListenStream=80\n",
			problems{"3: unknown section [Socket]; all of it is ignored"}},
		{"a section for another program is silent", ok + "[X-Other]\na=b\nc\n", nil},
		{"a line without = is ignored", ok + "Restart always\n",
			problems{"3: no = in this line, so it is ignored: Restart always"}},
		{"a line without a name is ignored", ok + "=always\n",
			problems{"3: nothing before the = in this line, so it is ignored: =always"}},
		{"a line that is not UTF-8 refuses", ok + "Description=\xff\n",
			problems{`!3: not UTF-8: "Description=\xff"`}},
		{"a comment that is not UTF-8 is a comment", ok + "# \xff\n", nil},
		{"CRLF is a line end", "[Service]\r\nExecStart=/bin/true\r\nx\r\n",
			problems{"3: no = in this line, so it is ignored: x"}},
		{"CR alone is a line end", "[Service]\rExecStart=/bin/true\rx\r",
			problems{"3: no = in this line, so it is ignored: x"}},
		{"NUL is a line end", ok + "Restart=al\x00ways\n", problems{
			"3: Restart=al: not one of no, always, on-success, on-failure, on-abnormal, on-abort, on-watchdog",
			"4: no = in this line, so it is ignored: ways"}},
		{"a byte order mark is skipped", "\ufeff" + ok, nil},
		{"a line of 1 MiB refuses", ok + "Description=" + strings.Repeat("x", 1<<20) + "\n",
			problems{"!3: a line of 1 MiB or more"}},
		{"a comment of 1 MiB refuses", "#" + strings.Repeat("x", 1<<20) + "\n" + ok,
			problems{"!1: a line of 1 MiB or more"}},
		{"continuations of 1 MiB refuse", ok + "Description=" + strings.Repeat(strings.Repeat("x", 1<<18)+"\\\n", 4) + "\n",
			problems{"!3: a line of 1 MiB or more"}},
		{"a problem is told at the line where the assignment begins", ok + "Restart=\\\n# a comment\nsome\\\ntimes\nx\n", problems{
			`3: Restart=some times: not one of no, always, on-success, on-failure, on-abnormal, on-abort, on-watchdog`,
			"7: no = in this line, so it is ignored: x"}},
		{"a continuation that never comes is an end", "[Service]\nExecStart=/bin/true \\", nil},
		{"a control character is shown as one", ok + "a\x1bb\n",
			problems{`3: no = in this line, so it is ignored: "a\x1bb"`}},

		// What is known where.
		{"an unknown directive is ignored", ok + "Foo=1\n", problems{"3: Foo=1: unknown to systemd 257 and to holdfast"}},
		{"an X- directive is another program's", ok + "X-Foo=1\n", nil},
		{"our own section knows its directives", ok + "[X-Holdfast]\nSettle=1\n",
			problems{"4: Settle=1: unknown to systemd 257 and to holdfast"}},
		{"the case of a name counts", ok + "restart=always\n", problems{"3: restart=always: unknown; it is spelled Restart"}},
		{"a directive in the wrong section", ok + "StartLimitIntervalSec=5\n",
			problems{"3: StartLimitIntervalSec=5: not known in [Service]; it belongs in [Unit]"}},
		{"a name with a space in it", ok + "Restart Sec=5\n", problems{"3: Restart Sec=5: unknown to systemd 257 and to holdfast"}},
		{"what orders units is harmless", "[Unit]\nAfter=network.target\n" + ok + "[Install]\nWantedBy=multi-user.target\n", nil},

		{"what this version does not honour is told", ok + "OpenFile=/etc/web.conf\n", problems{"3: OpenFile=/etc/web.conf: not honoured by this version of holdfast"}},
		{"but not where it asks for nothing", ok + "NonBlocking=no\nLoadCredential=\nMemoryKSM=off\n", nil},

		// Protection.
		{"sandboxing refuses", ok + "ProtectSystem=strict\n", problems{
			"!3: ProtectSystem=strict: holdfast does not give this protection; --allow-unsupported starts the service without it"}},
		{"a user made up for the run refuses", ok + "DynamicUser=yes\n", problems{
			"!3: DynamicUser=yes: holdfast does not give this protection; --allow-unsupported starts the service without it"}},
		{"sandboxing that is off promises nothing", ok + "PrivateTmp=no\nProtectProc=default\nSystemCallFilter=\n", nil},

		// Values.
		{"a bad Restart= is ignored", ok + "Restart=sometimes\n",
			problems{"3: Restart=sometimes: not one of no, always, on-success, on-failure, on-abnormal, on-abort, on-watchdog"}},
		{"a bad time span is ignored", ok + "RestartSec=fast\n", problems{"3: RestartSec=fast: not a time span; write 5, 500ms or 1min 30s"}},
		{"an empty time span is ignored", ok + "RestartSec=\n", problems{"3: RestartSec=: not a time span; write 5, 500ms or 1min 30s"}},
		{"a negative time span is ignored", ok + "TimeoutStopSec=-1\n", problems{"3: TimeoutStopSec=-1: a time span cannot be negative"}},
		{"a bad count is ignored", ok + "RestartSteps=-1\n", problems{"3: RestartSteps=-1: not a number from 0 up"}},
		{"a bad boolean is ignored", ok + "SendSIGHUP=maybe\n", problems{"3: SendSIGHUP=maybe: neither yes nor no"}},
		{"a bad signal is ignored", ok + "KillSignal=0\n", problems{"3: KillSignal=0: no signal has the number 0"}},
		{"a bad mode is ignored", ok + "UMask=9\nUMask=+7\nUMask=10000\n", problems{
			"3: UMask=9: not an octal mode such as 0027",
			"4: UMask=+7: not an octal mode such as 0027",
			"5: UMask=10000: not an octal mode such as 0027"}},
		{"a bad kill mode is ignored", ok + "KillMode=all\n",
			problems{"3: KillMode=all: not one of control-group, mixed, process, none"}},
		{"a bad memory limit is ignored", ok + "MemoryMax=lots\nMemoryHigh=0\nMemoryMax=101%\nMemorySwapMax=-1\n", problems{
			"3: MemoryMax=lots: not a size in bytes; write 500K, 1.5G or 1G 512M, or a percentage",
			"4: MemoryHigh=0: a limit of nothing; write infinity for none",
			"5: MemoryMax=101%: more than 100%",
			"6: MemorySwapMax=-1: not a size in bytes; write 500K, 1.5G or 1G 512M, or a percentage"}},
		{"a bad number of tasks is ignored", ok + "TasksMax=0\nTasksMax=many\nTasksMax=101%\nTasksMax=1K\n", problems{
			"3: TasksMax=0: a limit of nothing; write infinity for none",
			"4: TasksMax=many: neither a number, nor a percentage, nor infinity",
			"5: TasksMax=101%: more than 100%",
			"6: TasksMax=1K: neither a number, nor a percentage, nor infinity"}},
		{"a bad share of the CPU is ignored", ok + "CPUQuota=1\nCPUQuota=0%\nCPUQuota=infinity\nCPUQuota=1.%\nCPUQuota=1.234%\nCPUWeight=0\nCPUWeight=10001\n", problems{
			"3: CPUQuota=1: not a percentage such as 50% or 12.5%",
			"4: CPUQuota=0%: no CPU at all; leave it out for no limit",
			"5: CPUQuota=infinity: not a percentage such as 50% or 12.5%",
			"6: CPUQuota=1.%: not a percentage such as 50% or 12.5%",
			"7: CPUQuota=1.234%: not a percentage such as 50% or 12.5%",
			"8: CPUWeight=0: neither a number from 1 to 10000 nor idle",
			"9: CPUWeight=10001: neither a number from 1 to 10000 nor idle"}},
		{"limits of a control group", ok + "MemoryMax=50%\nMemoryHigh=1G\nMemorySwapMax=0\nTasksMax=80%\nCPUQuota=150%\nCPUQuota=\nCPUWeight=50\nCPUWeight=\nTasksMax=infinity\n", nil},
		{"a score out of range is ignored", ok + "OOMScoreAdjust=1001\n", problems{"3: OOMScoreAdjust=1001: not a number from -1000 to 1000"}},
		{"each bad exit is ignored alone", ok + "SuccessExitStatus=7 EX_TEMPFAIL \"KILL\" 256\n", problems{
			`3: SuccessExitStatus=7 EX_TEMPFAIL "KILL" 256: "EX_TEMPFAIL" is no exit code (0 to 255), exit name (TEMPFAIL), signal (SIGKILL or KILL) or OOM`,
			`3: SuccessExitStatus=7 EX_TEMPFAIL "KILL" 256: "\"KILL\"" is no exit code (0 to 255), exit name (TEMPFAIL), signal (SIGKILL or KILL) or OOM`,
			`3: SuccessExitStatus=7 EX_TEMPFAIL "KILL" 256: "256" is no exit code (0 to 255), exit name (TEMPFAIL), signal (SIGKILL or KILL) or OOM`}},
		{"a bad variable is ignored alone, bad quoting ends the line", ok + "Environment=A=1 2=3 B C=%Q \"D=4\n", problems{
			`3: Environment=A=1 2=3 B C=%Q "D=4: 2 cannot be the name of a variable`,
			`3: Environment=A=1 2=3 B C=%Q "D=4: B is no NAME=value; a value with spaces needs quotes round the whole: "NAME=a b"`,
			`3: Environment=A=1 2=3 B C=%Q "D=4: %Q: an unknown specifier; a percent sign itself is written %%`,
			`3: Environment=A=1 2=3 B C=%Q "D=4: a quote is not closed`}},
		{"an unknown type is ignored", ok + "Type=simpel\n", problems{"3: Type=simpel: not one of simple, exec, forking, oneshot, idle, notify, notify-reload"}},
		{"a type that is not guarded refuses", ok + "Type=dbus\n", problems{
			"!3: Type=dbus: this version does not guard services of this type; let the program stay in the foreground and write simple"}},
		{"a user that can be none refuses", ok + "User=a:b\n", problems{"!3: User=a:b: not a name or number of an account"}},
		{"an unknown specifier in a group refuses", ok + "Group=%Q\n",
			problems{"!3: Group=%Q: %Q: an unknown specifier; a percent sign itself is written %%"}},
		{"a relative directory refuses", ok + "WorkingDirectory=srv\n", problems{"!3: WorkingDirectory=srv: not an absolute path"}},
		{"a relative directory that may be missing is ignored", ok + "WorkingDirectory=-srv\n",
			problems{"3: WorkingDirectory=-srv: not an absolute path"}},
		{"a directory with .. refuses", ok + "WorkingDirectory=/srv/../etc\n",
			problems{"!3: WorkingDirectory=/srv/../etc: a path with .. in it is not allowed here"}},
		{"the old name of /run is told", ok + "PIDFile=/var/run/web.pid\n",
			problems{"3: PIDFile=/var/run/web.pid: /var/run is an old name of /run; taken for /run/web.pid"}},
		{"a PID file outside refuses", ok + "PIDFile=../web.pid\n", problems{"!3: PIDFile=../web.pid: a path with .. in it is not allowed here"}},

		// ExecStart=.
		{"no command refuses", "[Service]\nRestart=always\n", problems{"! no command is left to run; [Service] needs an ExecStart="}},
		{"OnCrash is a command line", ok + "[X-Holdfast]\nOnCrash=/bin/echo %Q\n",
			problems{"!4: OnCrash=/bin/echo %Q: %Q: an unknown specifier; a percent sign itself is written %%"}},
		{"OnCrash is one command", ok + "[X-Holdfast]\nOnCrash=/bin/true\nOnCrash=/bin/false\n", problems{
			"!5: OnCrash=/bin/false: more than one command; an empty OnCrash= before it drops the earlier ones"}},
		{"Home is an absolute path", ok + "[X-Holdfast]\nHome=here\n", problems{
			"!4: Home=here: not an absolute path"}},
		{"Home can be taken back", ok + "[X-Holdfast]\nHome=/srv\nHome=\n", nil},
		{"OnCrash can be taken back", ok + "[X-Holdfast]\nOnCrash=/bin/true\nOnCrash=\n", nil},
		{"a command taken back refuses", ok + "ExecStart=\n", problems{"!3: ExecStart=: no command is left to run; [Service] needs an ExecStart="}},
		{"two commands refuse", ok + "ExecStart=/bin/false\n", problems{
			"!3: ExecStart=/bin/false: more than one command, which only Type=oneshot may have; an empty ExecStart= before it drops the earlier ones"}},
		{"two commands on a line refuse", "[Service]\nExecStart=/bin/true ; /bin/false\n", problems{
			"!2: ExecStart=/bin/true ; /bin/false: more than one command, which only Type=oneshot may have; an empty ExecStart= before it drops the earlier ones"}},
		{"a relative path refuses", "[Service]\nExecStart=./web\n", problems{
			"!2: ExecStart=./web: ./web is neither an absolute path nor a bare name of a program"}},
		{"a directory refuses", "[Service]\nExecStart=/bin/\n", problems{"!2: ExecStart=/bin/: /bin/ is a directory, not a program"}},
		{"a quote that is not closed refuses", "[Service]\nExecStart=/bin/echo \"a\n", problems{"!2: ExecStart=/bin/echo \"a: a quote is not closed"}},
		{"a bad first word loses the line", ok + "ExecStart=\"/bin/echo a\n", problems{"3: ExecStart=\"/bin/echo a: a quote is not closed"}},
		{"an unknown specifier refuses", "[Service]\nExecStart=/bin/echo %Q\n",
			problems{"!2: ExecStart=/bin/echo %Q: %Q: an unknown specifier; a percent sign itself is written %%"}},
		{"with - a bad command only loses the line", ok + "ExecStart=-/bin/echo %Q\n",
			problems{"3: ExecStart=-/bin/echo %Q: %Q: an unknown specifier; a percent sign itself is written %%"}},
		{"a prefix alone refuses", "[Service]\nExecStart=@\n", problems{"!2: ExecStart=@: no command after the prefix"}},
		{"@ without a name refuses", "[Service]\nExecStart=@/bin/true\n",
			problems{"!2: ExecStart=@/bin/true: the prefix @ needs a name for the program after its path"}},
		{"an unknown escape stays and is warned about", "[Service]\nExecStart=/bin/echo \\q\n",
			problems{`2: ExecStart=/bin/echo \q: unknown escape sequence; a backslash itself is written \\`}},
		{"a variable that is not set is empty", "[Service]\nExecStart=/bin/echo ${NOPE}\n",
			problems{`2: ExecStart=/bin/echo ${NOPE}: the variable "NOPE" is not set, so it is empty`}},
		{"privileges beside User= are given", ok + "User=nobody\nExecStart=\nExecStart=+/bin/true\n", nil},
		{"a newer prefix refuses", "[Service]\nExecStart=|/bin/true\n",
			problems{"!2: ExecStart=|/bin/true: the prefix | is of a systemd newer than 257, and not known here"}},
		{"a file of variables may set it", "[Service]\nEnvironmentFile=/etc/default/web\nExecStart=/bin/echo ${NOPE}\n", nil},
		{"a relative file of variables is ignored", ok + "EnvironmentFile=-web.env\n", problems{"3: EnvironmentFile=-web.env: not an absolute path"}},
		{"what can be no variable is not passed on", ok + "PassEnvironment=A 1B\n", problems{"3: PassEnvironment=A 1B: 1B cannot be the name of a variable"}},
		{"nor unset", ok + "UnsetEnvironment=A=1 1B=1\n", problems{"3: UnsetEnvironment=A=1 1B=1: 1B cannot be the name of a variable"}},
		{"a relative directory of programs is ignored", ok + "ExecSearchPath=/a:b\n", problems{"3: ExecSearchPath=/a:b: b: not an absolute path"}},

		// Settings that do not go together.
		{"steps without a maximum", ok + "RestartSteps=3\n", problems{"3: RestartSteps=3: no effect without RestartMaxDelaySec="}},
		{"a maximum without steps", ok + "RestartMaxDelaySec=1min\n", problems{"3: RestartMaxDelaySec=1min: no effect without RestartSteps="}},
		{"a maximum below the base", ok + "RestartSec=5\nRestartSteps=2\nRestartMaxDelaySec=1\n",
			problems{"5: RestartMaxDelaySec=1: shorter than RestartSec=5s, which is lowered to it"}},
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, tt := range slices.Concat(verdicts(), mistakes(), executionMistakes()) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, "web.service", tt.text)
			loaded, err := Load(path, Options{})
			var got problems
			refused := false
			for _, problem := range loaded.Problems {
				text := strings.TrimPrefix(strings.TrimPrefix(problem.Error(), path), ":")
				if problem.Fatal {
					refused = true
					text = "!" + text
				}
				got = append(got, text)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("problems:\n%q\nwant:\n%q", got, tt.want)
			}
			if refused != (err != nil) {
				t.Errorf("error %v, but refused is %v", err, refused)
			}
		})
	}
}

func TestProtectionCanBeWaived(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "web.service", "[Service]\nExecStart=/bin/true\nPrivateTmp=yes\n")
	loaded, err := Load(path, Options{AllowUnsupported: true})
	if err != nil {
		t.Fatal(err)
	}
	want := path + ":3: PrivateTmp=yes: the service runs without this protection, which holdfast does not give"
	if len(loaded.Problems) != 1 || loaded.Problems[0].Error() != want {
		t.Errorf("problems %v, want %q", loaded.Problems, want)
	}
	if last := loaded.Settings[len(loaded.Settings)-1]; last.Class != Refused || last.Line != 3 {
		t.Errorf("listed as %+v", last)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Symlink(os.DevNull, filepath.Join(dir, "masked.service")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "dir.service"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "empty.service"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "web.conf"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ file, want string }{
		{"absent.service", "no such file or directory"},
		{"masked.service", "the service is masked (the file is empty, or a link to /dev/null)"},
		{"empty.service", "the service is masked (the file is empty, or a link to /dev/null)"},
		{"dir.service", "a directory, not a service file"},
		{"web.conf", "the name of a service file ends in .service"},
		{".service", "a service needs a name"},
		{"web@.service", "web@ is a template and needs an instance: web@1"},
	}
	for _, tt := range tests {
		path := filepath.Join(dir, tt.file)
		if _, err := Load(path, Options{}); err == nil || err.Error() != path+": "+tt.want {
			t.Errorf("%s: error %v, want %q", tt.file, err, tt.want)
		}
	}
}

func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"holdfast/internal/logs"
	"holdfast/internal/proc"
	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

func TestUnitOfACommandLine(t *testing.T) {
	t.Parallel()
	s := web().record.Service
	s.PIDFile = ""
	s.Environment = []string{"HOME=/root", "GREETING=a b", "BASH_FUNC_f%%=() { :; }"}
	const want = `[Unit]
StartLimitIntervalSec=0
StartLimitBurst=0

[Service]
Type=exec
ExecStart=@/opt/web ./web -c "my web.conf"
WorkingDirectory=/opt
Environment=HOME=/root
Environment="GREETING=a b"
Restart=always
RestartSteps=8
RestartMaxDelaySec=30s
IgnoreSIGPIPE=no

[X-Holdfast]
SettleSec=100ms
RestartResetSec=30s
`
	var b bytes.Buffer
	if err := writeUnit(&b, s, watchdog.FileDefaults("web")); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got:\n%swant:\n%s", b.String(), want)
	}
}

// What is written has to be read back as the same service, whatever is in it.
func TestUnitIsReadBack(t *testing.T) {
	t.Parallel()
	score := -500
	s := watchdog.FileDefaults("odd")
	s.Description = "100% odd"
	nice, slack, few := 5, 7*time.Microsecond, watchdog.Capabilities(33)
	s.SupplementaryGroups, s.IgnoreSIGPIPE = []string{"a", "7"}, false
	s.Setup = watchdog.Setup{
		Limits: []watchdog.Limit{{Name: "CPU", Soft: 60, Hard: 90}, {Name: "NICE", Soft: 25, Hard: 25}, {Name: "RTTIME", Soft: 5000, Hard: proc.NoLimit}},
		Nice:   &nice, Scheduling: &watchdog.Scheduling{Policy: "rr", Priority: 7, ResetOnFork: true}, CPUAffinity: []int{0, 1, 5},
		IOPriority: &watchdog.IOPriority{Class: 3, Level: 6}, TimerSlack: &slack, RootDirectory: "/srv/50%", CapabilityBoundingSet: &few,
		AmbientCapabilities: 32, SecureBits: 17, NoNewPrivileges: true,
	}
	s.Standard = watchdog.Standard{Input: "file:/in", Output: "append:/out%", Error: "truncate:/a b", Data: []byte("\x00\xff\n")}
	s.Directories.RuntimePreserve = "yes"
	if os.Getuid() == 0 { // other users have them elsewhere
		s.Directories.State = watchdog.Directory{Paths: []string{"/var/lib/a b", "/var/lib/100%"}, Mode: 0o2750}
	}
	s.OnCrash = watchdog.Command{Path: "/bin/mail", Args: []string{"/bin/mail", "-s", "100% $NAME"}}
	s.Exec = watchdog.Command{
		Path:          "/bin/a b",
		Args:          []string{"own name", "$HOME", "${X}", "$$", "50%n", ";", `\;`, `"quoted" 'too'`, "", "\n\t\x01", "\xff", "ü", "@", "-", ":"},
		IgnoreFailure: true,
	}
	s.Environment = append(s.Environment[1:], "A=$x %h \"q\" '\\", "B=two\nlines", "C=", "D=ü #", "PATH=/bin")
	s.EnvironmentFiles = []watchdog.EnvironmentFile{{Path: "/etc/default/100%"}, {Path: "/a b/*", Optional: true}}
	s.UnsetEnvironment = []string{"A", "B=x y", "C=%"}
	s.ExecSearchPath = []string{"/opt/bin", "/bin"}
	s.WorkingDirectory, s.WorkingDirectoryOptional = "/tmp/%odd dir", true
	s.UMask = 0o027
	s.OOMScoreAdjust = &score
	s.PIDFile = "/run/odd%.pid"
	s.Policy = watchdog.Policy{
		Restart:                  watchdog.RestartOnAbnormal,
		SuccessExitStatus:        watchdog.ExitList{Codes: []int{143}},
		RestartPreventExitStatus: watchdog.ExitList{Codes: []int{7}, Signals: []syscall.Signal{syscall.SIGTERM}, OOM: true},
	}
	s.Backoff = watchdog.Backoff{RestartSec: 1500 * time.Millisecond, RestartSteps: 3, RestartMaxDelaySec: time.Minute, RestartResetSec: time.Hour}
	s.StartLimit = watchdog.StartLimit{Interval: watchdog.Infinity, Burst: 2}
	s.TimeoutStopSec = watchdog.Infinity
	s.KillMode, s.KillSignal, s.FinalKillSignal = watchdog.KillMixed, syscall.SIGINT, syscall.SIGABRT
	s.RestartKillSignal = syscall.SIGHUP
	s.SendSIGHUP, s.SendSIGKILL = true, false
	s.Log = watchdog.LogSettings{
		MaxSize: 1536 << 10, MaxFiles: logs.Unlimited, MaxAge: time.Hour, MaxTotal: 5001,
		Timestamps: logs.LocalTimestamps, Stderr: true, Overflow: logs.Drop,
	}

	var b bytes.Buffer
	if err := writeUnit(&b, s, watchdog.FileDefaults("odd")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "odd.service")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	loaded, err := unit.Load(path, unit.Options{})
	if err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	for _, problem := range loaded.Problems {
		t.Errorf("%v", problem)
	}
	s.Source = path
	if !reflect.DeepEqual(loaded.Service, s) {
		t.Errorf("read back as\n%+v, want\n%+v, from\n%s", loaded.Service, s, b.String())
	}
	if !sameUnit(loaded.Service, s) {
		t.Error("what was read back is not taken for the same")
	}
}

func TestUnitShowsWhatDiffers(t *testing.T) {
	t.Parallel()
	base := watchdog.FileDefaults("web")
	base.Exec = watchdog.Command{Path: "/bin/a", Args: []string{"/bin/a"}}
	s := base
	s.Exec = watchdog.Command{Path: "/bin/b", Args: []string{"/bin/b"}}
	s.Policy.Restart = watchdog.RestartAlways
	const want = "[Service]\nExecStart=\nExecStart=/bin/b\nRestart=always\n"
	var b strings.Builder
	if err := writeUnit(&b, s, base); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got:\n%swant:\n%s", b.String(), want)
	}
}

// Whatever is set, what cat writes is read back as the same service.
func FuzzUnitIsReadBack(f *testing.F) {
	f.Add("Type=oneshot\nExecStart=-@/bin/a b \"c d\" ; :/bin/e $F\nExecStopPost=+/bin/g %%\nEnvironment=A=1 \"B=2 3\"")
	f.Add("Type=forking\nPIDFile=web.pid\nGuessMainPID=no\nTimeoutAbortSec=0\nKillSignal=RTMIN+3\nSuccessExitStatus=TEMPFAIL 7 KILL")
	f.Add("LimitNOFILE=1:2\nLimitRTTIME=5ms\nCPUAffinity=0-3,7\nNice=-5\nIOSchedulingClass=idle\nSecureBits=noroot keep-caps")
	f.Add("CapabilityBoundingSet=~CAP_SYS_ADMIN\nAmbientCapabilities=CAP_CHOWN\nCPUSchedulingPolicy=rr\nTimerSlackNSec=5us\nUMask=7")
	f.Add("StateDirectory=a b/c\nRuntimeDirectoryMode=0700\nStandardOutput=append:/x y\nStandardInputText=a\\tb\nLogMaxSize=1.5M")
	f.Add("WorkingDirectory=-/a//b\nEnvironmentFile=-/c*\nUnsetEnvironment=D E=1\nExecSearchPath=/f:/g\nUser=h i\nDescription=50%%")
	f.Fuzz(func(t *testing.T, lines string) {
		s := watchdog.FileDefaults("odd")
		s.Exec = watchdog.Command{Path: "/bin/true", Args: []string{"/bin/true"}, Expand: true}
		for line := range strings.SplitSeq(lines, "\n") {
			unit.Set(&s, line) // one that is wrong changes nothing
		}
		var b strings.Builder
		if err := writeUnit(&b, s, watchdog.FileDefaults("odd")); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "odd.service")
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		loaded, err := unit.Load(path, unit.Options{})
		if err != nil || !sameUnit(loaded.Service, s) {
			t.Errorf("%q is written\n%sand read back, %v, as\n%+v, not\n%+v", lines, b.String(), err, loaded.Service, s)
		}
	})
}

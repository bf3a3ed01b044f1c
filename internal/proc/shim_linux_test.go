package proc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lookAtYourself prints what a process can tell of itself.
const lookAtYourself = `cat /proc/self/status /proc/self/limits; echo "Slack: $(cat /proc/self/timerslack_ns)"
echo "Nice: $(cut -d' ' -f19 /proc/self/stat)"; echo "Dir: $(pwd)"; echo "Umask: $(umask)"; tr '\0' '\n' </proc/self/environ; ls -l /proc/self/fd`

func lookingSpec(setup Setup) Spec {
	return Spec{Path: "/bin/sh", Args: []string{"sh", "-c", lookAtYourself}, Env: []string{"PATH=/usr/bin:/bin", "A=1"},
		Dir: "/usr", Setup: &setup, Stderr: os.Stderr}
}

func TestSetup(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("most of it is for root only")
	}
	t.Parallel()
	one, ten, slack := 1, 10, 7000*time.Nanosecond
	two := Capabilities(1<<0 | 1<<5) // chown, kill
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534, Groups: []uint32{65534, 7}}
	tests := []struct {
		name string
		spec Spec
		want []string // lines, with single spaces
	}{
		{"limits, soft and hard", lookingSpec(Setup{Limits: []Limit{
			{"NOFILE", 77, 88}, {"NPROC", 5, 6}, {"CPU", 99, NoLimit}, {"CORE", 0, 0}, {"RTTIME", 5, 5}, {"STACK", 4 << 20, 4 << 20},
			{"FSIZE", 1 << 30, 1 << 30}, {"DATA", 1 << 31, 1 << 31}, {"AS", 1 << 32, 1 << 32}, {"LOCKS", 3, 3}, {"NICE", 0, 0},
			{"SIGPENDING", 11, 11}, {"MSGQUEUE", 12, 12}, {"RTPRIO", 0, 0}, {"MEMLOCK", 4096, 4096}, {"RSS", 14, 14},
		}}), []string{
			"Max open files 77 88 files", "Max processes 5 6 processes", "Max cpu time 99 unlimited seconds",
			"Max core file size 0 0 bytes", "Max realtime timeout 5 5 us", "Max stack size 4194304 4194304 bytes",
			"Max file size 1073741824 1073741824 bytes", "Max data size 2147483648 2147483648 bytes",
			"Max address space 4294967296 4294967296 bytes", "Max file locks 3 3 locks", "Max nice priority 0 0",
			"Max pending signals 11 11 signals", "Max msgqueue size 12 12 bytes", "Max realtime priority 0 0",
			"Max locked memory 4096 4096 bytes", "Max resident set 14 14 bytes",
		}},
		{"a nice level", lookingSpec(Setup{Nice: &ten}), []string{"Nice: 10", "Dir: /usr", "A=1"}},
		{"CPUs", lookingSpec(Setup{CPUAffinity: []int{0}}), []string{"Cpus_allowed_list: 0"}},
		{"the slack of timers", lookingSpec(Setup{TimerSlack: &slack}), []string{"Slack: 7000"}},
		{"no new privileges", lookingSpec(Setup{NoNewPrivileges: true}), []string{"NoNewPrivs: 1", "Uid: 0 0 0 0"}},
		{"a bounding set", lookingSpec(Setup{CapabilityBoundingSet: &two}), []string{"CapBnd: 0000000000000021", "CapEff: 0000000000000021", "CapAmb: 0000000000000000"}},
		{"another user has no capabilities", func() Spec { s := lookingSpec(Setup{Nice: &one}); s.Credential = nobody; return s }(),
			[]string{"Uid: 65534 65534 65534 65534", "Gid: 65534 65534 65534 65534", "Groups: 7 65534", "CapEff: 0000000000000000", "CapPrm: 0000000000000000", "Nice: 1"}},
		{"but for the ambient ones", func() Spec {
			s := lookingSpec(Setup{AmbientCapabilities: CapabilityNamed("CAP_NET_BIND_SERVICE"), NoNewPrivileges: true})
			s.Credential = nobody
			return s
		}(), []string{"Uid: 65534 65534 65534 65534", "CapAmb: 0000000000000400", "CapEff: 0000000000000400", "CapPrm: 0000000000000400", "NoNewPrivs: 1"}},
		{"a limit that may not be raised stays where it is", func() Spec {
			s := lookingSpec(Setup{Limits: []Limit{{"NOFILE", 1 << 40, 1 << 40}}}) // more than the kernel gives anybody
			s.Credential = nobody
			return s
		}(), []string{fmt.Sprintf("Max open files %d %[1]d files", hardLimit(t)), "Uid: 65534 65534 65534 65534"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cmd := roleCommand("setup")
			order, err := json.Marshal(tt.spec)
			if err != nil {
				t.Fatal(err)
			}
			cmd.Stdin = strings.NewReader(string(order))
			text, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			var lines []string
			for line := range strings.Lines(string(text)) {
				lines = append(lines, strings.Join(strings.Fields(line), " "))
			}
			for _, want := range tt.want {
				if !slices.Contains(lines, want) {
					t.Errorf("no line %q in:\n%s", want, strings.Join(lines, "\n"))
				}
			}
			for _, mark := range []string{shimVariable, "GOMAXPROCS", "socket:"} {
				if strings.Contains(string(text), mark) {
					t.Errorf("the program has something of the shim's: %s", mark)
				}
			}
		})
	}
}

// hardLimit is this process's for open files.
func hardLimit(t *testing.T) uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Max == NoLimit {
		t.Fatal(err, limit)
	}
	return limit.Max
}

func roleSetup([]string) {
	s := newStage()
	var spec Spec
	check(json.NewDecoder(os.Stdin).Decode(&spec) == nil, "no spec")
	spec.Stderr = os.Stderr
	os.Stdout.WriteString(s.output(spec))
}

func TestScheduling(t *testing.T) {
	t.Parallel()
	spec := shell("chrt -p $$; ionice -p $$")
	spec.Setup = &Setup{Scheduling: &Scheduling{Policy: "batch", ResetOnFork: true}, IOPriority: &IOPriority{Class: 2, Level: 6}}
	r, err := forkAndRead(spec)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"SCHED_BATCH|SCHED_RESET_ON_FORK", "best-effort: prio 6"} {
		if !strings.Contains(r, want) {
			t.Errorf("no %q in:\n%s", want, r)
		}
	}
}

// forkAndRead is the output of a process of forkExec, which is reaped here.
func forkAndRead(spec Spec) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer r.Close()
	spec.Stdout = w
	pid, err := forkExec(spec)
	w.Close()
	if err != nil {
		return "", err
	}
	defer syscall.Wait4(pid, nil, 0, nil)
	var b strings.Builder
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		if b.Write(buf[:n]); err != nil {
			return b.String(), nil
		}
	}
}

func TestRootDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can change its root")
	}
	t.Parallel()
	root := t.TempDir()
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(filepath.Join(root, "self"), self, 0o755)
	}
	if err == nil {
		err = os.Mkdir(filepath.Join(root, "inner"), 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	spec := Spec{Path: "/self", Args: []string{"self"}, Env: []string{roleVar + "=where"}, Dir: "/inner", Setup: &Setup{RootDirectory: root}}
	out, err := forkAndRead(spec)
	if err != nil && errors.Is(err, fs.ErrNotExist) {
		t.Skip("the test binary needs a dynamic loader:", err)
	}
	if err != nil || out != "/inner\n" {
		t.Errorf("in %q: %v", out, err)
	}
	spec.Path = "/bin/sh"
	_, err = forkExec(spec)
	checkSpawnError(t, err, StepExec, fs.ErrNotExist)
	spec.Dir = "/usr"
	_, err = forkExec(spec)
	checkSpawnError(t, err, StepChdir, fs.ErrNotExist)
}

func TestSIGPIPEStaysIgnoredThroughTheShim(t *testing.T) {
	signal.Ignore(syscall.SIGPIPE) // not in parallel: it is the whole process's
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP) // ignored below nohup
	defer signal.Stop(hangUp)
	for _, setup := range []*Setup{nil, {NoNewPrivileges: true}} {
		spec := shell("grep SigIgn /proc/self/status")
		spec.Setup = setup
		out, err := forkAndRead(spec)
		if err != nil || !strings.HasSuffix(strings.TrimSpace(out), "1000") {
			t.Errorf("setup %v: ignored %q, %v", setup, out, err)
		}
	}
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGPIPE) // no longer ignored
	defer signal.Stop(caught)
	spec := shell("grep SigIgn /proc/self/status")
	spec.Setup = &Setup{NoNewPrivileges: true}
	out, err := forkAndRead(spec)
	if err != nil || !strings.HasSuffix(strings.TrimSpace(out), "0000") {
		t.Errorf("ignored %q, %v", out, err)
	}
}

func TestSetupErrors(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("an unprivileged process fails earlier")
	}
	t.Parallel()
	few := 19
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	tests := []struct {
		name string
		spec Spec
		step Step
		is   error
		text string
	}{
		{"no program", Spec{Path: "/no/such", Setup: &Setup{Nice: &few}}, StepExec, fs.ErrNotExist, "exec /no/such: no such file or directory"},
		{"not executable", Spec{Path: "/etc/passwd", Setup: &Setup{Nice: &few}}, StepExec, fs.ErrPermission, "exec /etc/passwd: permission denied: it is not executable (mode 0644)"},
		{"no directory", Spec{Path: "/bin/true", Dir: "/no/such", Setup: &Setup{Nice: &few}}, StepChdir, fs.ErrNotExist, "chdir /no/such: no such file or directory"},
		{"no root", Spec{Path: "/bin/true", Setup: &Setup{RootDirectory: "/no/such"}}, StepChroot, fs.ErrNotExist, "chroot /no/such: no such file or directory"},
		{"not a CPU", Spec{Path: "/bin/true", Setup: &Setup{CPUAffinity: []int{1000}}}, StepAffinity, syscall.EINVAL, "cannot set CPUAffinity=1000: invalid argument"},
		{"a limit that is none", Spec{Path: "/bin/true", Setup: &Setup{Limits: []Limit{{"NOFILE", 5, 4}}}}, StepLimits, syscall.EINVAL, "cannot set LimitNOFILE=5:4: invalid argument"},
		{"no such priority", Spec{Path: "/bin/true", Setup: &Setup{Scheduling: &Scheduling{Policy: "fifo"}}}, StepScheduler, syscall.EINVAL, "cannot set CPUSchedulingPolicy=fifo, CPUSchedulingPriority=0: invalid argument"},
		{"no such class", Spec{Path: "/bin/true", Setup: &Setup{IOPriority: &IOPriority{Class: 7}}}, StepIOPriority, syscall.EINVAL, ""},
		{"no group to join", Spec{Path: "/bin/true", Setup: &Setup{}, Join: []string{"/no/such"}}, StepCgroup, fs.ErrNotExist, ""},
		{"bits that there are not", Spec{Path: "/bin/true", Setup: &Setup{SecureBits: 1 << 20}, Credential: nobody}, StepSecureBits, syscall.EPERM, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := forkExec(tt.spec)
			checkSpawnError(t, err, tt.step, tt.is)
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%q does not say %q", err, tt.text)
			}
			t.Log(err)
		})
	}
}

func TestNumbersOfCPUs(t *testing.T) {
	t.Parallel()
	for want, cpus := range map[string][]int{"": nil, "0": {0}, "0-1": {1, 0}, "0 2-4 6": {6, 2, 3, 4, 0}} {
		if got := CPURanges(cpus); got != want {
			t.Errorf("CPURanges(%v) = %q, want %q", cpus, got, want)
		}
	}
}

func roleWhere([]string) { os.Stdout.WriteString(must(os.Getwd()) + "\n") }

func TestPIDVariable(t *testing.T) {
	t.Parallel()
	spec := shell(`[ "$MINE" = $$ ] && echo it is`)
	spec.Setup = &Setup{PIDVariable: "MINE"}
	if r, err := forkAndRead(spec); err != nil || r != "it is\n" {
		t.Errorf("%q, %v", r, err)
	}
}

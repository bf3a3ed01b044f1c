//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can do this")
	}
}

// wants fails the test unless each of the lines, with single spaces, is in the file.
func wants(t *testing.T, file string, want ...string) {
	t.Helper()
	var got []string
	for _, line := range lines(file) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("no line %q in:\n%s", line, strings.Join(got, "\n"))
		}
	}
}

const facts = `cat; id; env; cat /proc/self/limits; grep -E "^(NoNew|Sig|Cap)" /proc/self/status; echo on stderr >&2; touch "$DONE"; exec sleep 1000`

func TestTheExecutionEnvironment(t *testing.T) {
	t.Parallel()
	needRoot(t)
	h := newHost(t)
	os.Chmod(filepath.Dir(h.dir), 0o755)
	os.Chmod(h.dir, 0o777)
	out, done := filepath.Join(h.dir, "out"), filepath.Join(h.dir, "done")
	for _, setup := range []string{"", "LimitNOFILE=100:200\nNoNewPrivileges=yes\nAmbientCapabilities=CAP_KILL\n"} {
		os.Remove(done)
		h.ok("start", h.unit("web", setup+`
ExecStart=/bin/sh -c '`+strings.ReplaceAll(facts, "$", "$$")+`'
User=nobody
Group=mail
SupplementaryGroups=daemon
StandardInputText=hello
StandardOutput=truncate:`+out+`
Environment=DONE=`+done+"\n"))
		await(t, "the program has told all", func() bool { _, err := os.Stat(done); return err == nil })
		wants(t, out, "hello", "on stderr", "LOGNAME=nobody", "USER=nobody", "SigIgn: 0000000000001000", "SigBlk: 0000000000000000")
		if setup != "" {
			wants(t, out, "Max open files 100 200 files", "NoNewPrivs: 1", "CapEff: 0000000000000020", "CapPrm: 0000000000000020")
		} else {
			wants(t, out, "NoNewPrivs: 0", "CapEff: 0000000000000000")
		}
		text, _ := os.ReadFile(out)
		for _, never := range []string{"HOME=", "SHELL=", "HOLDFAST_EXEC", "GOMAXPROCS", "nogroup"} {
			if strings.Contains(string(text), never) {
				t.Errorf("%s in:\n%s", never, text)
			}
		}
		h.ok("stop", "web")
		h.nothingLeft("web")
	}
}

// Each way in which a start fails before the program has systemd's status and words that say what to mend.
func TestFailuresBeforeTheProgram(t *testing.T) {
	t.Parallel()
	needRoot(t)
	tests := []struct {
		name, settings, status string
		says                   string
	}{
		{"no such file to read", "StandardInput=file:/no/such", "208", "(status=208/STDIN)"},
		{"no such directory to write in", "StandardOutput=file:/no/such/file", "209", "open /no/such/file: no such file or directory (status=209/STDOUT)"},
		{"nor for errors", "StandardError=append:/no/such/file", "222", "(status=222/STDERR)"},
		{"a directory in the way", "RuntimeDirectory=systemd/../x\nStateDirectory=../x\nLogsDirectory=lastlog/x", "240", "cannot make /var/log/lastlog/x: not a directory (status=240/LOGS_DIRECTORY)"},
		{"no such root", "RootDirectory=/no/such", "210", "chroot /no/such: no such file or directory (status=210/CHROOT)"},
		{"not a CPU", "CPUAffinity=1000", "215", "cannot set CPUAffinity=1000: invalid argument (status=215/CPUAFFINITY)"},
		{"no such group", "SupplementaryGroups=nosuch", "216", `no group is called "nosuch" on this host (status=216/GROUP)`},
		{"no such directory, by the shim", "Nice=3\nWorkingDirectory=/no/such", "200", "chdir /no/such: no such file or directory (status=200/CHDIR)"},
		{"no such program, by the shim", "Nice=3\nExecStart=\nExecStart=/no/such", "203", "exec /no/such: no such file or directory (status=203/EXEC)"},
		{"a priority without a policy for it", "CPUSchedulingPriority=5", "214", "(status=214/SETSCHEDULER)"},
	}
	if _, err := os.Stat("/var/log/lastlog"); err != nil {
		tests = slices.DeleteFunc(tests, func(tt struct{ name, settings, status, says string }) bool { return tt.status == "240" })
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.fails(1, []string{tt.says}, "start", h.unit("web", "Type=exec\nExecStart=/bin/sleep 1000\n"+tt.settings+"\n"))
			h.shows("web", "ExecMainStatus", tt.status, "Result", "exit-code", "ActiveState", "failed")
			h.nothingLeft("web")
		})
	}
}

func TestRuntimeDirectories(t *testing.T) {
	t.Parallel()
	needRoot(t)
	for _, preserve := range []string{"no", "restart", "yes"} {
		t.Run(preserve, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			name := fmt.Sprintf("holdfast-e2e-%d-%s", os.Getpid(), preserve)
			top := filepath.Join("/run", name)
			t.Cleanup(func() { os.RemoveAll(top) })
			h.ok("start", h.unit("web", fmt.Sprintf(`
ExecStart=/bin/sh -c 'ls "$$RUNTIME_DIRECTORY"; echo run; exec sleep 1000'
WorkingDirectory=/
RuntimeDirectory=%s/inner
RuntimeDirectoryMode=0710
RuntimeDirectoryPreserve=%s
User=nobody
Restart=always
RestartSec=10ms
`, name, preserve)))
			inner := filepath.Join(top, "inner")
			var stat unix.Stat_t
			if err := unix.Stat(inner, &stat); err != nil || stat.Uid != 65534 || stat.Mode&0o7777 != 0o710 {
				t.Errorf("mode %o, owner %d: %v", stat.Mode, stat.Uid, err)
			}
			mark := filepath.Join(inner, "mark")
			leaveMark := func() {
				if err := os.WriteFile(mark, nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			marked := func() bool { _, err := os.Stat(mark); return err == nil }
			leaveMark()
			kill(t, h.pid("web", "MainPID"), unix.SIGKILL)
			h.awaitShow("web", "NRestarts", "1")
			h.awaitShow("web", "SubState", "running")
			if kept := preserve != "no"; marked() != kept {
				t.Errorf("after a crash what was in it is kept: %v", !kept)
			}
			leaveMark()
			h.ok("restart", "web")
			if kept := preserve != "no"; marked() != kept {
				t.Errorf("after a restart what was in it is kept: %v", !kept)
			}
			h.ok("stop", "web")
			if _, err := os.Stat(inner); (err == nil) != (preserve == "yes") {
				t.Errorf("after the stop: %v", err)
			}
			if _, err := os.Stat(top); err != nil {
				t.Errorf("the directory above is no part of it, but: %v", err)
			}
			h.nothingLeft("web")
		})
	}
}

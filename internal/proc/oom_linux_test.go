package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestOOMVerdicts(t *testing.T) {
	cgroup := limitedCgroup(t)
	t.Logf("in %s, by %s", cgroup, WatchOOM().Source())
	withLog, withoutLog := WatchOOM(), WatchOOM()
	withoutLog.log.fd = -1
	onlyHost := &OOMWatch{log: kernelLog{fd: -1}}

	t.Run("killed by the OOM killer", func(t *testing.T) {
		for _, w := range []*OOMWatch{withLog, withoutLog, onlyHost} {
			w.Mark(os.Getpid()) // before the spawn: the business moves to its cgroup by itself
		}
		hog := runIn(t, cgroup, roleCommand("hog"))
		marked := WatchOOM()
		marked.log.fd = -1
		marked.Mark(hog.pid())
		hog.release()
		hog.killed()
		checkVerdict(t, withLog, hog.pid(), ByOOM, "")
		checkVerdict(t, withoutLog, hog.pid(), ProbablyOOM, "it has left the marked cgroup")
		checkVerdict(t, onlyHost, hog.pid(), ProbablyOOM, "")
		checkVerdict(t, marked, hog.pid(), ByOOM, "")
	})
	t.Run("kill -9 after a child's OOM kill", func(t *testing.T) {
		for _, w := range []*OOMWatch{withLog, withoutLog} {
			w.Mark(os.Getpid())
		}
		business := runIn(t, cgroup, exec.Command("cat"))
		child := runIn(t, cgroup, roleCommand("hog"))
		child.release()
		child.killed()
		withoutLog.Mark(business.pid()) // known to be alive now
		business.cmd.Process.Kill()
		business.killed()
		checkVerdict(t, withLog, business.pid(), NotOOM, "")
		checkVerdict(t, withLog, child.pid(), ByOOM, "asked a second time")
		checkVerdict(t, withoutLog, business.pid(), NotOOM, "")
	})
	t.Run("kill -9", func(t *testing.T) {
		for _, w := range []*OOMWatch{withLog, withoutLog, onlyHost} {
			w.Mark(os.Getpid())
		}
		business := runIn(t, cgroup, exec.Command("cat"))
		business.cmd.Process.Kill()
		business.killed()
		checkVerdict(t, withLog, business.pid(), NotOOM, "")
		if victims, _ := readCounter("/proc/vmstat").since(onlyHost.host); victims > 0 {
			t.Skip("the OOM killer was at work elsewhere on this host meanwhile")
		}
		checkVerdict(t, withoutLog, business.pid(), NotOOM, "")
		checkVerdict(t, onlyHost, business.pid(), NotOOM, "")
	})
}

func checkVerdict(t *testing.T, w *OOMWatch, pid int, want OOM, why string) {
	t.Helper()
	if got := w.Verdict(pid); got != want {
		t.Errorf("by %s: %v; want %v %s", w.Source(), got, want, why)
	}
}

// limitedCgroup makes a cgroup of 64 MiB and removes it at the end.
func limitedCgroup(t *testing.T) string {
	if os.Geteuid() != 0 {
		t.Skip("only root can make a cgroup")
	}
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range memoryMounts(table) {
		dir := filepath.Join(m.point, fmt.Sprintf("holdfast-test-%d", os.Getpid()))
		limits := []string{"memory.limit_in_bytes", "memory.memsw.limit_in_bytes"}
		if m.v2 {
			limits = []string{"memory.max", "memory.swap.max"}
		}
		if os.Mkdir(dir, 0o755) != nil {
			continue // read-only
		}
		t.Cleanup(func() { removeCgroup(t, dir) })
		write := func(name, value string) error { return os.WriteFile(filepath.Join(dir, name), []byte(value), 0) }
		if write(limits[0], "64M") != nil {
			continue // no memory controller here
		}
		if m.v2 {
			write(limits[1], "0")
		} else {
			write(limits[1], "64M") // fails without swap accounting
		}
		return dir
	}
	t.Skip("no cgroup hierarchy with a memory controller is writable here")
	return ""
}

func removeCgroup(t *testing.T, dir string) {
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		err := os.Remove(dir) // EBUSY until the last dead process is accounted for
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Now().After(end) {
			t.Error(err)
			return
		}
	}
}

// tenant is a process in the limited cgroup. It waits for its standard input.
type tenant struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

// runIn starts the command as wrappers do: it enters the cgroup by itself, and then becomes the program.
func runIn(t *testing.T, cgroup string, program *exec.Cmd) tenant {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", `echo $$ >"$0/cgroup.procs" && echo moved && exec "$@"`, cgroup, must(filepath.EvalSymlinks(program.Path))}, program.Args[1:]...)...)
	cmd.Env = program.Env
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if _, err := io.ReadFull(out, make([]byte, len("moved\n"))); err != nil {
		t.Fatalf("not in the cgroup: %v", err)
	}
	return tenant{t, cmd, stdin}
}

func (p tenant) pid() int { return p.cmd.Process.Pid }

func (p tenant) release() { p.stdin.Close() }

// killed waits for its end, which must be a SIGKILL.
func (p tenant) killed() {
	p.t.Helper()
	p.cmd.Wait()
	if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGKILL {
		p.t.Fatalf("ended with %#x", status)
	}
}

// roleHog takes more memory than it is allowed.
func roleHog([]string) {
	io.Copy(io.Discard, os.Stdin)
	var all [][]byte
	for range 64 {
		block := make([]byte, 8<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		all = append(all, block)
	}
	panic(fmt.Sprintf("it got %d blocks", len(all)))
}

func TestParseKmsg(t *testing.T) {
	tests := []struct {
		name, record string
		pid          int
	}{
		{"cgroup", "3,1042,5140900,-;Memory cgroup out of memory: Killed process 1234 (hog) total-vm:108432kB, anon-rss:61440kB, UID:0\n", 1234},
		{"host", "3,1042,5140900,-;Out of memory: Killed process 1234 (hog) total-vm:108432kB\n SUBSYSTEM=x\n", 1234},
		{"allocating task", "3,1,2,-;Out of memory (oom_kill_allocating_task): Killed process 7 (a b) total-vm:1kB\n", 7},
		{"before Linux 5.0", "3,1042,5140900,-;Killed process 1234 (hog) total-vm:108432kB\n", 1234},
		{"an announcement of old", "3,1042,5140900,-;Memory cgroup out of memory: Kill process 1234 (hog) score 9 or sacrifice child\n", 0},
		{"the reaper", "6,1042,5140900,-;oom_reaper: reaped process 1234 (hog), now anon-rss:0kB\n", 0},
		{"written by a program", "11,1042,5140900,-;Out of memory: Killed process 1234 (hog) total-vm:1kB\n", 0},
		{"a program's name", "6,1042,5140900,-;Killed process [77]: segfault at 0 ip 0 (x)\n", 0},
		{"in the middle of words", "6,1042,5140900,-;xKilled process 77 (x)\n", 0},
		{"in the tags", "6,1042,5140900,-;x\n DEVICE=: Killed process 77 (x)\n", 0},
		{"no number", "3,1042,5140900,-;Killed process x (hog)\n", 0},
		{"no level", "x;Killed process 7 (hog)\n", 0},
		{"empty", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if pid, ok := parseKmsg([]byte(tt.record)); pid != tt.pid && ok || ok != (tt.pid != 0) {
				t.Errorf("%d, %v; want %d", pid, ok, tt.pid)
			}
		})
	}
}

func FuzzParseKmsg(f *testing.F) {
	f.Add([]byte("3,1042,5140900,-;Memory cgroup out of memory: Killed process 1234 (hog) total-vm:108432kB\n"))
	f.Fuzz(func(t *testing.T, record []byte) {
		pid, ok := parseKmsg(record)
		if ok && (pid <= 0 || !strings.Contains(string(record), "Killed process ")) {
			t.Errorf("%d", pid)
		}
	})
}

func TestOOMKills(t *testing.T) {
	tests := []struct {
		name, text string
		want       counter
	}{
		{"v2 memory.events", "low 0\nhigh 3\nmax 9\noom 2\noom_kill 2\noom_group_kill 1\n", counter{2, true}},
		{"v1 memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 17\n", counter{17, true}},
		{"vmstat", "pgrefill 1\noom_kill 5\nnuma_hit 6\n", counter{5, true}},
		{"an old kernel's", "oom_kill_disable 0\nunder_oom 0\n", counter{}},
		{"not a number", "oom_kill x\n", counter{}},
		{"empty", "", counter{}},
	}
	for _, tt := range tests {
		if got := oomKills([]byte(tt.text)); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestCounterFiles(t *testing.T) {
	const (
		v1 = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n" +
			"34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
		v2        = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
		hybrid    = v1 + "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
		container = "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
		spaced    = `35 31 0:32 / /mnt/a\040b\134c rw - cgroup cgroup rw,cpu,memory` + "\n"
	)
	tests := []struct {
		name, mounts, cgroup string
		want                 []string
	}{
		{"v1", v1, "5:cpu:/x\n4:memory:/web\n", []string{"/sys/fs/cgroup/memory/web/memory.oom_control"}},
		{"v1's top", v1, "4:memory:/\n", []string{"/sys/fs/cgroup/memory/memory.oom_control"}},
		{"v2: climb to where the controller is", v2, "0::/a/b\n",
			[]string{"/sys/fs/cgroup/a/b/memory.events", "around /sys/fs/cgroup/a/memory.events", "around /sys/fs/cgroup/memory.events"}},
		{"hybrid", hybrid, "4:memory:/web\n0::/\n", []string{"/sys/fs/cgroup/memory/web/memory.oom_control", "/sys/fs/cgroup/unified/memory.events"}},
		{"a container of old", container, "4:memory:/docker/abc/web\n", []string{"/sys/fs/cgroup/memory/web/memory.oom_control"}},
		{"not below the mount", container, "4:memory:/docker/abcd\n", nil},
		{"outside of the cgroup namespace", v2, "0::/../b\n", nil},
		{"a colon in the name, controllers together", v1, "4:cpu,memory:/a:b\n", []string{"/sys/fs/cgroup/memory/a:b/memory.oom_control"}},
		{"escapes", spaced, "4:memory:/web\n", []string{`/mnt/a b\c/web/memory.oom_control`}},
		{"none mounted", "23 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "4:memory:/web\n0::/\n", nil},
		{"garbage", "x - y\n", "z\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, file := range counterFiles(memoryMounts([]byte(tt.mounts)), []byte(tt.cgroup)) {
				if !file.own {
					file.path = "around " + file.path
				}
				got = append(got, file.path)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// The counter says that there was a victim, but the log, here an empty pipe, is silent about it.
func TestVerdictDoesNotWaitForever(t *testing.T) {
	host := readCounter("/proc/vmstat")
	if !host.known || host.n == 0 {
		t.Skip("the OOM killer was never at work on this host")
	}
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	watch := &OOMWatch{log: kernelLog{fd: pipe[0]}, host: counter{host.n - 1, true}}
	if got := watch.Verdict(7); got != NotOOM {
		t.Errorf("%v", got)
	}
}

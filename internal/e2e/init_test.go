//go:build linux

package e2e

import (
	"errors"
	"io"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/proc"
)

// Each host has an init of its own: the test binary in a role, a subreaper that starts
// the test's commands and reaps whatever comes back to it, at once. So tests may run
// in parallel and still count their processes and zombies exactly.

const roleVariable = "HOLDFAST_E2E_ROLE"

// roles are the parts that the test binary plays in processes of their own.
func roles() map[string]func(args []string) {
	return map[string]func([]string){"init": playInit, "hog": playHog, "hoard": playHoard, "writer": playWriter,
		"notifier": playNotifier, "forking-notifier": playForkingNotifier,
		"container": playContainer, "contained": playContained}
}

// A Spec is a command for the init to start.
type Spec struct {
	Args, Env []string
	Dir       string
	// Stdin, Stdout and Stderr are paths; "" is /dev/null.
	Stdin, Stdout, Stderr string
	// Terminal makes the command lead a session whose terminal is its stdin.
	Terminal bool
	// Leak is a file that the command inherits as descriptor 3.
	Leak string
}

// An End is how a process ended.
type End struct {
	Known   bool
	Adopted bool // it was not started by the init
	Status  unix.WaitStatus
	Ticks   uint64 // when it was reaped, in the unit of the kernel's start times
}

// Init is the init's side.
type Init struct {
	mu      sync.Mutex
	changed *sync.Cond
	started map[int]bool
	ended   map[int]End
}

func playInit([]string) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		panic(err)
	}
	i := &Init{started: map[int]bool{}, ended: map[int]End{}}
	i.changed = sync.NewCond(&i.mu)
	children := make(chan os.Signal, 1)
	signal.Notify(children, unix.SIGCHLD)
	go func() {
		for range children {
			i.reap()
		}
	}()
	conn, err := net.FileConn(os.Stdin)
	if err != nil {
		panic(err)
	}
	server := rpc.NewServer()
	server.Register(i)
	server.ServeConn(conn) // until the test ends, whichever way
	for i.reap() {
		proc.SignalAll(os.Getpid(), unix.SIGKILL)
		pause()
	}
}

// reap reports whether there are children left.
func (i *Init) reap() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || pid == 0 {
			return err == nil
		}
		var boot unix.Timespec
		unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot)
		const tick = 1e9 / 100 // USER_HZ
		i.ended[pid] = End{Known: true, Adopted: !i.started[pid], Status: status, Ticks: uint64(boot.Nano()) / tick}
		delete(i.started, pid)
		i.changed.Broadcast()
	}
}

// Start starts a command.
func (i *Init) Start(s Spec, pid *int) error {
	files := make([]*os.File, 0, 4)
	open := func(path string, flags int) error {
		if path == "" {
			path = os.DevNull
		}
		file, err := os.OpenFile(path, flags|unix.O_NOCTTY, 0)
		files = append(files, file)
		return err
	}
	err := errors.Join(open(s.Stdin, os.O_RDONLY), open(s.Stdout, os.O_WRONLY), open(s.Stderr, os.O_WRONLY))
	if s.Leak != "" {
		err = errors.Join(err, open(s.Leak, os.O_RDONLY))
	}
	defer func() {
		for _, file := range files {
			file.Close()
		}
	}()
	if err != nil {
		return err
	}
	path, err := exec.LookPath(s.Args[0])
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	process, err := os.StartProcess(path, s.Args, &os.ProcAttr{
		Dir: s.Dir, Env: s.Env, Files: files,
		Sys: &syscall.SysProcAttr{Setsid: s.Terminal, Setctty: s.Terminal},
	})
	if err != nil {
		return err
	}
	*pid = process.Pid
	i.started[process.Pid] = true
	delete(i.ended, process.Pid) // of an earlier user of the number
	return process.Release()
}

// Wait waits until the process has been reaped.
func (i *Init) Wait(pid int, end *End) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	for !i.ended[pid].Known {
		i.changed.Wait()
	}
	*end = i.ended[pid]
	return nil
}

// Ended tells whether the process has been reaped here, and how it ended.
func (i *Init) Ended(pid int, end *End) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	*end = i.ended[pid]
	return nil
}

// initProcess is the test's side.
type initProcess struct {
	t      *testing.T
	cmd    *exec.Cmd
	client *rpc.Client
	pid    int
}

func startInit(t *testing.T) *initProcess {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "init"), os.NewFile(uintptr(pair[1]), "init")
	defer ours.Close()
	defer theirs.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"=init", "GORACE=atexit_sleep_ms=0")
	cmd.Stdin, cmd.Stderr = theirs, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &initProcess{t, cmd, rpc.NewClient(conn), cmd.Process.Pid}
}

// end makes the init kill what is left and exit.
func (i *initProcess) end() {
	i.client.Close()
	if err := i.cmd.Wait(); err != nil {
		i.t.Errorf("init: %v", err)
	}
}

func (i *initProcess) call(method string, arg, reply any) {
	i.t.Helper()
	select {
	case call := <-i.client.Go("Init."+method, arg, reply, nil).Done:
		if call.Error != nil {
			i.t.Fatalf("init: %s(%v): %v", method, arg, call.Error)
		}
	case <-time.After(2 * deadline):
		i.t.Fatalf("gave up waiting for %s(%v)", method, arg)
	}
}

// ended tells how a process ended that has come back to the init.
func (i *initProcess) ended(pid int) End {
	i.t.Helper()
	var end End
	i.call("Ended", pid, &end)
	return end
}

// wait waits until a process has come back to the init and ended.
func (i *initProcess) wait(pid int) unix.WaitStatus {
	i.t.Helper()
	var end End
	i.call("Wait", pid, &end)
	return end.Status
}

// A process is a command under way.
type process struct {
	h              *host
	pid            int
	stdout, stderr string
}

// start starts holdfast and does not wait for it.
func (h *host) start(args ...string) *process {
	h.t.Helper()
	return h.launch(Spec{Args: append([]string{holdfast}, args...)})
}

// launch starts a command: in the host's surroundings, with its output caught, where
// the spec does not say otherwise.
func (h *host) launch(s Spec) *process {
	h.t.Helper()
	p := &process{h: h}
	if s.Env == nil {
		s.Env = h.env
	}
	if s.Dir == "" {
		s.Dir = h.dir
	}
	if s.Stdout == "" {
		output, err := os.MkdirTemp(h.dir, "output-")
		if err != nil {
			h.t.Fatal(err)
		}
		p.stdout, p.stderr = filepath.Join(output, "stdout"), filepath.Join(output, "stderr")
		for _, path := range []string{p.stdout, p.stderr} {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				h.t.Fatal(err)
			}
		}
		s.Stdout, s.Stderr = p.stdout, p.stderr
	}
	h.init.call("Start", s, &p.pid)
	return p
}

// wait waits for the command's end.
func (p *process) wait() unix.WaitStatus {
	p.h.t.Helper()
	return p.h.init.wait(p.pid)
}

// result waits for the command's end and returns what it did.
func (p *process) result() result {
	p.h.t.Helper()
	status := p.wait()
	stdout, err := os.ReadFile(p.stdout)
	stderr, err2 := os.ReadFile(p.stderr)
	if err = errors.Join(err, err2, os.RemoveAll(filepath.Dir(p.stdout))); err != nil {
		p.h.t.Fatal(err)
	}
	return result{status.ExitStatus(), string(stdout), string(stderr)}
}

// sh runs a shell script, with holdfast as $HOLDFAST, and returns its output.
func (h *host) sh(script string, args ...string) *process {
	h.t.Helper()
	return h.launch(Spec{Args: append([]string{"sh", "-c", script, "sh"}, args...), Env: append(h.env, "HOLDFAST="+holdfast)})
}

// terminal returns a new pseudoterminal: the side of who sits before it, and the path
// of the other one.
func terminal(t *testing.T) (master *os.File, slave string) {
	t.Helper()
	return terminalTo(t, io.Discard)
}

// terminalTo is a terminal whose screen is seen.
func terminalTo(t *testing.T, screen io.Writer) (master *os.File, slave string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	raw, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	number := 0
	raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(screen, master) // or a writer would wait for a reader
	return master, "/dev/pts/" + strconv.Itoa(number)
}

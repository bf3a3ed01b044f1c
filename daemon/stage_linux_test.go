package daemon

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Every process of these tests is this binary. A test starts a keeper, which is
// the nearest subreaper (or process 1 of a namespace) for what it starts: a
// launcher, which calls Launch. What happened comes back as a result.

const stageVariable = "DAEMON_TEST_STAGE"

// A stage is what a test asks for.
type stage struct {
	Process   string // which part this process plays: keeper or launcher
	Options   Options
	Play      play
	Sabotage  map[string]string // role to what befalls it before Enter
	Signal    syscall.Signal    // for the launcher, once the guardian reports an event
	Terminal  string            // the launcher's controlling terminal
	Binary    string            // of the launcher; empty means this one
	Nobody    bool              // the launcher is unprivileged
	Leaks     []string          // added to the launcher's environment
	Namespace bool              // the keeper is process 1
	Filler    int               // bytes added to the payload
}

// A play is what the guardian does, told in the payload.
type play struct {
	Act      string
	Terminal string // to be acquired
	Answer   int    // size
	Filler   string
}

// A result is what the keeper saw.
type result struct {
	Launcher  launched
	Exit      string // of the launcher
	Events    []string
	Survivors []int // processes alive below the keeper after the launcher's exit
}

// launched is what the launcher saw.
type launched struct {
	Body                        []byte
	Err                         string
	Failed                      []byte
	Cancelled, TimedOut, Reaped bool
	PIDFile                     string // content when Launch returned
	Terminal                    int
}

func TestMain(m *testing.M) {
	// Sabotage precedes Enter, where a real process can be hit too.
	var own role
	var s stage
	json.Unmarshal([]byte(os.Getenv(roleVariable)), &own)
	json.Unmarshal([]byte(os.Getenv(stageVariable)), &s)
	if s.Process == "launcher" && os.Getenv("DAEMON_TEST_LEAKED") == "" {
		sabotage(s.Sabotage[own.Name])
	}
	if g := Enter(); g != nil {
		guardianMain(g)
	}
	switch s.Process {
	case "keeper":
		keeperMain(s)
	case "launcher":
		launcherMain(s)
	}
	os.Exit(m.Run())
}

func sabotage(what string) {
	switch what {
	case "die":
		os.Exit(7)
	case "kill":
		unix.Kill(os.Getpid(), unix.SIGKILL)
	case "stop":
		unix.Kill(os.Getpid(), unix.SIGSTOP)
	case "orphan": // the guardian kills the intermediate, if that is its parent still
		parent := os.Getppid()
		environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", parent))
		if strings.Contains(string(environ), `"Name":"intermediate"`) {
			unix.Kill(parent, unix.SIGKILL)
		}
	case "vanish": // the binary does, so it cannot be executed again
		binary, _ := os.Executable()
		os.Remove(binary)
	case "forkless":
		warmUp()
		unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{})
	}
}

// warmUp makes threads that the runtime keeps: it dies when it needs one and
// gets none.
func warmUp() {
	ready, leave := make(chan bool), make(chan bool)
	for range 16 {
		go func() {
			pipe := make([]int, 2)
			unix.Pipe(pipe)
			go func() {
				<-leave
				unix.Close(pipe[1])
			}()
			ready <- true
			unix.Read(pipe[0], make([]byte, 1)) // holds a thread
			unix.Close(pipe[0])
			ready <- true
		}()
	}
	for range 16 {
		<-ready
	}
	for range 16 {
		leave <- true
	}
	for range 16 {
		<-ready
	}
}

// run plays a stage and returns what happened. The guardian, if there is one,
// lives until the test ends or leave is called.
func (s stage) run(t *testing.T) (r result, leave func()) {
	t.Helper()
	s.Process = "keeper"
	keeper := exec.Command(self(t))
	// The race detector would sleep for a second at each exit.
	keeper.Env = append(os.Environ(), stageVariable+"="+encode(s), "GORACE=atexit_sleep_ms=0")
	keeper.Stderr = os.Stderr
	if s.Namespace {
		keeper.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}
	}
	life, err := keeper.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := keeper.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := keeper.Start(); errors.Is(err, unix.EPERM) && s.Namespace {
		t.Skipf("no new PID namespace: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	left := false
	leave = func() {
		if left {
			return
		}
		left = true
		life.Close()
		if err := keeper.Wait(); err != nil {
			t.Errorf("the keeper: %v", err)
		}
	}
	t.Cleanup(leave)
	if err := json.NewDecoder(said).Decode(&r); err != nil {
		t.Fatalf("the keeper's result: %v", err)
	}
	return r, leave
}

func keeperMain(s stage) {
	must(unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
	if s.Namespace {
		must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		must(unix.Mount("proc", "/proc", "proc", 0, ""))
	}
	life, keepAlive, err := os.Pipe()
	must(err)
	events, tell, err := os.Pipe()
	must(err)
	stray, err := os.Open("/dev/zero")
	must(err)

	s.Process = "launcher"
	binary := s.Binary
	if binary == "" {
		binary = os.Args[0]
	}
	launcher := exec.Command(binary)
	launcher.Env = append(os.Environ(), stageVariable+"="+encode(s))
	launcher.Env = append(launcher.Env, s.Leaks...)
	launcher.ExtraFiles = []*os.File{life, tell, nil, nil, nil, nil, stray} // 3, 4, 9
	launcher.Stderr = os.Stderr
	launcher.SysProcAttr = &syscall.SysProcAttr{}
	var said bytes.Buffer
	launcher.Stdout = &said
	if s.Nobody {
		launcher.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
		launcher.Dir = "/"
	}
	if s.Terminal != "" {
		terminal, err := os.OpenFile(s.Terminal, os.O_RDWR|unix.O_NOCTTY, 0)
		must(err)
		launcher.Stdin = terminal
		launcher.SysProcAttr.Setsid, launcher.SysProcAttr.Setctty = true, true
	}
	must(launcher.Start())
	tell.Close()
	life.Close()

	var r result
	lines := bufio.NewScanner(events)
	if s.Signal != 0 {
		if lines.Scan() {
			r.Events = append(r.Events, lines.Text())
		}
		launcher.Process.Signal(s.Signal)
	}
	launcher.Wait()
	r.Exit = launcher.ProcessState.String()
	if s.Signal == unix.SIGKILL {
		for lines.Scan() { // to the end of all who hold it
			r.Events = append(r.Events, lines.Text())
		}
	} else {
		json.Unmarshal(said.Bytes(), &r.Launcher)
		r.Survivors = alive(os.Getpid())
		if len(r.Survivors) == 0 {
			for lines.Scan() {
				r.Events = append(r.Events, lines.Text())
			}
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(r))

	io.Copy(io.Discard, os.Stdin)
	keepAlive.Close() // the guardian ends
	for {
		if _, err := unix.Wait4(-1, nil, 0, nil); err != nil && err != unix.EINTR {
			os.Exit(0)
		}
	}
}

// alive lists the descendants of a process that are neither dead nor zombies.
func alive(root int) (pids []int) {
	entries, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, entry := range entries {
		content, err := os.ReadFile(entry)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(entry)))
		if fields[1] == strconv.Itoa(root) {
			if fields[0] != "Z" && fields[0] != "X" {
				pids = append(pids, pid)
			}
			pids = append(pids, alive(pid)...)
		}
	}
	return pids
}

func launcherMain(s stage) {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT)
	defer stop()
	unix.Umask(0o027)
	o := s.Options
	s.Play.Filler = strings.Repeat("f", s.Filler)
	o.Payload = []byte(encode(s.Play))
	o.Files = []*os.File{os.NewFile(3, "life"), os.NewFile(4, "events")}
	if s.Sabotage["launcher"] != "" {
		sabotage(s.Sabotage["launcher"])
	}
	body, err := Launch(ctx, o)

	l := launched{Body: body, Terminal: ownStat(7)}
	content, _ := os.ReadFile(o.PIDFile)
	l.PIDFile = string(content)
	if err != nil {
		l.Err = err.Error()
		l.Cancelled, l.TimedOut = errors.Is(err, context.Canceled), errors.Is(err, ErrTimeout)
		if failed := (*FailedError)(nil); errors.As(err, &failed) {
			l.Failed = failed.Body
		}
	}
	_, err = unix.Wait4(-1, nil, unix.WNOHANG, nil)
	l.Reaped = err == unix.ECHILD
	must(json.NewEncoder(os.Stdout).Encode(l))
	os.Exit(0)
}

// A report is what the guardian finds about itself.
type report struct {
	PID, PPID, SID, PGID, Terminal int
	Dir, Umask                     string
	Args, Environ                  []string
	Descriptors                    map[int]string
	OpenTerminal, AcquireTerminal  string // the errors
	Filler                         int
	Padding                        string
}

func guardianMain(g *Guardian) {
	var p play
	must(json.Unmarshal(g.Payload, &p))
	life, events := g.Files[0], g.Files[1]
	go func() { // whatever the act: never outlive the test
		io.Copy(io.Discard, life)
		os.Exit(0)
	}()
	remove := func() {
		if g.PIDFile != "" {
			os.Remove(g.PIDFile)
		}
	}
	switch p.Act {
	case "start":
		r := examine(p)
		must(g.Started([]byte(encode(r))))
		if g.Started(nil) == nil || g.Failed(nil) == nil {
			panic("a second answer was taken")
		}
	case "talk":
		fmt.Fprintln(os.Stderr, "a word on stderr")
		fmt.Println("a word on stdout")
		must(g.Started(nil))
	case "fail":
		must(g.Failed([]byte(strings.Repeat("x", p.Answer))))
		remove()
		fmt.Fprintln(events, "cleaned up")
		os.Exit(1)
	case "die":
		os.Exit(7)
	case "wait":
		fmt.Fprintln(events, "waiting")
		<-g.Cancelled()
		fmt.Fprintln(events, "started:", g.Started(nil))
		remove()
		os.Exit(1)
	case "explain":
		fmt.Fprintln(events, "waiting")
		<-g.Cancelled()
		must(g.Failed([]byte("the last words")))
		os.Exit(1)
	case "ignore":
		fmt.Fprintln(events, "waiting")
	}
	select {}
}

func examine(p play) report {
	r := report{PID: os.Getpid(), PPID: os.Getppid(), PGID: unix.Getpgrp(), Terminal: ownStat(7), Args: os.Args,
		Environ: os.Environ(), Descriptors: map[int]string{}, Filler: len(p.Filler), Padding: strings.Repeat("x", p.Answer)}
	r.SID, _ = unix.Getsid(0)
	r.Dir, _ = os.Getwd()
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "Umask:\t")
	r.Umask, _, _ = strings.Cut(rest, "\n")
	for fd := range 1024 {
		if name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err == nil {
			r.Descriptors[fd] = name
		}
	}
	if _, err := os.Open("/dev/tty"); err != nil {
		r.OpenTerminal = err.Error()
	}
	if p.Terminal != "" {
		// Without O_NOCTTY, as an innocent program would.
		fd, err := unix.Open(p.Terminal, unix.O_RDWR, 0)
		if err == nil {
			err = unix.IoctlSetInt(fd, unix.TIOCSCTTY, 0)
		}
		r.AcquireTerminal = fmt.Sprint(err)
		r.Terminal += ownStat(7)
	}
	return r
}

// ownStat returns a numeric field of /proc/self/stat, numbered as in proc_pid_stat(5).
func ownStat(number int) int {
	content, _ := os.ReadFile("/proc/self/stat")
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
	value, _ := strconv.Atoi(fields[number-3])
	return value
}

func encode(v any) string {
	content, err := json.Marshal(v)
	must(err)
	return string(content)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// copied is a copy of this binary that anybody may run.
func copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, open := range []string{dir, filepath.Dir(dir)} { // MkdirTemp's are 0700
		if err := os.Chmod(open, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "binary")
	if err := os.WriteFile(path, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// terminal makes a pseudoterminal and returns the name of its slave side.
func terminal(t *testing.T) string {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudoterminal: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Skipf("no pseudoterminal: %v", err)
	}
	number, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		t.Skipf("no pseudoterminal: %v", err)
	}
	return fmt.Sprintf("/dev/pts/%d", number)
}

const eternity = time.Hour // a Timeout or Grace that no test waits for

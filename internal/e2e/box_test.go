//go:build linux

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A Box is what a container engine would be told: "docker run --read-only" of an image
// FROM scratch, with a network of its own in which there is only lo.
type Box struct {
	Root      string // the image's files; it is made read-only
	UID       int
	Env       []string
	NoProc    bool
	NoShm     bool // no /dev/shm, the only place that an engine lets everybody write to
	Temporary bool // with --tmpfs /tmp
	Writable  bool // without --read-only
}

// static is a holdfast that needs no other file.
var static = sync.OnceValues(func() (string, error) {
	if !raceEnabled {
		return holdfast, nil
	}
	path := holdfast + "-static"
	build := exec.Command("go", "build", "-trimpath", "-o", path, "holdfast")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// newBox makes the image: /holdfast, /busybox and /www/index.html, and nothing else.
func newBox(t *testing.T, h *host) Box {
	t.Helper()
	inNamespace(t, h)
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("no busybox here")
	}
	if out, _ := exec.Command("ldd", busybox).CombinedOutput(); strings.Contains(string(out), "=>") {
		t.Skip("busybox needs shared libraries; busybox-static does not")
	}
	own, err := static()
	if err != nil {
		t.Fatal(err)
	}
	b := Box{Root: filepath.Join(h.dir, "root"), UID: 65534, Env: []string{"PATH=/"}}
	for _, dir := range []string{"", "proc", "dev", "tmp", "www"} {
		if err := os.Mkdir(filepath.Join(b.Root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, path := range map[string]string{"holdfast": own, "busybox": busybox} {
		content, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(filepath.Join(b.Root, name), content, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(b.Root, "www/index.html"), []byte("served\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return b
}

// boxed is a process 1 under way.
type boxed struct {
	*process
	t   *testing.T
	uid int
}

// start starts the command as process 1.
func (b Box) start(t *testing.T, h *host, args ...string) boxed {
	t.Helper()
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	p := h.launch(Spec{
		Args: append([]string{"/proc/self/exe", string(text)}, args...),
		Env:  append(os.Environ(), roleVariable+"=container", "GORACE=atexit_sleep_ms=0"),
	})
	return boxed{p, t, b.UID}
}

// guardian is process 1 as it is known outside.
func (b boxed) guardian() (pid int) {
	b.t.Helper()
	await(b.t, "process 1 is there", func() bool {
		for _, p := range b.h.below() {
			if cmdline, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.PID)); p.PPID == b.pid && strings.HasPrefix(string(cmdline), "/holdfast\x00") {
				pid = p.PID
			}
		}
		return pid != 0
	})
	return pid
}

// exec is "docker exec".
func (b boxed) exec(args ...string) result {
	b.t.Helper()
	id := strconv.Itoa(b.uid)
	return b.h.launch(Spec{
		Args: append([]string{"nsenter", "--target", strconv.Itoa(b.guardian()), "--pid", "--mount", "--net", "--ipc",
			"--setuid", id, "--setgid", id}, args...),
		Env: []string{"PATH=/"}, Dir: "/",
	}).result()
}

// printed waits for a line on process 1's stdout.
func (b boxed) printed(line string) {
	b.t.Helper()
	await(b.t, "it prints "+line, func() bool {
		for _, found := range lines(b.stdout) {
			if found == line {
				return true
			}
		}
		return false
	})
}

// playContainer is the engine: it starts process 1 and exits as it did.
func playContainer(args []string) {
	runtime.LockOSThread() // who dies with it dies with the thread that made him
	inside := exec.Command("/proc/self/exe", args...)
	inside.Env = append(os.Environ(), roleVariable+"=contained")
	inside.Stdin, inside.Stdout, inside.Stderr = os.Stdin, os.Stdout, os.Stderr
	inside.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
	}
	err := inside.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	status := inside.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		os.Exit(128 + int(status.Signal()))
	}
	os.Exit(status.ExitStatus())
}

// playContained is process 1 before it is what it is to be.
func playContained(args []string) {
	var b Box
	err := json.Unmarshal([]byte(args[0]), &b)
	if err == nil {
		err = b.enter()
	}
	if err == nil {
		err = syscall.Exec(args[1], args[1:], b.Env)
	}
	fmt.Fprintln(os.Stderr, "container:", err)
	os.Exit(99)
}

func (b Box) enter() error {
	mount := func(source, target, kind string, flags uintptr, options string) error {
		target = filepath.Join(b.Root, target)
		if err := unix.Mount(source, target, kind, flags, options); err != nil {
			return fmt.Errorf("mount %s: %w", target, err)
		}
		return nil
	}
	dev := func(name string, kind uint32, minor uint32) error {
		return unix.Mknod(filepath.Join(b.Root, "dev", name), kind|0o666, int(unix.Mkdev(1, minor)))
	}
	const apart = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	steps := []func() error{
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return mount(b.Root, "", "", unix.MS_BIND, "") },
		func() error {
			if b.NoProc {
				return nil
			}
			return mount("proc", "proc", "proc", apart, "")
		},
		func() error { return mount("tmpfs", "dev", "tmpfs", unix.MS_NOSUID, "mode=755") },
		func() error {
			defer unix.Umask(unix.Umask(0))
			return errors.Join(dev("null", unix.S_IFCHR, 3), dev("zero", unix.S_IFCHR, 5), dev("urandom", unix.S_IFCHR, 9))
		},
		func() error {
			if b.NoShm {
				return nil
			}
			return errors.Join(os.Mkdir(filepath.Join(b.Root, "dev/shm"), 0o755), mount("shm", "dev/shm", "tmpfs", apart, "mode=1777,size=64m"))
		},
		func() error {
			if !b.Temporary {
				return nil
			}
			return mount("tmpfs", "tmp", "tmpfs", apart, "mode=1777")
		},
		func() error {
			if b.Writable {
				return nil
			}
			return mount("", "", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
		},
		func() error { return unix.Chdir(b.Root) },
		func() error { return unix.PivotRoot(".", ".") }, // pivot_root(2): no place for the old one is needed
		func() error { return unix.Unmount(".", unix.MNT_DETACH) },
		func() error { return unix.Chdir("/") },
		raiseLoopback,
		func() error { return syscall.Setgroups(nil) },
		func() error { return syscall.Setgid(b.UID) },
		func() error { return syscall.Setuid(b.UID) },
		func() error { return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

// raiseLoopback has 127.0.0.1 reached in a new network namespace.
func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}

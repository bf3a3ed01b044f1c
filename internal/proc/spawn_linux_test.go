package proc

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSpawnErrors(t *testing.T) {
	dir := t.TempDir()
	os.Chmod(filepath.Dir(dir), 0o755) // for another user
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plain := file("plain", "hello", 0o644)
	script := file("script", "#!/no/such/interpreter -x\n", 0o755)
	dos := file("dos", "#!/bin/sh\r\nexit 0\r\n", 0o755)
	garbage := file("garbage", "\x01\x02\x03\x04", 0o755)
	locked := filepath.Join(dir, "locked")
	if err := os.MkdirAll(filepath.Join(locked, "inner"), 0o700); err != nil {
		t.Fatal(err)
	}
	private := file("private", "#!/bin/sh\n", 0o700)
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	root := os.Geteuid() == 0

	tests := []struct {
		name string
		spec Spec
		step Step
		is   error
		text string
		root bool // needs it
	}{
		{"no program", Spec{Path: dir + "/no"}, StepExec, fs.ErrNotExist, "exec " + dir + "/no: no such file or directory", false},
		{"no directory", Spec{Path: "/bin/true", Dir: dir + "/no"}, StepChdir, fs.ErrNotExist, "chdir " + dir + "/no: no such file or directory", false},
		{"neither", Spec{Path: dir + "/no", Dir: dir + "/no"}, StepChdir, fs.ErrNotExist, "", false},
		{"the directory is a file", Spec{Path: "/bin/true", Dir: plain}, StepChdir, syscall.ENOTDIR, "", false},
		{"a part of the path is a file", Spec{Path: plain + "/true", Dir: dir}, StepExec, syscall.ENOTDIR, "", false},
		{"not executable", Spec{Path: plain, Dir: dir}, StepExec, fs.ErrPermission, "permission denied: it is not executable (mode 0644)", false},
		{"a directory", Spec{Path: dir}, StepExec, fs.ErrPermission, "permission denied: it is a directory", false},
		{"no interpreter", Spec{Path: script, Dir: dir}, StepExec, fs.ErrNotExist, "its interpreter /no/such/interpreter is not", false},
		{"DOS line ends", Spec{Path: dos}, StepExec, fs.ErrNotExist, `its interpreter "/bin/sh\r" (the line ends in a carriage return) is not`, false},
		{"no format", Spec{Path: garbage}, StepExec, syscall.ENOEXEC, "neither a program", false},
		{"too long", Spec{Path: "/bin/true", Args: []string{strings.Repeat("x", 1<<20)}}, StepExec, syscall.E2BIG, "1 arguments", false},
		{"another user's directory", Spec{Path: "/bin/true", Dir: locked, Credential: nobody}, StepChdir, fs.ErrPermission, "", true},
		{"below another user's directory", Spec{Path: "/bin/true", Dir: locked + "/inner", Credential: nobody}, StepChdir, fs.ErrPermission, "", true},
		{"another user's program", Spec{Path: private, Dir: dir, Credential: nobody}, StepExec, fs.ErrPermission, "", true},
		{"not a group", Spec{Path: "/bin/true", Credential: &syscall.Credential{Gid: ^uint32(0)}}, StepGroup, syscall.EINVAL, "", true},
		{"not a user", Spec{Path: "/bin/true", Credential: &syscall.Credential{Uid: ^uint32(0)}}, StepUser, syscall.EINVAL, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.root && !root {
				t.Skip("only root can start a process of another user")
			}
			_, err := forkExec(tt.spec)
			checkSpawnError(t, err, tt.step, tt.is)
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%q does not say %q", err, tt.text)
			}
			t.Log(err)
		})
	}
}

func checkSpawnError(t testing.TB, err error, step Step, is error) {
	var failed *SpawnError
	if !errors.As(err, &failed) || failed.Step != step || !errors.Is(err, is) {
		t.Fatalf("%#v: %v; want %v: %v", err, err, step, is)
	}
}

func TestSpawnErrorsOfAnUnprivilegedGuardian(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give up its rights")
	}
	t.Parallel()
	inRole(t, "unprivileged")
}

func roleUnprivileged([]string) {
	check(syscall.Setgroups(nil) == nil && syscall.Setgid(65534) == nil && syscall.Setuid(65534) == nil, "cannot give up rights")
	s := newStage()
	spawn := func(c *syscall.Credential, step Step, is error) {
		_, err := s.Spawn(Spec{Path: "/bin/true", Args: []string{"true"}, Credential: c})
		var failed *SpawnError
		check(errors.As(err, &failed) && failed.Step == step && errors.Is(err, is), "%v", err)
	}
	spawn(&syscall.Credential{Uid: 1, Gid: 1}, StepGroup, syscall.EPERM)
	spawn(&syscall.Credential{Uid: 1, Gid: 1, NoSetGroups: true}, StepGroup, syscall.EPERM)
	spawn(&syscall.Credential{Uid: 1, Gid: 65534, NoSetGroups: true}, StepUser, syscall.EPERM)
	// The limit counts threads, too, and the Go runtime dies where it wants one and gets none: so it is set
	// for this one call, and nothing else may run meanwhile.
	runtime.GOMAXPROCS(1)
	var given unix.Rlimit
	check(unix.Getrlimit(unix.RLIMIT_NPROC, &given) == nil, "no limit")
	check(unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: 1, Max: given.Max}) == nil, "no limit")
	spawn(nil, StepFork, syscall.EAGAIN)
	check(unix.Setrlimit(unix.RLIMIT_NPROC, &given) == nil, "no limit")
	check(len(s.untilAlone()) == 0, "a failed spawn left a process")
}

// roleBlocked starts the inspection with SIGTERM and SIGUSR2 blocked, as a careless launching program does.
func roleBlocked(args []string) {
	if len(args) == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var set unix.Sigset_t
		set.Val[0] = 1<<(uint(syscall.SIGTERM)-1) | 1<<(uint(syscall.SIGUSR2)-1)
		check(unix.PthreadSigmask(unix.SIG_BLOCK, &set, nil) == nil, "cannot block")
		cmd := exec.Command(must(os.Executable()), "inspect")
		cmd.Env = append(os.Environ(), roleVar+"=blocked")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		check(cmd.Run() == nil, "the inspection failed")
		return
	}
	blocked := func(status string) string { return strings.TrimLeft(statusField(status, "SigBlk"), "0") }
	cat := Spec{Path: "/bin/cat", Args: []string{"cat", "/proc/self/status"}}
	s := newStage()
	// What ForkExec alone passes on, so that this test cannot pass for nothing.
	r, w, _ := os.Pipe()
	pid := must(syscall.ForkExec(cat.Path, cat.Args, &syscall.ProcAttr{Files: []uintptr{0, w.Fd(), 2}}))
	w.Close()
	bare := make([]byte, 64<<10)
	n, _ := r.Read(bare)
	syscall.Wait4(pid, nil, 0, nil)
	check(blocked(string(bare[:n])) != "", "nothing is blocked in a bare child")
	status := s.output(cat)
	check(blocked(status) == "", "blocked in the business: %s", blocked(status))
}

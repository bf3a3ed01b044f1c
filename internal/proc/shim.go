package proc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// A spawn with a [Setup] goes by a shim: this binary, executed once more in a role of its own, which is told by a
// socket what to do to itself and what to execute then. An exec closes the socket; before that it carries the
// reason of a failure. It must not take longer than it has to: the guardian waits, as for any exec.

// shimVariable tells the shim its socket, "DESCRIPTOR:INODE"; by the inode it knows that it is meant.
const shimVariable = "HOLDFAST_EXEC"

// shimOrder is what the guardian tells the shim.
type shimOrder struct {
	Setup      Setup
	Path       string
	Args, Env  []string
	Dir        string              `json:",omitempty"`
	Credential *syscall.Credential `json:",omitempty"`
	Join       []string            `json:",omitempty"`
	// IgnoreSIGPIPE hands on what the Go runtime does not.
	IgnoreSIGPIPE bool `json:",omitempty"`
}

// shimFailure is what the shim says if its program was not executed.
type shimFailure struct {
	Step  Step
	Name  string
	Errno syscall.Errno
	Text  string
}

func (f *shimFailure) Error() string { return f.Text }
func (f *shimFailure) Unwrap() error { return f.Errno }

// forkShim is forkExec's way for a spec with a Setup. files are the standard streams.
func forkShim(spec Spec, files []uintptr, sys *syscall.SysProcAttr) (pid int, err error) {
	pair, err := socketPair()
	if err != nil {
		return 0, &SpawnError{StepFork, "", err}
	}
	ours, theirs := pair[0], pair[1]
	defer unix.Close(ours)
	inode, err := socketInode(theirs)
	if err != nil {
		unix.Close(theirs)
		return 0, &SpawnError{StepFork, "", err}
	}
	binary, err := ownBinary()
	if err != nil {
		unix.Close(theirs)
		return 0, &SpawnError{StepExec, spec.Path, err}
	}
	sys.Credential = nil // the shim's own business, after whatever takes the guardian's rights
	env := []string{fmt.Sprintf("%s=%d:%d", shimVariable, len(files), inode), "GOMAXPROCS=1"}
	for _, assignment := range spec.Env { // by its mark it is known as the business if the guardian dies now
		if strings.HasPrefix(assignment, InvocationVariable+"=") {
			env = append(env, assignment)
		}
	}
	pid, err = syscall.ForkExec(binary, []string{os.Args[0], "exec", spec.Path}, &syscall.ProcAttr{
		Env: env, Files: append(files, uintptr(theirs)), Sys: sys,
	})
	unix.Close(theirs)
	if err != nil {
		return 0, &SpawnError{StepFork, "", err}
	}
	failure := instruct(ours, shimOrder{
		Setup: *spec.Setup, Path: spec.Path, Args: spec.Args, Env: spec.Env, Dir: spec.Dir, Credential: spec.Credential,
		Join: spec.Join, IgnoreSIGPIPE: signal.Ignored(syscall.SIGPIPE),
	})
	if failure == nil {
		return pid, nil
	}
	for {
		if _, err := syscall.Wait4(pid, nil, 0, nil); err != syscall.EINTR {
			return 0, &SpawnError{failure.Step, failure.Name, failure}
		}
	}
}

// instruct sends the order and waits until the shim is gone, or another program. A shim that was killed has said
// nothing, and its end is told like that of any process.
func instruct(fd int, order shimOrder) *shimFailure {
	text, _ := json.Marshal(order) // plain values: cannot fail
	for len(text) > 0 {
		n, err := ignoringEINTR(func() (int, error) { return syscall.Write(fd, text) })
		if err != nil {
			break // it was killed
		}
		text = text[n:]
	}
	syscall.Shutdown(fd, syscall.SHUT_WR)
	said, _ := io.ReadAll(rawReader(fd))
	var failure shimFailure
	if json.Unmarshal(said, &failure) != nil {
		return nil
	}
	return &failure
}

// rawReader reads a descriptor without the poller, which a socket of a few milliseconds need not meet.
type rawReader int

func (fd rawReader) Read(p []byte) (int, error) {
	n, err := ignoringEINTR(func() (int, error) { return syscall.Read(int(fd), p) })
	if n == 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}

// Enter must be called first in main. In a process that a spawn has made for its Setup it does not return; in any
// other it does nothing.
func Enter() {
	value, found := os.LookupEnv(shimVariable)
	if !found {
		return
	}
	os.Unsetenv(shimVariable)
	var fd int
	var inode uint64
	if n, _ := fmt.Sscanf(value, "%d:%d", &fd, &inode); n != 2 {
		return
	}
	if own, err := socketInode(fd); err != nil || own != inode {
		return // it leaked here from another process
	}
	unix.CloseOnExec(fd)
	failed := shim(fd)
	text, _ := json.Marshal(failed)
	syscall.Write(fd, text)
	os.Exit(int(failed.Step))
}

// shim is the life of the shim. It returns if the program was not executed.
func shim(fd int) *shimFailure {
	// What the kernel keeps for each thread is done to the one that will execute. Nothing may need another
	// thread or much memory once the limits are set.
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	var order shimOrder
	text, err := io.ReadAll(rawReader(fd))
	if err == nil {
		err = json.Unmarshal(text, &order)
	}
	var failed *SpawnError
	if err != nil {
		failed = &SpawnError{StepExec, "", fmt.Errorf("the guardian's order makes no sense: %w", err)}
	} else {
		failed = order.carryOut()
	}
	said := &shimFailure{Step: failed.Step, Name: failed.Name, Text: failed.Err.Error()}
	errors.As(failed.Err, &said.Errno)
	return said
}

// carryOut does everything in systemd's order (exec_invoke in its src/core/exec-invoke.c), for which step fails
// first is seen from outside.
func (o *shimOrder) carryOut() *SpawnError {
	if o.IgnoreSIGPIPE {
		signal.Ignore(syscall.SIGPIPE)
	}
	if failed := o.apply(); failed != nil {
		return failed
	}
	if o.Setup.PIDVariable != "" {
		o.Env = append(o.Env, fmt.Sprintf("%s=%d", o.Setup.PIDVariable, os.Getpid()))
	}
	err := syscall.Exec(o.Path, o.Args, o.Env)
	return &SpawnError{StepExec, o.Path, ExplainExec(Spec{Path: o.Path, Args: o.Args, Env: o.Env}, err)}
}

func socketInode(fd int) (uint64, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return 0, os.NewSyscallError("fstat", err)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return 0, fmt.Errorf("descriptor %d is not a socket", fd)
	}
	return uint64(stat.Ino), nil
}

// socketPair is made under the lock of every fork, or another child could inherit it.
func socketPair() (pair [2]int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if pair, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); err != nil {
		return pair, os.NewSyscallError("socketpair", err)
	}
	unix.CloseOnExec(pair[0])
	unix.CloseOnExec(pair[1])
	return pair, nil
}

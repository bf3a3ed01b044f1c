package handover

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A shelter is a process that keeps the signals sent to this one while it is between two
// programs, and sends them once the new program listens. For an exec takes away all
// handlers, and a new Go runtime unblocks every signal that ends a program before
// anything in it can listen: whatever this process did, a SIGTERM would be lost or end it.
//
// A debugger gets to see a signal before its process does. So the shelter traces this one.
type shelter struct {
	process *os.Process
	socket  *os.File
}

// shelterTime is how long a shelter may take to be ready; it needs milliseconds.
const shelterTime = 5 * time.Second

// errSignalled is the end of a shelter by a signal that was probably for this process, too.
var errSignalled = errors.New("somebody signals all that belongs to this guardian; try again")

// errNoRoom is the end of a handover for which there is no room: a Go program ends itself if
// it can have no thread, and the new one would have no way back.
var errNoRoom = errors.New("there is no room for another process, so the new program could not begin; try again when there is")

// openShelter returns when no signal reaches this process any more. It fails where that
// cannot be: some systems forbid to trace a process.
//
// The caller has seen to it that nobody else waits for this process's children.
func openShelter(binary string) (*shelter, error) {
	if gains(binary) {
		return nil, errors.New("the new program has more rights than who executes it, which a traced process would not get")
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	s := &shelter{socket: os.NewFile(uintptr(pair[0]), "shelter")}
	theirs := os.NewFile(uintptr(pair[1]), "shelter")
	s.process, err = os.StartProcess("/proc/self/exe", []string{os.Args[0], Keep}, &os.ProcAttr{
		Env: os.Environ(), Files: []*os.File{keepFile: theirs},
		Sys: &syscall.SysProcAttr{Setpgid: true}, // Ctrl+Z must not stop it
	})
	theirs.Close()
	if err != nil {
		s.socket.Close()
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ENOMEM) {
			err = fmt.Errorf("%w (%w)", errNoRoom, err)
		}
		return nil, err
	}
	unix.Prctl(unix.PR_SET_PTRACER, uintptr(s.process.Pid), 0, 0, 0) // Yama wants to be told
	s.socket.SetDeadline(time.Now().Add(shelterTime))
	answer := make([]byte, 256)
	n := 0
	if _, err = s.socket.Write([]byte{0}); err == nil {
		n, err = s.socket.Read(answer)
	}
	if n == 1 {
		return s, nil
	}
	s.process.Kill()
	switch end := s.close(); {
	case n > 1:
		return nil, errors.New(string(answer[:n]))
	case end.Signaled() && slices.Contains(calls, os.Signal(end.Signal())):
		return nil, errSignalled
	case end.Exited() && end.ExitStatus() == runtimeFailed:
		return nil, errNoRoom
	case end.Signaled() && end.Signal() != syscall.SIGKILL:
		return nil, fmt.Errorf("the process that was to trace this one was ended by %s", unix.SignalName(end.Signal()))
	}
	return nil, fmt.Errorf("the process that was to trace this one does not answer: %w", err)
}

// runtimeFailed is the exit status of Go's runtime when it cannot go on.
const runtimeFailed = 2

// close returns when all signals that were kept have been sent.
func (s *shelter) close() (end syscall.WaitStatus) {
	s.socket.Close()
	if state, err := s.process.Wait(); err == nil {
		end = state.Sys().(syscall.WaitStatus)
	}
	return end
}

// A sheltered is a shelter as the new program finds it.
type sheltered struct {
	PID    int // 0: there is none
	Socket int
}

func (s sheltered) leave() {
	if s.PID == 0 {
		return
	}
	unix.Write(s.Socket, []byte{0}) // a copy of the socket may be open elsewhere
	unix.Close(s.Socket)
	for {
		if _, err := unix.Wait4(s.PID, nil, 0, nil); err != unix.EINTR {
			return
		}
	}
}

// gains reports whether the program has more rights than who executes it. The kernel
// denies them to a process that is traced.
func gains(binary string) bool {
	info, err := os.Stat(binary)
	if err != nil {
		return false
	}
	n, _ := unix.Getxattr(binary, "security.capability", nil)
	return n > 0 || info.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0
}

// threads are the IDs of a process's threads.
func threads(pid int) (tids []int, err error) {
	dir, err := os.Open("/proc/" + strconv.Itoa(pid) + "/task")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	for _, name := range names {
		if tid, err := strconv.Atoi(name); err == nil {
			tids = append(tids, tid)
		}
	}
	return tids, err
}

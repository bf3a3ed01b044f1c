package handover

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// keepFile is the descriptor of the shelter's socket.
const keepFile = 3

// keepTime is how long signals are kept at most. A program that does not come to listen
// within that time can then be ended by one.
const keepTime = 20 * time.Second

// calls are the signals that somebody sends to a guardian for a purpose. All others have
// a meaning for the kernel or the runtime.
var calls = []os.Signal{
	syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH,
}

// keeper is the shelter's side.
type keeper struct {
	pid int // whose signals they are

	mu   sync.Mutex // held while a thread's stop is dealt with: its signal would be lost with us
	kept []syscall.Signal
}

// KeepSignals is the life of a shelter, the command [Keep]. It exits the process, or
// returns why it cannot keep its parent's signals.
func KeepSignals() error {
	signal.Ignore(calls...) // who signals everything below a guardian does not mean this
	runtime.LockOSThread()  // a tracer is a thread
	k := &keeper{pid: os.Getppid()}
	guardian, err := unix.PidfdOpen(k.pid, 0)
	if err != nil {
		return os.NewSyscallError("pidfd_open", err)
	}
	socket := os.NewFile(keepFile, "shelter")
	if _, err := socket.Read(make([]byte, 1)); err != nil || os.Getppid() != k.pid {
		return errors.New(Keep + " is run by a guardian only")
	}
	if err := k.seize(); err != nil {
		err = fmt.Errorf("cannot trace process %d: %w", k.pid, err)
		socket.WriteString(err.Error())
		return err
	}
	go func() {
		k.settle()
		socket.Write([]byte{0})
		socket.SetReadDeadline(time.Now().Add(keepTime))
		socket.Read(make([]byte, 1))
		k.mu.Lock()
		for _, sig := range k.kept {
			unix.PidfdSendSignal(guardian, sig, nil, 0)
		}
		os.Exit(0) // the kernel ends the tracing, and delivers what is on its way
	}()
	for {
		err := unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WSTOPPED|unix.WALL|unix.WNOWAIT, nil)
		if err != nil && err != unix.EINTR {
			return nil // it has ended
		}
		k.pass(-1, unix.WNOHANG)
	}
}

// seize traces all threads. Each is made to stop once, for what came to it before is in
// its handler by then.
func (k *keeper) seize() error {
	var known []int
	for {
		tids, err := threads(k.pid)
		if err != nil {
			return err
		}
		before := len(known)
		for _, tid := range tids {
			if slices.Contains(known, tid) {
				continue
			}
			known = append(known, tid)
			err := ptrace(unix.PTRACE_SEIZE, tid, unix.PTRACE_O_TRACECLONE)
			switch {
			case err == unix.ESRCH: // it has ended
			case err == unix.EPERM && tracer(tid) == unix.Gettid(): // born since, and traced from birth
			case err != nil:
				return os.NewSyscallError("ptrace", err)
			case ptrace(unix.PTRACE_INTERRUPT, tid, 0) == nil:
				k.pass(tid, 0)
			}
		}
		if len(known) == before {
			return nil
		}
	}
}

// settle waits until no thread is in a signal handler: what has come in time has been heard.
func (k *keeper) settle() {
	const term = 1 << (unix.SIGTERM - 1)
	for end := time.Now().Add(shelterTime / 5); time.Now().Before(end); time.Sleep(time.Millisecond / 10) {
		tids, _ := threads(k.pid)
		if !slices.ContainsFunc(tids, func(tid int) bool { return status(tid, "SigBlk", 16)&term != 0 }) {
			return
		}
	}
}

// pass takes note that a thread has stopped, and lets it go on: without the signal by which
// it was stopped, if that one is to be kept.
func (k *keeper) pass(tid, options int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var s unix.WaitStatus
	tid, err := unix.Wait4(tid, &s, unix.WALL|options, nil)
	if err != nil || tid == 0 || !s.Stopped() {
		return
	}
	sig := s.StopSignal()
	switch event := s >> 16; {
	case event == unix.PTRACE_EVENT_STOP && sig != unix.SIGTRAP: // job control
		ptrace(unix.PTRACE_LISTEN, tid, 0)
		return
	case event != 0:
		sig = 0
	case slices.Contains(calls, os.Signal(sig)):
		k.kept = append(k.kept, sig)
		sig = 0
	}
	ptrace(unix.PTRACE_CONT, tid, uintptr(sig))
}

// tracer is the thread that traces a thread.
func tracer(tid int) int { return int(status(tid, "TracerPid", 10)) }

// status is a number from a thread's status, 0 if it has ended.
func status(tid int, name string, base int) uint64 {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/status")
	_, rest, _ := bytes.Cut(text, []byte("\n"+name+":"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	value := bytes.TrimSpace(line)
	n, _ := strconv.ParseUint(string(value[max(0, len(value)-16):]), base, 64) // MIPS has 128 signals
	return n
}

func ptrace(request, tid int, data uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), 0, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

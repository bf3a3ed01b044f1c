package handover

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// variable tells a program that this process was another's.
const variable = "HOLDFAST_HANDOVER"

// legacy is the content of the variable. A process that has inherited it from some other
// one is told apart by its PID, which only an exec keeps.
type legacy struct {
	PID   int
	State int // descriptor of a memfd
	Files []int
	Keeps sheltered
}

// lowest is the first number for a descriptor that is handed over, beyond those a shell
// uses itself: the program may be a script that executes another one.
const lowest = 10

// Exec puts the program into this process, with the arguments and the environment of
// the present one. It returns only if that has failed, and then nothing has changed.
//
// The caller has seen to it that no other goroutine does anything that counts: they are
// all gone in the middle of what they do.
//
// last is asked when all is prepared; its error keeps the program from being executed.
// From then on no signal reaches this process until the program has called [Enter]. Where
// that cannot be, last is told why: a signal may then be lost or end the process.
func Exec(binary string, state []byte, files []*os.File, last func(exposed error) error) error {
	s, exposed := openShelter(binary)
	if errors.Is(exposed, errSignalled) || errors.Is(exposed, errNoRoom) {
		return exposed
	}
	err := execute(s, exposed, binary, state, files, last)
	if s != nil {
		s.close()
		if errors.Is(err, fs.ErrPermission) { // a security module may be against it because of the tracing
			return execute(nil, err, binary, state, files, last)
		}
	}
	return err
}

// execute is Exec, in the shelter if there is one.
func execute(s *shelter, exposed error, binary string, state []byte, files []*os.File, last func(exposed error) error) error {
	syscall.ForkLock.RLock() // or another child could inherit what is open for the program
	defer syscall.ForkLock.RUnlock()
	memory, err := memoryFile(state)
	if err != nil {
		return fmt.Errorf("the state has no place in memory: %w", err)
	}
	defer memory.Close()
	l := legacy{PID: os.Getpid()}
	defer func() {
		for _, fd := range append(l.Files, l.State, l.Keeps.Socket) {
			if fd >= lowest {
				unix.Close(fd)
			}
		}
	}()
	if l.State, err = passOn(memory); err != nil {
		return err
	}
	for _, file := range files {
		fd, err := passOn(file)
		if err != nil {
			return err
		}
		l.Files = append(l.Files, fd)
	}
	if s != nil {
		l.Keeps.PID = s.process.Pid
		if l.Keeps.Socket, err = passOn(s.socket); err != nil {
			return err
		}
	}
	value, err := json.Marshal(l)
	if err != nil {
		return err
	}
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, variable+"=") })
	if err := last(exposed); err != nil {
		return err
	}
	return &os.PathError{Op: "exec", Path: binary, Err: syscall.Exec(binary, os.Args, append(env, variable+"="+string(value)))}
}

func memoryFile(content []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("holdfast-handover", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	file := os.NewFile(uintptr(fd), "memfd")
	if _, err := file.WriteAt(content, 0); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// passOn duplicates a descriptor to one that an exec keeps open. Not Fd(), which may
// make the file blocking.
func passOn(file *os.File) (fd int, err error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return 0, err
	}
	if controlErr := raw.Control(func(number uintptr) {
		fd, err = unix.FcntlInt(number, unix.F_DUPFD, lowest)
	}); controlErr != nil {
		return 0, controlErr
	}
	return fd, os.NewSyscallError("fcntl", err)
}

// Enter returns what was handed over to this program, nil if nothing was. It leaves no
// mark of it in the environment.
func Enter() (*Handed, error) {
	value, found := os.LookupEnv(variable)
	if !found {
		return nil, nil
	}
	os.Unsetenv(variable)
	var l legacy
	if err := json.Unmarshal([]byte(value), &l); err != nil || l.PID != os.Getpid() {
		return nil, nil // another process's
	}
	h := &Handed{Calls: make(chan os.Signal, 64)}
	for _, sig := range calls {
		if !signal.Ignored(sig) { // as nohup(1) has it
			signal.Notify(h.Calls, sig)
		}
	}
	l.Keeps.leave()
	memory := received(l.State)
	defer memory.Close()
	var err error
	h.State, err = io.ReadAll(io.NewSectionReader(memory, 0, 1<<40))
	if err != nil {
		return nil, fmt.Errorf("what was handed over cannot be read: %w", err)
	}
	for _, fd := range l.Files {
		h.Files = append(h.Files, received(fd))
	}
	return h, nil
}

func received(fd int) *os.File {
	unix.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "handed over")
}

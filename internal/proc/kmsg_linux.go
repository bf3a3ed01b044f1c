package proc

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// kernelLog is a reader of /dev/kmsg.
type kernelLog struct {
	fd int // -1: not for us to read

	// What was read since skip:
	victims []int // of the OOM killer
	lost    bool  // records were overwritten unread: who is not among the victims may be one
}

// openKernelLog also refuses another PID namespace than the initial one: that is whose PIDs the kernel
// prints, and a container's PID 7 is another one.
func openKernelLog() kernelLog {
	const initial = "pid:[4026531836]" // PROC_PID_INIT_INO, the same on every kernel
	if ns, err := os.Readlink("/proc/self/ns/pid"); err != nil || ns != initial {
		return kernelLog{fd: -1}
	}
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return kernelLog{fd: -1} // not root, and kernel.dmesg_restrict=1
	}
	return kernelLog{fd: fd}
}

// skip forgets what was read and moves to the end.
func (l *kernelLog) skip() {
	l.victims, l.lost = nil, false
	if l.fd >= 0 {
		unix.Seek(l.fd, 0, unix.SEEK_END)
	}
}

// read takes in what is new.
func (l *kernelLog) read() {
	buf := make([]byte, 8192) // a read gives one record, whole or not at all
	for {
		n, err := unix.Read(l.fd, buf)
		switch {
		case err == unix.EINTR:
		case err == unix.EPIPE:
			l.lost = true // and the next read gives the oldest record there is
		case err == unix.EAGAIN:
			return
		case err != nil || n == 0:
			l.lost = true
			return
		default:
			if victim, ok := parseKmsg(buf[:n]); ok {
				l.victims = append(l.victims, victim)
			}
		}
	}
}

// parseKmsg finds the PID that the OOM killer names in a record of /dev/kmsg, such as
//
//	3,1042,5140900,-;Memory cgroup out of memory: Killed process 1234 (hog) total-vm:108432kB, …
//
// The first number holds priority and facility; a facility of 0 is the kernel itself, and no program
// can write that.
func parseKmsg(record []byte) (pid int, ok bool) {
	prefix, message, ok := bytes.Cut(record, []byte(";"))
	if !ok {
		return 0, false
	}
	level, _, _ := bytes.Cut(prefix, []byte(","))
	if n, err := strconv.ParseUint(string(level), 10, 32); err != nil || n>>3 != 0 {
		return 0, false
	}
	message, _, _ = bytes.Cut(message, []byte("\n"))
	before, after, ok := bytes.Cut(message, []byte("Killed process "))
	if !ok || len(before) > 0 && !bytes.HasSuffix(before, []byte(": ")) {
		return 0, false // the words stand elsewhere, perhaps in a program's name
	}
	number, _, ok := bytes.Cut(after, []byte(" ("))
	if !ok {
		return 0, false
	}
	pid, err := strconv.Atoi(string(number))
	return pid, err == nil && pid > 0
}

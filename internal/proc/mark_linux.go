package proc

import (
	"bytes"
	"strconv"
	"syscall"
)

// Mark is the process's value of [InvocationVariable]: "" where it has none, has overwritten its environment
// (some do, to change their title), or does not let us read it.
func Mark(id ID) string {
	var e environ
	return e.mark(id)
}

// environ reads environments, one after the other, into the same memory.
type environ []byte

func (e *environ) mark(id ID) string {
	fd, err := syscall.Open("/proc/"+strconv.Itoa(id.PID)+"/environ", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer syscall.Close(fd)
	if *e == nil {
		*e = make(environ, 16<<10)
	}
	length := 0
	for {
		n, err := syscall.Read(fd, (*e)[length:])
		if err == syscall.EINTR {
			continue
		}
		if n <= 0 {
			break
		}
		if length += n; length == len(*e) {
			*e = append(*e, make(environ, length)...)
		}
	}
	for assignment := range bytes.SplitSeq((*e)[:length], []byte{0}) {
		if value, found := bytes.CutPrefix(assignment, []byte(InvocationVariable+"=")); found && id.Alive() {
			return string(value)
		}
	}
	return ""
}

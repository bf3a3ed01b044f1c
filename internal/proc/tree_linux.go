package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"syscall"
)

// processTable reads every process once.
func processTable() ([]Process, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	buf := make([]byte, statSize)
	if withoutTable() {
		return nil, errUnseen
	}
	all := make([]Process, 0, len(names))
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p, err := readStat(pid, buf); err == nil {
			all = append(all, p)
		}
	}
	reparent(all, func(pid int) (Process, error) { return readStat(pid, buf) })
	return all, nil
}

// entry is one process of the table.
func entry(pid int) (Process, error) { return readStat(pid, make([]byte, statSize)) }

// reparent mends what happened while the table was read. A process whose parent is not in the table was
// read before this parent died; it has another one by now, and without it, it would be outside of every tree.
func reparent(all []Process, read func(pid int) (Process, error)) {
	pids := make([]int, len(all))
	for i, p := range all {
		pids[i] = p.PID
	}
	slices.Sort(pids)
	for i, p := range all {
		if _, found := slices.BinarySearch(pids, p.PPID); found || p.PPID == 0 {
			continue // 0: the kernel, or a parent outside of our PID namespace
		}
		if now, err := read(p.PID); err == nil && now.ID == p.ID {
			all[i] = now
		}
	}
}

// statSize holds /proc/PID/stat up to the fields that are read here, whatever their values.
const statSize = 1024

// readStat reads /proc/PID/stat. The buffer is the caller's, for a walk reads hundreds.
func readStat(pid int, buf []byte) (Process, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/stat"
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	for err == syscall.EINTR {
		fd, err = syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	}
	var n int
	if err == nil {
		n, err = syscall.Read(fd, buf)
		syscall.Close(fd)
	}
	switch {
	case err == nil:
		return parseStat(buf[:n])
	case noSuchProcess(err):
		return Process{}, ErrGone
	default:
		return Process{}, &os.PathError{Op: "read", Path: path, Err: err}
	}
}

var errStat = errors.New("not a line of /proc/PID/stat")

// parseStat takes in a line of /proc/PID/stat, proc_pid_stat(5). The name in it may itself hold spaces,
// parentheses and newlines, but nothing after it does: it ends at the last parenthesis. With an error,
// what it returns is incomplete.
func parseStat(line []byte) (p Process, err error) {
	open, end := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 2 || end < open {
		return p, errStat
	}
	number := func(field []byte) int {
		n, e := strconv.Atoi(string(field))
		if e != nil {
			err = fmt.Errorf("%w: %w", errStat, e)
		}
		return n
	}
	p.PID = number(line[:open-1])
	p.Comm = string(line[open+1 : end])
	i := 3 // fields are counted as in the manual
	for field := range bytes.FieldsSeq(line[end+1:]) {
		switch i {
		case 3:
			p.State = field[0]
		case 4:
			p.PPID = number(field)
		case 5:
			p.PGID = number(field)
		case 6:
			p.Session = number(field)
		case 20:
			p.threads = number(field)
		case 22:
			start, e := strconv.ParseUint(string(field), 10, 64)
			if e != nil {
				err = fmt.Errorf("%w: %w", errStat, e)
			}
			p.Start = start
			return p, err
		}
		i++
	}
	return p, fmt.Errorf("%w: %w", errStat, io.ErrUnexpectedEOF)
}

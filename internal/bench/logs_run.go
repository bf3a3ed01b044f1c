//go:build linux

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A logSample is what a logger needed for one writer's output.
type logSample struct {
	took time.Duration // from the writer's first write to the logger's end
	cpu  time.Duration // of the logger's own threads meanwhile
	// helpers is the CPU time of the processes that it started, such as compressors, but
	// for the writer.
	helpers time.Duration
}

// A logRun takes the samples, one after the other.
type logRun struct {
	*arena
	program string
	reports *reports
	starter string // a FIFO: the writer begins when it is opened
	env     []string
}

func newLogRun(a *arena) (*logRun, error) {
	// A guardian comes back to us, so that we learn of its end and what it had needed.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, os.NewSyscallError("prctl", err)
	}
	reports, err := openReports(a.run, "logs")
	if err != nil {
		return nil, err
	}
	r := &logRun{arena: a, program: filepath.Join(a.bin, "logs"), reports: reports, starter: filepath.Join(a.run, "start")}
	r.env = append(os.Environ(), reportsVariable+"="+reports.path, "HOLDFAST_BENCH_GO="+r.starter)
	return r, unix.Mkfifo(r.starter, 0o600)
}

func (r *logRun) close() { r.reports.fifo.Close() }

// measure has the logger log so many bytes, in writes of that size.
func (r *logRun) measure(l *logger, size int64, write int) (s logSample, err error) {
	dir := filepath.Join(r.bin, "log")
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		return s, err
	}
	writer := []string{r.program, "write", strconv.FormatInt(size, 10), strconv.Itoa(write)}
	var pid int
	if l.filter == nil {
		pid, err = r.guard(l, writer)
	} else {
		pid, err = r.filter(l, dir, writer)
	}
	if err != nil {
		return s, err
	}
	b, err := r.reports.next()
	if err != nil {
		return s, fmt.Errorf("the writer did not say that it runs: %w", err)
	}
	if pid == 0 {
		if pid, err = parentOf(int(b.PID)); err != nil {
			return s, err
		}
	}
	end := func() { // a guardian ends with its writer
		syscall.Kill(int(b.PID), syscall.SIGKILL)
		if l.filter != nil {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	defer context.AfterFunc(r.ctx, end)()
	defer func() {
		if err != nil {
			end()
		}
	}()

	cpu, err := cpuTime(pid)
	if err != nil {
		return s, err
	}
	begin := monotonic()
	starter, err := os.OpenFile(r.starter, os.O_WRONLY, 0)
	if err != nil {
		return s, err
	}
	starter.Close()
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
	}
	if err != nil {
		return s, os.NewSyscallError("waitid", err)
	}
	s.took = time.Duration(monotonic() - begin)
	after, err := cpuTime(pid) // a zombie still has it
	if err != nil {
		return s, err
	}
	s.cpu = after - cpu
	spent, err := r.reports.next()
	if err != nil {
		return s, fmt.Errorf("the writer did not say that it has ended: %w", err)
	}
	if s.helpers, err = r.reapAll(pid, time.Duration(spent.At), l.filter == nil); err != nil {
		return s, err
	}
	if err := r.ctx.Err(); err != nil {
		return s, err
	}
	return s, arrived(dir)
}

// guard starts the writer under holdfast. The guardian is the writer's parent.
func (r *logRun) guard(l *logger, writer []string) (int, error) {
	args := []string{r.holdfast, "start", "--settle=0", "--name=logs", "-p", "Restart=no"}
	for _, setting := range l.settings {
		args = append(args, "-p", setting)
	}
	k := keeper{env: r.env}
	pid, err := k.fork(append(append(args, "--"), writer...))
	if err == nil {
		err = reap(args, pid)
	}
	return 0, err
}

// filter starts the writer with a pipe to the logger, as everybody has it: 64 KiB.
func (r *logRun) filter(l *logger, parent string, writer []string) (int, error) {
	dir, err := l.directory(parent)
	if err != nil {
		return 0, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	out, in, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer out.Close()
	defer in.Close()
	fork := func(command []string, stdin, stdout *os.File) (int, error) {
		return syscall.ForkExec(command[0], command, &syscall.ProcAttr{
			Env: r.env, Files: []uintptr{stdin.Fd(), stdout.Fd(), os.Stderr.Fd()}, Sys: &syscall.SysProcAttr{Setpgid: true},
		})
	}
	pid, err := fork(append(l.filter, dir), out, null)
	if err == nil {
		_, err = fork(writer, null, in)
	}
	return pid, err
}

// reapAll reaps whatever has come back to us, and returns the CPU time of what the logger
// started, if it was the writer's parent less that of the writer.
func (r *logRun) reapAll(logger int, writer time.Duration, parent bool) (helpers time.Duration, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", logger))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	for _, field := range fields[13:15] { // cutime and cstime, proc_pid_stat(5)
		ticks, err := strconv.Atoi(string(field))
		if err != nil {
			return 0, err
		}
		helpers += time.Duration(ticks) * time.Second / 100
	}
	if parent {
		helpers -= writer
	}
	for {
		var status syscall.WaitStatus
		var usage syscall.Rusage
		pid, err := syscall.Wait4(-1, &status, 0, &usage)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.ECHILD:
			// The kernel counts a parent's children in ticks of its own.
			return max(0, helpers), nil
		case err != nil:
			return 0, os.NewSyscallError("wait4", err)
		case status != 0 && r.ctx.Err() == nil:
			return 0, fmt.Errorf("process %d ended with wait status %#x", pid, uint32(status))
		case parent && pid != logger: // a helper that has outlived the guardian
			helpers += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		}
	}
}

// cpuTime is the clock of all threads of a process, clock_getcpuclockid(3).
func cpuTime(pid int) (time.Duration, error) {
	const scheduled = 2 // CPUCLOCK_SCHED of the kernel's posix-timers_types.h
	var spent unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|scheduled), &spent)
	return time.Duration(spent.Nano()), os.NewSyscallError("clock_gettime", err)
}

// arrived reports whether the writer's last line is at the end of a file: a logger that
// threw the output away would be fast.
func arrived(dir string) error {
	errFound := errors.New("found")
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		var content io.Reader = file
		if strings.HasSuffix(path, ".gz") {
			if content, err = gzip.NewReader(file); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		} else if info, err := file.Stat(); err == nil {
			file.Seek(max(0, info.Size()-100), io.SeekStart)
		}
		text, err := io.ReadAll(content)
		if err == nil && bytes.HasSuffix(text, []byte(" END\n")) {
			return errFound
		}
		return err
	})
	if err == errFound {
		return nil
	}
	return errors.Join(errors.New("the last line did not arrive"), err)
}

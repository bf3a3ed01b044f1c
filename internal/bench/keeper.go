//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// A keeper is one of the supervisors that are compared, with the business that it keeps
// running.
type keeper struct {
	name     string
	start    []string // the command that is or starts the supervisor
	stop     []string // ends the business; nil: a signal does
	status   []string // nil: it has no such command
	control  string   // the FIFO through which runsv and s6-supervise are told to start again
	daemon   bool     // start returns and leaves the supervisor behind; stop ends both
	reports  *reports
	env      []string
	pid      int // of the supervisor; 0 while there is none
	business int
}

func (a *arena) newKeeper(name string, start ...string) (*keeper, error) {
	r, err := openReports(a.run, name)
	if err != nil {
		return nil, err
	}
	k := &keeper{name: name, start: start, reports: r, env: append(os.Environ(), reportsVariable+"="+r.path)}
	a.keepers = append(a.keepers, k)
	return k, nil
}

// newGuardian is holdfast, told to restart at once and always.
func (a *arena) newGuardian(name string) (*keeper, error) {
	k, err := a.newKeeper(name, a.holdfast, "start", "--settle=0", "--name="+name,
		"-p", "RestartSec=0", "-p", "RestartSteps=0", "--", a.business)
	if err != nil {
		return nil, err
	}
	k.daemon = true
	k.stop = []string{a.holdfast, "stop", name}
	k.status = []string{a.holdfast, "status", name}
	return k, nil
}

// newPeer is a supervisor that runs the file "run" of a directory. It is nil where that
// peer is not installed.
func (a *arena) newPeer(name string, stop, status []string) (*keeper, error) {
	if _, err := exec.LookPath(name); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %s is left out: %v\n", name, err)
		return nil, nil
	}
	dir := filepath.Join(a.run, name)
	k, err := a.newKeeper(name, name, dir)
	if err == nil {
		err = os.Mkdir(dir, 0o700)
	}
	if err == nil {
		err = os.Symlink(a.business, filepath.Join(dir, "run"))
	}
	if err != nil {
		return nil, err
	}
	k.stop, k.status = append(stop, dir), append(status, dir)
	k.control = filepath.Join(dir, "supervise", "control")
	return k, nil
}

// open starts the supervisor and waits until the business runs. It returns how long that
// took: for a daemon, until the command had ended.
func (k *keeper) open() (time.Duration, error) {
	begin := monotonic()
	pid, err := k.fork(k.start)
	if err == nil && k.daemon {
		err = reap(k.start, pid)
	}
	end := monotonic()
	if err != nil {
		return 0, err
	}
	k.pid = pid // a daemon's is known once its business runs
	b, err := k.born()
	if !k.daemon {
		end = b.At
	}
	return time.Duration(end - begin), err
}

// born waits for the next business.
func (k *keeper) born() (birth, error) {
	b, err := k.reports.next()
	if err != nil {
		return b, fmt.Errorf("%s: its program did not say that it runs: %w", k.name, err)
	}
	k.business = int(b.PID)
	if k.daemon {
		guardian, err := parentOf(k.business)
		if err != nil {
			return b, fmt.Errorf("%s: its program is gone: %w", k.name, err)
		}
		k.pid = guardian
	}
	return b, nil
}

// crash kills the business, and returns how long it took until the next one ran.
func (k *keeper) crash() (time.Duration, error) {
	begin := monotonic()
	if err := syscall.Kill(k.business, syscall.SIGKILL); err != nil {
		return 0, fmt.Errorf("%s: kill %d: %w", k.name, k.business, err)
	}
	b, err := k.born()
	return time.Duration(b.At - begin), err
}

// shut has the business stopped, and returns how long that took.
func (k *keeper) shut() (took time.Duration, err error) {
	if k.stop == nil {
		return k.signal(syscall.SIGTERM), nil
	}
	if took, err = k.do(k.stop); err == nil && k.daemon {
		k.pid = 0
	}
	return took, err
}

// again starts the business after shut.
func (k *keeper) again() error {
	if k.control == "" {
		_, err := k.open()
		return err
	}
	if err := os.WriteFile(k.control, []byte("u"), 0); err != nil { // as sv and s6-svc do
		return err
	}
	_, err := k.born()
	return err
}

// signal ends the supervisor itself.
func (k *keeper) signal(sig syscall.Signal) time.Duration {
	begin := monotonic()
	syscall.Kill(k.pid, sig)
	syscall.Wait4(k.pid, nil, 0, nil)
	k.pid = 0
	return time.Duration(monotonic() - begin)
}

// end leaves nothing of the keeper behind.
func (k *keeper) end() (err error) {
	switch {
	case k.pid == 0:
	case k.daemon:
		_, err = k.shut()
	case k.control != "": // these two end their business first
		k.signal(syscall.SIGTERM)
	default:
		supervisor := k.pid
		k.signal(syscall.SIGKILL)
		if k.business != supervisor { // a loop's, which nobody else ends
			syscall.Kill(k.business, syscall.SIGKILL)
		}
	}
	return errors.Join(err, k.reports.fifo.Close())
}

// do runs a command to its end and returns how long that took.
func (k *keeper) do(command []string) (time.Duration, error) {
	begin := monotonic()
	pid, err := k.fork(command)
	if err == nil {
		err = reap(command, pid)
	}
	return time.Duration(monotonic() - begin), err
}

// fork starts whatever is measured with nothing but the system calls: os/exec has work of
// its own to do between the start and the end of a process. Each gets a process group, for
// Ctrl+C is for us, who then end them.
func (k *keeper) fork(command []string) (int, error) {
	path, err := exec.LookPath(command[0])
	if err != nil {
		return 0, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	pid, err := syscall.ForkExec(path, command, &syscall.ProcAttr{
		Env:   k.env,
		Files: []uintptr{null.Fd(), null.Fd(), os.Stderr.Fd()},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return pid, nil
}

func reap(command []string, pid int) error {
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
		return err
	}
	if status != 0 {
		return fmt.Errorf("%q ended with wait status %#x", command, uint32(status))
	}
	return nil
}

// parentOf finds the guardian from its business.
func parentOf(pid int) (int, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	return strconv.Atoi(string(fields[1]))
}

package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The kernel tells its parent how a process ended, and others in two places: while nobody has reaped it, in
// /proc/PID/stat; afterwards, since Linux 6.15, by PIDFD_GET_INFO on a pidfd that was opened before.

// Await has told called, in a goroutine of its own, when the process ends, which need not be a child. It waits
// by a pidfd in the runtime's poller (Linux 5.3), so it costs no thread. It fails with [ErrGone] for a process
// that was reaped already; a zombie is told at once.
func (id ID) Await(told func(Ended)) error {
	fd, err := unix.PidfdOpen(id.PID, 0)
	if err != nil {
		if now, gone := Identify(id.PID); err == unix.ESRCH || errors.Is(gone, ErrGone) || gone == nil && now != id {
			err = ErrGone
		}
		return fmt.Errorf("process %d: pidfd: %w", id.PID, err)
	}
	now, err := readStat(id.PID, make([]byte, statSize))
	if err == nil && now.ID != id {
		err = ErrGone
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		unix.Close(fd)
		return fmt.Errorf("process %d: %w", id.PID, err)
	}
	pidfd := os.NewFile(uintptr(fd), "pidfd")
	conn, err := pidfd.SyscallConn()
	if err != nil {
		pidfd.Close()
		return fmt.Errorf("process %d: pidfd: %w", id.PID, err)
	}
	go func() {
		defer pidfd.Close()
		err := conn.Read(func(fd uintptr) bool { return pollPidfd(int(fd), unix.POLLIN, 0) != 0 })
		ended := Ended{ID: id, Unknown: true}
		conn.Control(func(fd uintptr) {
			if err != nil { // the runtime's poller would not have it
				pollPidfd(int(fd), unix.POLLIN, -time.Millisecond)
			}
			ended = id.endedBy(int(fd))
		})
		told(ended)
	}()
	return nil
}

// reapPatience bounds the wait for the reaper of a zombie whose status is not for us to read.
const reapPatience = time.Second

// endedBy learns how the process ended; fd is its pidfd.
func (id ID) endedBy(fd int) Ended {
	ended, err := id.zombie()
	if errors.Is(err, ErrGone) {
		return id.reaped(fd)
	}
	if ended.Unknown && pollPidfd(fd, 0, reapPatience)&unix.POLLHUP != 0 {
		return id.reaped(fd)
	}
	return ended
}

func (id ID) reaped(fd int) Ended {
	info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
	err := unix.IoctlPidfdInfo(fd, &info)
	if err != nil || info.Mask&unix.PIDFD_INFO_EXIT == 0 {
		return Ended{ID: id, Unknown: true}
	}
	return Ended{ID: id, Status: syscall.WaitStatus(info.Exit_code)}
}

// pollPidfd waits for the events, or a hang-up; a negative wait has no end.
func pollPidfd(fd int, events int16, wait time.Duration) int16 {
	fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		if _, err := unix.Poll(fds, int(wait.Milliseconds())); err != unix.EINTR {
			return fds[0].Revents
		}
	}
}

// zombie reads what is left of a process that nobody has reaped yet.
func (id ID) zombie() (Ended, error) {
	dir := "/proc/" + strconv.Itoa(id.PID)
	line, err := os.ReadFile(dir + "/stat")
	if noSuchProcess(err) {
		return Ended{}, ErrGone
	}
	if err != nil {
		return Ended{ID: id, Unknown: true}, nil
	}
	if p, err := parseStat(line); err != nil || p.ID != id || !p.Dead() {
		return Ended{}, ErrGone
	}
	fields := bytes.Fields(line[bytes.LastIndexByte(line, ')')+1:]) // the first is field 3 of the manual
	if len(fields) < 50 {
		return Ended{ID: id, Unknown: true}, nil
	}
	number := func(i int) int { n, _ := strconv.Atoi(string(fields[i-3])); return n }
	ended := Ended{
		ID: id, Status: syscall.WaitStatus(number(52)),
		UserTime: time.Duration(number(14)) * tick, SystemTime: time.Duration(number(15)) * tick,
	}
	if ended.Status == 0 {
		// So it is shown, too, to whoever may not trace the process. He may not read this link either.
		_, err := os.Readlink(dir + "/ns/user")
		ended.Unknown = err != nil
	}
	return ended, nil
}

// tick is the unit of the times in /proc/PID/stat: USER_HZ, 100 on every architecture that Go knows.
const tick = 10 * time.Millisecond

// Exit tells how a process that was not a child ended: a zombie, or one for whom a witness speaks.
func (id ID) Exit(w Witness, seal uint64) Ended {
	if ended, err := id.zombie(); err == nil && !ended.Unknown {
		return ended
	}
	fd, err := unix.Open(string(w), unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return Ended{ID: id, Unknown: true}
	}
	defer unix.Close(fd)
	if seal == 0 || sealOf(fd) != seal {
		return Ended{ID: id, Unknown: true}
	}
	return id.endedBy(fd)
}

// Age is how long ago the process started, to a hundredth of a second.
func (id ID) Age() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0
	}
	return max(0, time.Duration(now.Nano())-time.Duration(id.Start)*tick)
}

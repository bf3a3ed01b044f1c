// Package notify speaks sd_notify(3): it hears what the business says of itself, and says
// to the manager above what the guardian has to say.
package notify

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// MaxSize is the longest datagram that is read, in bytes: systemd's NOTIFY_BUFFER_MAX.
const MaxSize = 4096

// A Message is what one datagram says. What it does not mention is zero or nil.
type Message struct {
	Ready, Reloading, Stopping bool
	// Monotonic is when the sender wrote RELOADING=1, on the clock that runs since boot.
	Monotonic time.Duration
	// Status is a line for people; an empty one takes the last one back.
	Status *string
	// Errno is the error that a failed service died of; 0 takes it back.
	Errno *syscall.Errno
	// ExitStatus is the exit status of what the sender stands for, as it was written.
	ExitStatus string
	// MainPID is the process that is the business from now on; 0 means no change.
	MainPID int
	// Watchdog is what was said to the watchdog.
	Watchdog Watchdog
	// WatchdogSec is the new interval of the watchdog: 0 or the longest Duration means none.
	WatchdogSec *time.Duration
	// ExtendTimeout is how long, from now on, the present phase may take at least.
	ExtendTimeout time.Duration
	// Access is who may notify from now on, as NotifyAccess=.
	Access string
	// Barrier asks for the one descriptor of the datagram to be closed once all before it is
	// done; nothing else is in the message.
	Barrier bool
}

// Watchdog is a word to the watchdog.
type Watchdog string

// The words: that all is well, and that it is not.
const (
	Ping    Watchdog = "1"
	Trigger Watchdog = "trigger"
)

// Parse reads a datagram as systemd does (src/core/manager.c, manager_dispatch_notify_fd, and
// src/core/service.c, service_notify_message): of a field that occurs twice the first counts,
// unknown ones are passed over, and one with a bad value is warned of and otherwise ignored.
// Only a datagram that is no message at all is an error.
func Parse(datagram []byte) (m Message, warnings []string, err error) {
	switch {
	case len(datagram) > MaxSize:
		return m, nil, fmt.Errorf("longer than %d bytes", MaxSize)
	case bytes.IndexByte(bytes.TrimSuffix(datagram, []byte{0}), 0) >= 0:
		return m, nil, errors.New("it has a NUL byte in the middle")
	}
	fields := strings.FieldsFunc(string(bytes.TrimSuffix(datagram, []byte{0})), func(r rune) bool { return r == '\n' || r == '\r' })
	if slices.Contains(fields, "BARRIER=1") {
		if len(fields) > 1 {
			return m, nil, errors.New("BARRIER=1 does not stand alone")
		}
		return Message{Barrier: true}, nil, nil
	}
	var seen []string
	for _, field := range fields {
		name, value, assigned := strings.Cut(field, "=")
		if !assigned || slices.Contains(seen, name) && !flags(name) {
			continue
		}
		seen = append(seen, name)
		if complaint := m.set(name, value); complaint != "" {
			warnings = append(warnings, fmt.Sprintf("%s=%.40q: %s", name, value, complaint))
		}
	}
	return m, warnings, nil
}

// flags are the names of which systemd looks for one whole line, wherever it stands.
func flags(name string) bool {
	return name == "READY" || name == "RELOADING" || name == "STOPPING"
}

// set returns what is wrong with the value, "" if it is right or of no interest.
func (m *Message) set(name, value string) (complaint string) {
	switch name {
	case "READY":
		m.Ready = m.Ready || value == "1"
	case "RELOADING":
		m.Reloading = m.Reloading || value == "1"
	case "STOPPING":
		m.Stopping = m.Stopping || value == "1"
	case "MONOTONIC_USEC":
		return microseconds(value, func(d time.Duration) { m.Monotonic = d })
	case "STATUS":
		if !validText(value) {
			value, complaint = "", "not clean UTF-8, so there is no status now"
		}
		m.Status = &value
	case "ERRNO":
		errno, known := parseErrno(value)
		if !known {
			return "no number or name of an error"
		}
		m.Errno = &errno
	case "EXIT_STATUS":
		if code, err := strconv.ParseUint(value, 10, 8); err != nil {
			return "not an exit status"
		} else {
			m.ExitStatus = strconv.Itoa(int(code))
		}
	case "MAINPID":
		pid, err := strconv.ParseInt(value, 10, 32)
		if err != nil || pid <= 0 {
			return "not a PID"
		}
		m.MainPID = int(pid)
	case "WATCHDOG":
		m.Watchdog = Watchdog(value)
		if m.Watchdog != Ping && m.Watchdog != Trigger {
			m.Watchdog = ""
			return "neither 1 nor trigger"
		}
	case "WATCHDOG_USEC":
		return microseconds(value, func(d time.Duration) { m.WatchdogSec = &d })
	case "EXTEND_TIMEOUT_USEC":
		return microseconds(value, func(d time.Duration) { m.ExtendTimeout = d })
	case "NOTIFYACCESS":
		if !slices.Contains([]string{"none", "main", "exec", "all"}, value) {
			return "neither none, main, exec nor all"
		}
		m.Access = value
	}
	return complaint
}

// microseconds reads a number of 64 bits. What no Duration can hold is the longest one: 2^64-1
// is systemd's infinity.
func microseconds(value string, take func(time.Duration)) (complaint string) {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return "not a number of microseconds"
	}
	if n > math.MaxInt64/1000 {
		take(math.MaxInt64)
	} else {
		take(time.Duration(n) * time.Microsecond)
	}
	return ""
}

// validText is systemd's utf8_is_valid: no noncharacters of Unicode either.
func validText(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if r&0xfffe == 0xfffe || 0xfdd0 <= r && r <= 0xfdef {
			return false
		}
	}
	return true
}

// parseErrno takes a number up to the kernel's largest, or a name such as ENOENT.
func parseErrno(value string) (syscall.Errno, bool) {
	const most = 4095
	if n, err := strconv.ParseUint(value, 10, 32); err == nil {
		return syscall.Errno(n), n <= most
	}
	for e := syscall.Errno(1); e <= most && value != ""; e++ {
		if unix.ErrnoName(e) == value {
			return e, true
		}
	}
	return 0, false
}

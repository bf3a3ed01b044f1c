package watchdog

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Linux's real-time signals as programs see them; the C library keeps the first two.
const sigRTMin, sigRTMax = 34, 64

// ParseSignal reads a signal's name, with or without SIG, or its number: KILL,
// SIGKILL, 9, RTMIN+3.
func ParseSignal(word string) (syscall.Signal, error) {
	if number, err := strconv.ParseUint(strings.TrimPrefix(word, "+"), 0, 32); err == nil && !strings.Contains(word, "_") {
		if number == 0 || number > sigRTMax {
			return 0, fmt.Errorf("no signal has the number %d", number)
		}
		return syscall.Signal(number), nil
	}
	if signal, ok := signalNamed(word); ok {
		return signal, nil
	}
	return 0, fmt.Errorf("%q is not a signal; write a name such as SIGTERM or TERM, or a number", word)
}

func signalNamed(word string) (syscall.Signal, bool) {
	name := "SIG" + strings.TrimPrefix(word, "SIG")
	if signal := unix.SignalNum(name); signal != 0 {
		return signal, true
	}
	for _, edge := range []struct {
		name string
		base int
		sign byte
	}{{"SIGRTMIN", sigRTMin, '+'}, {"SIGRTMAX", sigRTMax, '-'}} {
		offset, found := strings.CutPrefix(name, edge.name)
		if !found {
			continue
		}
		n := 0
		if offset != "" {
			var err error
			if n, err = strconv.Atoi(offset); err != nil || offset[0] != edge.sign {
				return 0, false
			}
		}
		if n += edge.base; sigRTMin <= n && n <= sigRTMax {
			return syscall.Signal(n), true
		}
	}
	return 0, false
}

// SignalName is the full name, SIGTERM; real-time signals are named from SIGRTMIN.
func SignalName(signal syscall.Signal) string {
	if name := unix.SignalName(signal); name != "" {
		return name
	}
	if sigRTMin <= signal && signal <= sigRTMax {
		return fmt.Sprintf("SIGRTMIN+%d", int(signal)-sigRTMin)
	}
	return fmt.Sprintf("SIG%d", int(signal))
}

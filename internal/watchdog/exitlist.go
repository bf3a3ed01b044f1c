package watchdog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// An ExitList names exits: the value of SuccessExitStatus=, RestartPreventExitStatus=
// (the no-restart list) and RestartForceExitStatus=. The zero value names none.
type ExitList struct {
	Codes   []int            `json:"codes,omitempty"`
	Signals []syscall.Signal `json:"signals,omitempty"`
	// OOM matches a kill by the kernel's out-of-memory killer, certain or probable.
	OOM bool `json:"oom,omitempty"`
}

// Add puts one word of a list into it. As in systemd a number is always an exit code,
// never a signal, and names are tried as exit codes before signals: 7, TEMPFAIL,
// SIGKILL, KILL; OOM is holdfast's own. Case counts.
func (l *ExitList) Add(word string) error {
	if code, err := strconv.ParseUint(strings.TrimPrefix(word, "+"), 0, 8); err == nil && !strings.Contains(word, "_") {
		l.Codes = addOnce(l.Codes, int(code))
		return nil
	}
	if word == "OOM" {
		l.OOM = true
		return nil
	}
	if code, ok := exitCode(word); ok {
		l.Codes = addOnce(l.Codes, code)
		return nil
	}
	if signal, ok := signalNamed(word); ok {
		l.Signals = addOnce(l.Signals, signal)
		return nil
	}
	return fmt.Errorf("%q is no exit code (0 to 255), exit name (TEMPFAIL), signal (SIGKILL or KILL) or OOM", word)
}

// Has reports whether the list names the exit. An exited code matches only a number
// and a kill only a signal's name: exit code 143 is not SIGTERM.
func (l ExitList) Has(e Exit) bool {
	if e.Signal == 0 {
		return !e.NoFork && !e.Unknown && slices.Contains(l.Codes, e.Code)
	}
	return l.OOM && e.OOM != NotOOM || slices.Contains(l.Signals, e.Signal)
}

// String is the list as it would be written in a service file.
func (l ExitList) String() string {
	var words []string
	for _, code := range l.Codes {
		words = append(words, strconv.Itoa(code))
	}
	for _, signal := range l.Signals {
		words = append(words, SignalName(signal))
	}
	if l.OOM {
		words = append(words, "OOM")
	}
	return strings.Join(words, " ")
}

func addOnce[T comparable](list []T, item T) []T {
	if slices.Contains(list, item) {
		return list
	}
	return append(list, item)
}

package watchdog

import (
	"fmt"
	"syscall"
)

// An Exit is how a run ended: exited with a code, or killed by a signal.
type Exit struct {
	// Code is the exit code, 0 to 255, when Signal is 0. The codes 200 to 245 with
	// an Err come from the guardian: the program was never executed
	// (systemd.exec(5), "Process Exit Codes").
	Code int `json:"code"`
	// Signal is the signal that killed the business; 0 when it exited by itself.
	Signal syscall.Signal `json:"signal,omitempty"`
	// Core says that a core was dumped.
	Core bool `json:"core,omitempty"`
	// OOM says whether the kernel's out-of-memory killer sent the SIGKILL.
	OOM OOM `json:"oom,omitempty"`
	// Err says why the program could not be executed; "" when it was.
	Err string `json:"error,omitempty"`
	// NoFork says that not even a process could be made (Result=resources).
	NoFork bool `json:"no_fork,omitempty"`
	// Unknown says that nobody could tell how it ended: no guardian was alive, and the
	// kernel did not keep it. That counts as a failure, on no list; Code is 255.
	Unknown bool `json:"unknown,omitempty"`
}

// unknownExit is that of a business that ended unseen.
var unknownExit = Exit{Code: 255, Unknown: true}

// OOM is what is known about the out-of-memory killer's part in an exit.
type OOM string

// What the sources of the kernel can tell.
const (
	NotOOM      OOM = ""         // another sender, or no SIGKILL at all
	ProbablyOOM OOM = "probable" // only a counter of the whole host rose
	ByOOM       OOM = "certain"  // the kernel named the process, or its cgroup's counter rose
)

// String is for people: "exited with 7", "killed by SIGKILL (out of memory)".
func (e Exit) String() string {
	switch {
	case e.Unknown:
		return "ended in an unknown way"
	case e.NoFork:
		return "not started: " + e.Err
	case e.Err != "":
		return fmt.Sprintf("not executed: %s (status=%d/%s)", e.Err, e.Code, ExitName(e.Code))
	case e.Signal == 0:
		// The LSB's names of 2 to 7 are an init script's words, not a program's.
		if name := ExitName(e.Code); name != "" && e.Code > 7 {
			return fmt.Sprintf("exited with %d (%s)", e.Code, name)
		}
		return fmt.Sprintf("exited with %d", e.Code)
	}
	text := "killed by " + SignalName(e.Signal)
	switch {
	case e.OOM == ByOOM:
		text += " (out of memory)"
	case e.OOM == ProbablyOOM:
		text += " (probably out of memory)"
	case e.Core:
		text += " (core dumped)"
	}
	return text
}

// Brief is the form of systemctl's status: "code=exited, status=7" or
// "code=killed, signal=KILL". Like systemctl it names only C's and systemd's own codes.
func (e Exit) Brief() string {
	if e.Unknown {
		return "code=unknown"
	}
	if e.Signal != 0 {
		return fmt.Sprintf("code=%s, signal=%s", e.Cause(), SignalName(e.Signal)[len("SIG"):])
	}
	if name := ExitName(e.Code); name != "" && (e.Code <= 1 || e.Code >= 200) {
		return fmt.Sprintf("code=exited, status=%d/%s", e.Code, name)
	}
	return fmt.Sprintf("code=exited, status=%d", e.Code)
}

// Cause is the word of waitid(2) for the exit: exited, killed or dumped; or unknown.
func (e Exit) Cause() string {
	switch {
	case e.Unknown:
		return "unknown"
	case e.Signal == 0:
		return "exited"
	case e.Core:
		return "dumped"
	}
	return "killed"
}

// Status is the number that goes with Cause: the code or the signal's number.
func (e Exit) Status() int {
	if e.Signal != 0 {
		return int(e.Signal)
	}
	return e.Code
}

// Package handover puts another program into this process, and hands it what the process
// has: a state, open files, its children and its PID.
//
// An exec keeps a process's children, its locks and its pipes, so whoever deals with
// those notices nothing.
package handover

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"holdfast/internal/proc"
)

// Format is the number of the form in which a state is handed over. It is raised with every
// change that a program of the number before would misunderstand.
const Format = 1

// Question is the command by which a program says which states it understands: it is
// called with the number of a format, and prints its own and its version, or fails with
// a sentence.
const Question = "handover-version"

// Keep is the command by which a program keeps the signals of its parent, which is in the
// middle of an exec: [KeepSignals].
const Keep = "handover-keep"

// Answer is what a program of that version has to say to [Question].
func Answer(format, version string) (string, error) {
	number, err := strconv.Atoi(format)
	switch {
	case err != nil:
		return "", fmt.Errorf("%q is not the number of a format", format)
	case number != Format:
		return "", fmt.Errorf("holdfast %s takes over a state of format %d, not of format %d", version, Format, number)
	}
	return fmt.Sprintf("%d %s", Format, version), nil
}

// probeTime is how long a program may take to answer; it needs milliseconds.
const probeTime = 20 * time.Second

// Probe runs the program to ask whether it can take over a state of that format, and
// returns its version.
func Probe(ctx context.Context, binary string, format int) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	probe := exec.CommandContext(ctx, binary, Question, strconv.Itoa(format))
	probe.WaitDelay = time.Second // what it has started may keep its output open
	var complaint strings.Builder
	probe.Stderr = &complaint
	out, err := probe.Output()
	var exit *exec.ExitError
	var errno syscall.Errno
	switch said := strings.TrimSpace(strings.TrimPrefix(complaint.String(), "holdfast: ")); {
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s: no answer within %s", binary, probeTime)
	case errors.As(err, &exit) && said != "":
		return "", fmt.Errorf("%s refuses: %s", binary, firstLine(said))
	case errors.As(err, &exit):
		return "", fmt.Errorf("%s refuses: %w", binary, err)
	case errors.As(err, &errno):
		return "", fmt.Errorf("%s cannot be run: %w", binary, proc.ExplainExec(proc.Spec{Path: binary}, errno))
	case err != nil:
		return "", fmt.Errorf("%s cannot be run: %w", binary, err)
	}
	number, version, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if number != strconv.Itoa(Format) && number != strconv.Itoa(format) || version == "" || strings.Contains(version, "\n") {
		return "", fmt.Errorf("%s is no holdfast, or too old a one: it does not answer '%s'", binary, Question)
	}
	return version, nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// A Handed is what a program finds that was put into the place of another.
type Handed struct {
	State []byte
	Files []*os.File // in the order in which they were handed over; an exec closes them
	// Calls are the signals that have come since the old program has looked for the last time,
	// and those that are to come.
	Calls chan os.Signal
}

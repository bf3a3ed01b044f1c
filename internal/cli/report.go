package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"holdfast/daemon"
	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

// report words how a launch went.
func report(stdout io.Writer, service watchdog.Service, body []byte, err error) error {
	var failed *daemon.FailedError
	switch {
	case errors.As(err, &failed):
		body = failed.Body
	case errors.Is(err, context.Canceled):
		return failure(fmt.Errorf("%s: the start was interrupted; nothing is left running", service.Name))
	case err != nil:
		return failure(fmt.Errorf("%s was not started: %w", service.Name, err))
	}
	var reply watchdog.Reply
	if err := json.Unmarshal(body, &reply); err != nil {
		return failure(fmt.Errorf("%s: the guardian's answer makes no sense: %w", service.Name, err))
	}
	return reportReply(stdout, service.Name, reply)
}

// reportReply words the outcome of a start or restart.
func reportReply(stdout io.Writer, name string, reply watchdog.Reply) error {
	record := reply.Record
	switch reply.Outcome {
	case "": // --no-block: nobody waited for an outcome
		fmt.Fprintf(stdout, "%s is being started, guarded by PID %d\n", name, record.Guardian.PID)
		return nil
	case watchdog.NotWanted:
		fmt.Fprintf(stdout, "%s is %s\n", name, record.Reason)
		return nil
	case watchdog.Reloaded:
		fmt.Fprintf(stdout, "%s was reloaded\n", name)
		return nil
	case watchdog.ReloadFailed:
		if last := record.LastRun(); last != nil && last.Exit != nil { // as of a signal that it does not know
			return failure(fmt.Errorf("%s was not reloaded: the program has ended meanwhile (%s); 'holdfast status %[1]s' tells more", name, last.Exit))
		}
		return failure(fmt.Errorf("%s was not reloaded: its ExecReload= failed; 'holdfast logs %[1]s' may tell more", name))
	case watchdog.Started:
		if record.State == watchdog.AfterExit {
			fmt.Fprintf(stdout, "%s has run and stays active, guarded by PID %d\n", name, record.Guardian.PID)
			return nil
		}
		if record.Business.PID == 0 && record.State == watchdog.Running {
			fmt.Fprintf(stdout, "%s is running, guarded by PID %d; which of its processes is the main one is not known\n", name, record.Guardian.PID)
			return nil
		}
		if record.Business.PID == 0 { // Type=simple counts a program as started that could not be executed
			fmt.Fprintf(stdout, "%s was started, which is all that Type=%s waits for, but is down: %s\n", name, record.Service.Type, record.Reason)
			return nil
		}
		if record.Adopted() {
			fmt.Fprintf(stdout, "%s was adopted: PID %d, guarded by PID %d\n", name, record.Business.PID, record.Guardian.PID)
			return nil
		}
		fmt.Fprintf(stdout, "%s is running: PID %d, guarded by PID %d\n", name, record.Business.PID, record.Guardian.PID)
		return nil
	case watchdog.Ended:
		if !record.Progress.Ran {
			fmt.Fprintf(stdout, "%s has run and ended\n", name)
			return nil
		}
		fmt.Fprintf(stdout, "%s has run and ended: %s\n", name, record.LastExit())
		return nil
	case watchdog.Cancelled:
		return failure(fmt.Errorf("%s: the start was cancelled by a stop", name))
	}
	return failure(errors.New(failedStart(name, record)))
}

// failedStart is one sentence, and what the program printed last.
func failedStart(name string, record watchdog.Record) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s failed to start (Result=%s): %s", name, record.Result, record.Reason)
	if record.Result == watchdog.Protocol && record.Service.Type != watchdog.Forking {
		text.WriteString("; if it puts itself into the background, tell it to stay in the foreground, or say Type=forking")
	}
	if limit := record.Service.StartLimit; limit.Burst > 0 && record.State == watchdog.Failed && record.Window.Count > limit.Burst {
		fmt.Fprintf(&text, "; 'holdfast reset-failed %s' lets it start again", name)
	}
	run, output := record.LastRun(), record.Output
	if !record.Progress.Ran {
		run = nil // of an earlier life
	} else if run != nil {
		output = run.Output
	}
	if run != nil && run.Unseen { // so this start has only carried out what was to follow
		fmt.Fprintf(&text, "; that was while no guardian was alive, and 'holdfast start %s' starts it anew", name)
	}
	if len(output) == 0 {
		return text.String()
	}
	text.WriteString("; it printed:")
	for _, line := range output {
		text.WriteString("\n    " + line)
	}
	return text.String()
}

// warn prints what was found wrong with a service file but does not keep it from
// being started.
func warn(stderr io.Writer, problems []unit.Problem) {
	for _, problem := range problems {
		if !problem.Fatal {
			fmt.Fprintf(stderr, "holdfast: warning: %v\n", problem)
		}
	}
}

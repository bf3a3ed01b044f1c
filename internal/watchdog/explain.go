package watchdog

import (
	"fmt"
	"strings"
	"time"
)

const (
	stoppedOnRequest   = "stopped on request"
	restartedOnRequest = "restarted on request"
)

// explainRestart is "restarting in 4.2 s: exited with 7, Restart=on-failure; restart
// 3, backoff step 2 of 8".
func explainRestart(cause string, v Verdict, b Backoff, wait time.Duration, restart, step int) string {
	text := fmt.Sprintf("restarting in %s: %s, %s; restart %d", Span(wait), cause, v.Because, restart)
	if wait == 0 {
		text = fmt.Sprintf("restarting at once: %s, %s; restart %d", cause, v.Because, restart)
	}
	if b.grows() {
		text += fmt.Sprintf(", backoff step %d of %d", min(step, b.RestartSteps), b.RestartSteps)
	}
	return text
}

// explainEnd is "not restarting: killed by SIGKILL (out of memory), on the no-restart list".
func explainEnd(cause string, v Verdict) string {
	return fmt.Sprintf("not restarting: %s, %s", cause, v.Because)
}

func explainLimit(limit StartLimit, e *Exit) string {
	within := "ever"
	if limit.Interval != Infinity {
		within = "within " + Span(limit.Interval)
	}
	text := fmt.Sprintf("not starting: start limit of %d starts %s is reached", limit.Burst, within)
	if e != nil {
		text += "; the last run " + past(e)
	}
	return text
}

func explainEarlyEnd(e *Exit, settle time.Duration) string {
	return fmt.Sprintf("not restarting: %s within the first %s, before it counted as started", e, Span(settle))
}

func explainLeftovers() string {
	return "not restarting: old processes are still there, and SendSIGKILL=no forbids to kill them"
}

func past(e *Exit) string {
	if e.Signal != 0 || e.Err != "" {
		return "was " + e.String()
	}
	return e.String()
}

// Span is a time for people: "100 ms", "4.2 s", "2 min 30 s", "3 h 5 min".
func Span(d time.Duration) string {
	switch {
	case d == Infinity:
		return "for ever"
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
	case d < time.Hour:
		return twoUnits(d, time.Minute, "min", time.Second, "s")
	case d < 24*time.Hour:
		return twoUnits(d, time.Hour, "h", time.Minute, "min")
	}
	return twoUnits(d, 24*time.Hour, "d", time.Hour, "h")
}

func twoUnits(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	text := fmt.Sprintf("%d %s", d/big, bigName)
	if rest := d % big / small; rest > 0 {
		text += fmt.Sprintf(" %d %s", rest, smallName)
	}
	return text
}

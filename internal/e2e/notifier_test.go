//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/notify"
)

// notifier is the command line of a business that says these states of itself in one
// message when it comes up; then WATCHDOG=1, if that is wanted of it; on SIGHUP that it
// reloads; and on SIGUSR1 what is in the file say of its working directory.
func notifier(states ...string) string {
	return fmt.Sprintf("env %s=notifier GOTRACEBACK=crash %s %s", roleVariable, os.Args[0], strings.Join(states, " "))
}

// forkingNotifier is one that hands its place over to another process, as the first of
// which nothing is left.
func forkingNotifier(states ...string) string {
	return strings.Replace(notifier(states...), "=notifier", "=forking-notifier", 1)
}

func playNotifier(states []string) {
	manager := notify.OurManager()
	signals := make(chan os.Signal, 10)
	signal.Notify(signals, unix.SIGHUP, unix.SIGUSR1)
	say := func(states ...string) {
		if err := manager.Send(states...); err != nil {
			fmt.Println(err) // as long as nobody guards it
		}
	}
	say(states...)
	var due <-chan time.Time
	if µs, err := strconv.Atoi(os.Getenv("WATCHDOG_USEC")); err == nil {
		due = time.Tick(time.Duration(µs) * time.Microsecond / 10)
	}
	for {
		select {
		case <-due:
			say("WATCHDOG=1")
		case s := <-signals:
			if s == unix.SIGUSR1 {
				said, _ := os.ReadFile("say")
				say(string(said))
				continue
			}
			var now unix.Timespec
			unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
			say("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", now.Nano()/1000))
			say("READY=1", "STATUS=reloaded")
		}
	}
}

func playForkingNotifier(states []string) {
	child := exec.Command("sh", "-c", "read go; exec "+os.Args[0]+` "$@"`, "sh")
	child.Args = append(child.Args, states...)
	child.Env = append(os.Environ(), roleVariable+"=notifier")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	in, err := child.StdinPipe()
	if err == nil {
		err = child.Start()
	}
	if err == nil {
		err = notify.OurManager().Send(fmt.Sprintf("MAINPID=%d", child.Process.Pid))
	}
	if err == nil {
		_, err = in.Write([]byte("go\n"))
	}
	if err != nil {
		panic(err)
	}
}

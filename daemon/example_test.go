package daemon_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"holdfast/daemon"
	"holdfast/pidfile"
)

// A whole program: "./clock" starts a daemon and says whether it is up.
func Example() {
	main := func() {
		if guardian := daemon.Enter(); guardian != nil {
			tick(guardian)
			return
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		answer, err := daemon.Launch(ctx, daemon.Options{
			Args:    []string{"clock", "guardian"},
			PIDFile: "/run/clock.pid",
			Payload: []byte("1s"),
			Output:  "/var/log/clock.log",
			Timeout: 10 * time.Second,
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, "clock:", err)
			os.Exit(1)
		}
		fmt.Printf("%s\n", answer)
	}
	_ = main
}

// tick is the daemon.
func tick(guardian *daemon.Guardian) {
	defer pidfile.Remove(guardian.PIDFile, os.Getpid())
	interval, err := time.ParseDuration(string(guardian.Payload))
	if err != nil {
		guardian.Failed([]byte(err.Error()))
		return
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	if err := guardian.Started(fmt.Appendf(nil, "ticking every %v", interval)); err != nil {
		return // the launcher was interrupted meanwhile
	}
	for {
		select {
		case now := <-time.After(interval):
			fmt.Println(now)
		case <-stop:
			return
		}
	}
}

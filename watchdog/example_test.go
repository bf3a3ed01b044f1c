//go:build linux

package watchdog_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"holdfast/watchdog"
)

// main is the whole of a program that guards itself.
func main() {
	watchdog.Main(watchdog.Service{
		Name:     "clock",
		Settings: []string{"Type=notify-reload", "Restart=on-failure"},
	}, run)
}

// run is what the program is for.
func run(ctx context.Context) error {
	watchdog.OnReload(ctx, func() error {
		fmt.Println("reading the configuration again")
		return nil
	})
	fmt.Println("ready, with", os.Args[1:])
	watchdog.Ready(ctx)
	<-ctx.Done()
	return nil
}

// At a shell: ./clock start -- -utc; ./clock is-active; and so on.
func Example() {
	clock := func(args ...string) {
		c := exec.Command(os.Args[0], args...) // this test, which plays main
		c.Env = append(os.Environ(), "PLAY=main")
		c.Stderr = os.Stderr
		out, err := c.Output()
		if err != nil {
			fmt.Println(err)
		}
		if args[0] != "start" { // it tells PIDs
			fmt.Print(string(out))
		}
	}
	clock("start", "--", "-utc")
	clock("is-active")
	clock("reload")
	clock("stop")
	clock("logs")
	// Output:
	// active
	// clock was reloaded
	// clock was stopped
	// ready, with [-utc]
	// reading the configuration again
}

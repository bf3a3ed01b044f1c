//go:build linux

package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"holdfast/daemon"
	"holdfast/pidfile"
)

// main is the whole of a program: "clock DIRECTORY" starts a daemon and says whether it is
// up.
func main() {
	if guardian := daemon.Enter(); guardian != nil {
		tick(guardian)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir := os.Args[1]
	answer, err := daemon.Launch(ctx, daemon.Options{
		Args:    []string{"clock", "guardian"},
		PIDFile: filepath.Join(dir, "clock.pid"),
		Payload: []byte("1s"),
		Output:  filepath.Join(dir, "clock.log"),
		Timeout: time.Minute,
	})
	if err != nil {
		fmt.Println("clock:", err)
		return
	}
	fmt.Printf("%s\n", answer)
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

// init has the test play the program, in each of its processes.
func init() {
	if os.Getenv("PLAY") == "clock" {
		main()
		os.Exit(0)
	}
}

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	clock := exec.Command(os.Args[0], dir) // this test, which plays main
	clock.Env = append(os.Environ(), "PLAY=clock")
	said, err := clock.CombinedOutput()
	fmt.Printf("%s%v\n", said, err)

	// The PID file is right as soon as the launcher has ended.
	found, err := pidfile.Verify(filepath.Join(dir, "clock.pid"))
	fmt.Println(found.State, err)
	if found.State == pidfile.Alive {
		syscall.Kill(found.PID, syscall.SIGTERM)
	}
	for !errors.Is(err, fs.ErrNotExist) {
		time.Sleep(time.Millisecond)
		_, err = os.Stat(filepath.Join(dir, "clock.pid"))
	}
	fmt.Println("it has tidied up")
	// Output:
	// ticking every 1s
	// <nil>
	// alive <nil>
	// it has tidied up
}

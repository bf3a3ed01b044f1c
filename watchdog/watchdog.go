// Package watchdog makes a Go program its own guardian: one binary that starts itself in
// the background, watches itself from a process of its own, and starts itself again.
//
// [Main] gives the program the command line of holdfast: start, stop, status, restart,
// reload, logs, history, upgrade and the others. What the program is for is a function,
// the business, which runs in a process below the guardian; only there anything but Main
// should happen, so call Main first in main, and do nothing costly in init.
//
// Inside the function the context tells of a stop; [Ready], [Status], [Alive] and
// [OnReload] talk to the guardian.
package watchdog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"holdfast/internal/cli"
)

// A Service says how the program is guarded. The zero value is a service named as the
// program that is restarted after every end, at first after 100 ms and at most after 30 s,
// as one that "holdfast start -- PROGRAM" guards.
type Service struct {
	// Name is the service's name, of letters, digits and :-_.\@; it names its directories.
	// The default is the program's name as it was called.
	Name string

	// Description is one line for people. The default is Name.
	Description string

	// Settings are directives of a service file, "Name=value", as holdfast's -p takes them;
	// those of the command line come after them. A wrong one is told at the start, with
	// exit code 2. Worth knowing are
	//
	//	Restart=on-failure               not after a return of nil
	//	RestartPreventExitStatus=7       nor after os.Exit(7)
	//	Type=notify                      a start waits for Ready
	//	Type=notify-reload               and a reload for what OnReload was given
	//	WatchdogSec=10                   a business that does not call Alive for 10 s is ended
	//	TimeoutStopSec=30                what has not returned by then is killed
	//	Home=/srv/web                    it lives there, in run/NAME and log/NAME
	Settings []string
}

// Main is the whole of main. It finds out which role the process has, plays it, and ends
// the process; it does not return.
//
// In the business's process it calls business. Its context is cancelled when the service
// is stopped (SIGTERM, SIGINT), and os.Args are the program's own arguments. A return of nil
// ends the process with exit code 0, an error is printed to stderr and ends it with 1, but for
// the context's own after a stop, which is a return of nil. Whether that is followed by
// another run is the guardian's decision.
//
// Any other process reads a command line. Without arguments it guards in the foreground. The
// program's own arguments come after "--"; without a "--" they are those of its last start.
func Main(service Service, business func(ctx context.Context) error) {
	service.Name = cmp.Or(service.Name, filepath.Base(os.Args[0]))
	app := cli.Application{
		Name:        service.Name,
		Description: cmp.Or(service.Description, service.Name),
		Settings:    service.Settings,
		Business:    func() int { return live(service.Name, business) },
	}
	os.Exit(app.Main())
}

// live is the business's life, up to its exit code.
func live(name string, business func(ctx context.Context) error) int {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	g := newGuardian()
	defer context.AfterFunc(ctx, func() { g.tell("STOPPING=1") })()
	err := business(context.WithValue(ctx, guardianKey{}, g))
	if err == nil || ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return 0
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	return 1
}

package watchdog

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"holdfast/internal/notify"
)

// Ready says that the business can serve. With Type=notify a start waits for that.
//
// Like the others here it may be called from any goroutine, and does nothing outside of
// [Main], in a service that does not notify, or while there is no guardian.
func Ready(ctx context.Context) {
	if g := guardianOf(ctx); g != nil {
		g.ready.Store(true)
		g.tell("READY=1")
	}
}

// Status says in one line how the business is; "status" shows it.
func Status(ctx context.Context, text string) {
	guardianOf(ctx).tell("STATUS=" + strings.ReplaceAll(text, "\n", " "))
}

// Alive is the sign of life that WatchdogSec= wants; give it at least twice in that time.
func Alive(ctx context.Context) { guardianOf(ctx).tell("WATCHDOG=1") }

// OnReload has reload called at each "reload" (SIGHUP), one call after another, in a
// goroutine of its own. An error is printed to stderr, and the business goes on as it was. With
// Type=notify-reload "reload" waits until the call has returned. Without OnReload a reload does
// nothing. A second OnReload takes the first one's place.
func OnReload(ctx context.Context, reload func() error) {
	g := guardianOf(ctx)
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reload = reload
}

// A guardian is the business's view of it. There is none in a nil one.
type guardian struct {
	manager notify.Manager
	ready   atomic.Bool
	mu      sync.Mutex
	reload  func() error
}

type guardianKey struct{}

func guardianOf(ctx context.Context) *guardian {
	g, _ := ctx.Value(guardianKey{}).(*guardian)
	return g
}

// newGuardian begins to listen for reloads: SIGHUP must not end a business that has not
// come to OnReload yet.
func newGuardian() *guardian {
	g := &guardian{manager: notify.OurManager()}
	os.Unsetenv(notify.Variable) // what the business starts must not speak for it
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			g.reloadNow()
		}
	}()
	return g
}

func (g *guardian) reloadNow() {
	ready := g.ready.Load() // else its end would be taken for Ready
	if ready {
		g.tell(append([]string{"RELOADING=1"}, reloadTime()...)...)
	}
	g.mu.Lock()
	reload := g.reload
	g.mu.Unlock()
	if reload != nil {
		if err := reload(); err != nil {
			fmt.Fprintln(os.Stderr, "reload:", err)
		}
	}
	if ready {
		g.tell("READY=1")
	}
}

// tell leaves out what cannot be told: the business goes on without a guardian.
func (g *guardian) tell(states ...string) {
	if g != nil {
		g.manager.Send(states...)
	}
}

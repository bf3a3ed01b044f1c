package daemon

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// conversation is a guardian that has its payload, and the launcher's end.
func conversation(t *testing.T) (*Guardian, *os.File) {
	t.Helper()
	ours, theirs, err := handshake()
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(int(theirs.Fd()), true); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Dup(int(theirs.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	g := &Guardian{launcher: os.NewFile(uintptr(fd), "handshake"), cancelled: make(chan struct{})}
	t.Cleanup(func() { ours.Close(); g.launcher.Close() })
	return g, ours
}

func TestAfterTheAnswerTheLauncherMeansNothing(t *testing.T) {
	t.Parallel()
	g, launcher := conversation(t)
	watched := make(chan struct{})
	go func() { g.watch(); close(watched) }()
	if err := g.Started([]byte("up")); err != nil {
		t.Fatal(err)
	}
	<-watched // the answer ends the watch
	select {
	case <-g.Cancelled():
		t.Error("cancelled after the answer")
	default:
	}
	if m, err := receive(launcher); m.kind != sayStarted || string(m.body) != "up" || err != nil {
		t.Errorf("the launcher received %q %q, %v", m.kind, m.body, err)
	}
	if g.Started(nil) == nil || g.Failed(nil) == nil {
		t.Error("a second answer was taken")
	}
}

func TestAnswerToADeadLauncher(t *testing.T) {
	t.Parallel()
	for _, watching := range []bool{true, false} {
		g, launcher := conversation(t)
		launcher.Close()
		if watching {
			g.watch()
			<-g.Cancelled()
		}
		if err := g.Started(nil); !errors.Is(err, ErrCancelled) {
			t.Errorf("Started: %v", err)
		}
		if err := g.Failed(nil); !errors.Is(err, ErrCancelled) {
			t.Errorf("Failed: %v", err)
		}
	}
}

func TestCancelledGuardianMayStillExplain(t *testing.T) {
	t.Parallel()
	g, launcher := conversation(t)
	if err := unix.Shutdown(int(launcher.Fd()), unix.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	g.watch()
	if err := g.Started(nil); !errors.Is(err, ErrCancelled) {
		t.Errorf("Started: %v", err)
	}
	if err := g.Failed([]byte("why")); err != nil {
		t.Errorf("Failed: %v", err)
	}
	if m, err := receive(launcher); m.kind != sayFailed || string(m.body) != "why" || err != nil {
		t.Errorf("the launcher received %q %q, %v", m.kind, m.body, err)
	}
}

func TestMessageIsReadToItsEndAndNoFurther(t *testing.T) {
	t.Parallel()
	var wire bytes.Buffer
	for _, body := range []string{"", "one", strings.Repeat("x", 1<<20)} {
		if err := send(&wire, 'k', []byte(body)); err != nil {
			t.Fatal(err)
		}
		wire.WriteString("rest")
		m, err := receive(&wire)
		if err != nil || m.kind != 'k' || string(m.body) != body || wire.String() != "rest" {
			t.Errorf("received %q and %d bytes, %v, %q is left", m.kind, len(m.body), err, wire.String())
		}
		wire.Reset()
	}
	for _, torn := range []string{"", "k", "k\x00\x00\x00", "k\x00\x00\x00\x04abc", "k\xff\xff\xff\xffabc"} {
		if m, err := receive(strings.NewReader(torn)); err == nil {
			t.Errorf("receive(%q) = %+v", torn, m)
		}
	}
}

func TestLongFailureIsShortened(t *testing.T) {
	t.Parallel()
	err := &FailedError{Body: bytes.Repeat([]byte("x"), 1<<20)}
	if len(err.Error()) > 1100 {
		t.Errorf("%d bytes of error", len(err.Error()))
	}
}

func TestLaunchWithoutEnterIsRefused(t *testing.T) {
	defer func(was bool) { entered = was }(entered)
	entered = false
	if _, err := Launch(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "Enter") {
		t.Errorf("Launch: %v", err)
	}
}

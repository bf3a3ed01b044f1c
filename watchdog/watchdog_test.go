//go:build linux

package watchdog_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"holdfast/watchdog"
)

// TestMain is the tests, or a program that they start.
func TestMain(m *testing.M) {
	play := os.Getenv("PLAY")
	if play == "main" {
		main()
	}
	if business := parts()[play]; business != nil {
		watchdog.Main(watchdog.Service{Name: play, Settings: strings.Fields(os.Getenv("SETTINGS"))}, business)
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "holdfast-watchdog-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		os.Setenv("HOLDFAST_RUNTIME_DIR", dir+"/run")
		os.Setenv("HOLDFAST_LOG_DIR", dir+"/log")
		os.Setenv("GORACE", "atexit_sleep_ms=0")
		return m.Run()
	}())
}

// parts are businesses, each a service of its name.
func parts() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"done":  func(context.Context) error { return nil },
		"wrong": func(context.Context) error { return errors.New("it is wrong") },
		"seven": func(context.Context) error { os.Exit(7); return nil },
		"canceled": func(ctx context.Context) error {
			<-ctx.Done()
			return fmt.Errorf("waiting: %w", ctx.Err())
		},
		"alone": func(ctx context.Context) error { // nobody listens
			watchdog.Ready(ctx)
			watchdog.Status(ctx, "alone")
			watchdog.Alive(ctx)
			fmt.Println(os.Args[1:], os.Getenv("NOTIFY_SOCKET"))
			return nil
		},
		"says": func(ctx context.Context) error {
			watchdog.Status(ctx, "two\nlines")
			watchdog.Ready(ctx)
			fmt.Printf("socket %q\n", os.Getenv("NOTIFY_SOCKET"))
			<-ctx.Done()
			return nil
		},
		"deaf": func(ctx context.Context) error { // does without OnReload
			watchdog.Ready(ctx)
			<-ctx.Done()
			return nil
		},
		"mute": func(ctx context.Context) error { // a reload is no readiness
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Signal(syscall.SIGHUP)
			}
			<-ctx.Done()
			return err
		},
	}
}

// do runs a part with a command line, and returns its exit code and what it said.
func do(t *testing.T, part, settings string, args ...string) (code int, said string) {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), "PLAY="+part, "SETTINGS="+settings)
	if strings.Contains(settings, "Home=") {
		c.Env = append(c.Env, "HOLDFAST_RUNTIME_DIR=", "HOLDFAST_LOG_DIR=")
	}
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(out)
}

func TestEndsOfTheBusiness(t *testing.T) {
	t.Parallel()
	tests := []struct {
		part, settings string
		args           []string
		code           int
		said           string
	}{
		{"done", "Restart=no", []string{"run"}, 0, "exited with 0"},
		{"wrong", "Restart=no", []string{"run"}, 1, "wrong: it is wrong\n"},
		{"seven", "RestartPreventExitStatus=7", nil, 7, "exited with 7"},
		{"alone", "", []string{"business", "-x", "start"}, 0, "[-x start] \n"},
		{"done", "Restart=perhaps", []string{"start"}, 2, "done: "},
		{"wrong", "Type=notify", []string{"start"}, 1, "wrong: wrong failed to start"},
		{"mute", "Type=notify-reload TimeoutStartSec=2", []string{"start"}, 1, "Result=timeout"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(append([]string{tt.part}, tt.args...), " "), func(t *testing.T) {
			code, said := do(t, tt.part, tt.settings, tt.args...)
			if code != tt.code || !strings.Contains(said, tt.said) {
				t.Errorf("exit code %d, want %d; it said %q, want %q in it", code, tt.code, said, tt.said)
			}
		})
	}
}

// An end that was asked for is none to complain of.
func TestAStopCancelsTheContext(t *testing.T) {
	t.Parallel()
	do(t, "canceled", "", "start")
	if code, said := do(t, "canceled", "", "stop"); code != 0 {
		t.Errorf("stop: %d, %q", code, said)
	}
	if code, said := do(t, "canceled", "", "show", "-p", "ExecMainCode,ExecMainStatus"); said != "ExecMainCode=1\nExecMainStatus=0\n" {
		t.Errorf("show: %d, %q", code, said)
	}
}

func TestWhatTheBusinessSays(t *testing.T) {
	t.Parallel()
	if code, said := do(t, "says", "Type=notify", "start"); code != 0 {
		t.Fatal(said)
	}
	defer do(t, "says", "", "stop")
	if _, said := do(t, "says", "", "show", "-p", "StatusText", "--value"); said != "two lines\n" {
		t.Errorf("its status is %q", said)
	}
}

func TestAReloadWithoutOnReload(t *testing.T) {
	t.Parallel()
	if code, said := do(t, "deaf", "Type=notify-reload", "start"); code != 0 {
		t.Fatal(said)
	}
	defer do(t, "deaf", "", "stop")
	if code, said := do(t, "deaf", "", "reload"); code != 0 || said != "deaf was reloaded\n" {
		t.Errorf("exit code %d: %q", code, said)
	}
}

func TestHome(t *testing.T) {
	t.Parallel()
	settings := "Home=" + t.TempDir()
	if code, said := do(t, "canceled", settings, "start"); code != 0 {
		t.Fatal(said)
	}
	defer do(t, "canceled", settings, "stop")
	_, dir, _ := strings.Cut(settings, "=")
	if _, said := do(t, "canceled", settings, "status"); !strings.Contains(said, "Log: "+dir+"/log/canceled/output.log") {
		t.Error(said)
	}
}

package watchdog

import (
	"syscall"
	"testing"
)

func TestMessageFor(t *testing.T) {
	program := func(s syscall.Signal) message { return KillRequested{Signal: s, Whom: WhomMain} }
	tests := []struct {
		name     string
		signal   syscall.Signal
		process1 bool
		want     message
	}{
		{"TERM stops", syscall.SIGTERM, false, StopRequested{}},
		{"also in a container", syscall.SIGTERM, true, StopRequested{}},
		{"INT stops", syscall.SIGINT, true, StopRequested{}},
		{"HUP is what it was found to be", syscall.SIGHUP, true, ReloadRequested{}},
		{"QUIT is for the program", syscall.SIGQUIT, false, program(syscall.SIGQUIT)},
		{"USR1 rotates", syscall.SIGUSR1, false, rotationRequested{}},
		{"but is for the program in a container", syscall.SIGUSR1, true, program(syscall.SIGUSR1)},
		{"USR2 upgrades", syscall.SIGUSR2, false, upgradeRequested{}},
		{"but is for the program in a container", syscall.SIGUSR2, true, program(syscall.SIGUSR2)},
		{"a broken pipe is nobody's wish", syscall.SIGPIPE, true, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := messageFor(tt.signal, ReloadRequested{}, tt.process1); got != tt.want {
				t.Errorf("%v means %#v, want %#v", tt.signal, got, tt.want)
			}
		})
	}
}

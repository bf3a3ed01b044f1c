package notify

import (
	"encoding/json"
	"math"
	"strings"
	"syscall"
	"testing"
	"time"
)

func text(s string) *string                { return &s }
func span(d time.Duration) *time.Duration  { return &d }
func errno(e syscall.Errno) *syscall.Errno { return &e }
func asJSON(t *testing.T, value any) string {
	t.Helper()
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, datagram string
		want           Message
		warning        string // in the only one
	}{
		{"ready", "READY=1", Message{Ready: true}, ""},
		{"one NUL at the end is no part of it", "READY=1\x00", Message{Ready: true}, ""},
		{"several fields, empty lines and carriage returns", "READY=1\n\nSTATUS=hello there\r\nMAINPID=42\n", Message{Ready: true, Status: text("hello there"), MainPID: 42}, ""},
		{"READY=0 says nothing", "READY=0", Message{}, ""},
		{"a flag counts wherever it stands", "READY=0\nREADY=1", Message{Ready: true}, ""},
		{"of another field the first counts", "STATUS=a\nSTATUS=b\nMAINPID=x\nMAINPID=7", Message{Status: text("a")}, `MAINPID="x": not a PID`},
		{"reloading", "RELOADING=1\nMONOTONIC_USEC=1500000", Message{Reloading: true, Monotonic: 1500 * time.Millisecond}, ""},
		{"stopping", "STOPPING=1", Message{Stopping: true}, ""},
		{"unknown fields", "X_FOO=1\nBUSERROR=a.b\nFDSTORE=1\nnothing", Message{}, ""},
		{"nothing", "", Message{}, ""},
		{"names are case sensitive", "ready=1", Message{}, ""},
		{"an empty status takes the last one back", "STATUS=", Message{Status: text("")}, ""},
		{"a status with =", "STATUS=a=b", Message{Status: text("a=b")}, ""},
		{"a status of broken UTF-8 takes the last one back", "STATUS=\xff", Message{Status: text("")}, "not clean UTF-8"},
		{"a status with a noncharacter", "STATUS=\ufdd0", Message{Status: text("")}, "not clean UTF-8"},
		{"errno by number", "ERRNO=2", Message{Errno: errno(syscall.ENOENT)}, ""},
		{"errno by name", "ERRNO=ENOENT", Message{Errno: errno(syscall.ENOENT)}, ""},
		{"errno taken back", "ERRNO=0", Message{Errno: errno(0)}, ""},
		{"errno too large", "ERRNO=4096", Message{}, "ERRNO"},
		{"errno below zero", "ERRNO=-1", Message{}, "ERRNO"},
		{"errno empty", "ERRNO=", Message{}, "ERRNO"},
		{"exit status", "EXIT_STATUS=7", Message{ExitStatus: "7"}, ""},
		{"exit status too large", "EXIT_STATUS=256", Message{}, "EXIT_STATUS"},
		{"main PID 0", "MAINPID=0", Message{}, "MAINPID"},
		{"main PID below zero", "MAINPID=-3", Message{}, "MAINPID"},
		{"main PID beyond 31 bits", "MAINPID=4294967298", Message{}, "MAINPID"},
		{"ping", "WATCHDOG=1", Message{Watchdog: Ping}, ""},
		{"trigger", "WATCHDOG=trigger", Message{Watchdog: Trigger}, ""},
		{"neither", "WATCHDOG=0", Message{}, "neither 1 nor trigger"},
		{"another interval", "WATCHDOG_USEC=20000000", Message{WatchdogSec: span(20 * time.Second)}, ""},
		{"no watchdog", "WATCHDOG_USEC=0", Message{WatchdogSec: span(0)}, ""},
		{"an infinite interval", "WATCHDOG_USEC=18446744073709551615", Message{WatchdogSec: span(math.MaxInt64)}, ""},
		{"an interval beyond 64 bits", "WATCHDOG_USEC=18446744073709551616", Message{}, "WATCHDOG_USEC"},
		{"more time", "EXTEND_TIMEOUT_USEC=5000000", Message{ExtendTimeout: 5 * time.Second}, ""},
		{"more time, below zero", "EXTEND_TIMEOUT_USEC=-1", Message{}, "EXTEND_TIMEOUT_USEC"},
		{"access", "NOTIFYACCESS=all", Message{Access: "all"}, ""},
		{"unknown access", "NOTIFYACCESS=some", Message{}, "NOTIFYACCESS"},
		{"barrier", "BARRIER=1", Message{Barrier: true}, ""},
		{"BARRIER=0 is an unknown field", "BARRIER=0\nREADY=1", Message{Ready: true}, ""},
		{"as long as it may be", "STATUS=" + strings.Repeat("x", MaxSize-7), Message{Status: text(strings.Repeat("x", MaxSize-7))}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, warnings, err := Parse([]byte(tt.datagram))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := asJSON(t, got), asJSON(t, tt.want); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			all := strings.Join(warnings, "\n")
			if tt.warning == "" && all != "" || !strings.Contains(all, tt.warning) || len(warnings) > 1 {
				t.Errorf("warnings: %q, want %q", warnings, tt.warning)
			}
		})
	}
}

func TestWhatIsNoMessage(t *testing.T) {
	for name, datagram := range map[string]string{
		"NUL in the middle":          "READY=1\x00STATUS=x",
		"two NULs at the end":        "READY=1\x00\x00",
		"too long":                   "STATUS=" + strings.Repeat("x", MaxSize),
		"a barrier in other company": "READY=1\nBARRIER=1",
		"a barrier behind a barrier": "BARRIER=1\nBARRIER=1",
	} {
		if m, _, err := Parse([]byte(datagram)); err == nil || asJSON(t, m) != asJSON(t, Message{}) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"READY=1\nSTATUS=it works\nMAINPID=4711", "RELOADING=1\nMONOTONIC_USEC=123456789", "WATCHDOG=trigger\nWATCHDOG_USEC=18446744073709551615",
		"ERRNO=ENOENT\nEXIT_STATUS=255\nNOTIFYACCESS=exec", "BARRIER=1", "STATUS=\xff\xfe\n\x00", "EXTEND_TIMEOUT_USEC=1", "READY=1\x00", "=\n==\r\r=1",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, datagram []byte) {
		m, warnings, err := Parse(datagram)
		zero := asJSON(t, Message{})
		switch {
		case err != nil && (asJSON(t, m) != zero || warnings != nil):
			t.Errorf("an error and a message: %+v", m)
		case m.Barrier && asJSON(t, m) != asJSON(t, Message{Barrier: true}):
			t.Errorf("a barrier and more: %+v", m)
		case m.Status != nil && (!validText(*m.Status) || strings.ContainsAny(*m.Status, "\n\r\x00") || len(*m.Status) > MaxSize):
			t.Errorf("status %q", *m.Status)
		case m.MainPID < 0, m.Monotonic < 0, m.ExtendTimeout < 0, m.WatchdogSec != nil && *m.WatchdogSec < 0:
			t.Errorf("below zero: %+v", m)
		case m.Errno != nil && *m.Errno > 4095:
			t.Errorf("errno %d", *m.Errno)
		}
		for _, warning := range warnings {
			if strings.ContainsAny(warning, "\n\r\x1b\x00") || len(warning) > MaxSize+200 {
				t.Errorf("a warning that is no line: %q", warning)
			}
		}
	})
}

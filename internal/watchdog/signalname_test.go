package watchdog

import (
	"syscall"
	"testing"
)

func TestParseSignal(t *testing.T) {
	tests := []struct {
		word string
		want syscall.Signal // 0 where the word is refused
		name string
	}{
		{"SIGTERM", syscall.SIGTERM, "SIGTERM"},
		{"TERM", syscall.SIGTERM, "SIGTERM"},
		{"9", syscall.SIGKILL, "SIGKILL"},
		{"+9", syscall.SIGKILL, "SIGKILL"}, // numbers as systemd 252 takes them
		{"0x9", syscall.SIGKILL, "SIGKILL"},
		{"011", syscall.SIGKILL, "SIGKILL"},
		{"RTMIN", 34, "SIGRTMIN+0"},
		{"SIGRTMIN+3", 37, "SIGRTMIN+3"},
		{"RTMAX-1", 63, "SIGRTMIN+29"},
		{"RTMAX", 64, "SIGRTMIN+30"},
		{"64", 64, "SIGRTMIN+30"},
		{"33", 33, "SIG33"}, // the C library's own
		{word: "0"},
		{word: "65"},
		{word: "256"},
		{word: "-9"},
		{word: "09"},
		{word: "1_1"},
		{word: "RTMIN-0"},
		{word: "RTMAX+0"},
		{word: ""},
		{word: "SIG"},
		{word: "term"},
		{word: "SIGSIGTERM"},
		{word: "RTMIN-1"},
		{word: "RTMIN+31"},
		{word: "RTMIN+99999999999999999999"},
		{word: "OOM"},
	}
	for _, tt := range tests {
		got, err := ParseSignal(tt.word)
		if got != tt.want || (err == nil) != (tt.want != 0) {
			t.Errorf("ParseSignal(%q) = %d, %v, want %d", tt.word, got, err, tt.want)
		}
		if err == nil && SignalName(got) != tt.name {
			t.Errorf("SignalName(%d) = %s, want %s", got, SignalName(got), tt.name)
		}
	}
}

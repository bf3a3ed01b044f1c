package watchdog

import (
	"reflect"
	"strings"
	"syscall"
	"testing"
)

// exits makes the list of the words, which must all be good.
func exits(words string) ExitList {
	var list ExitList
	for _, word := range strings.Fields(words) {
		if err := list.Add(word); err != nil {
			panic(err)
		}
	}
	return list
}

func TestExitListWords(t *testing.T) {
	tests := []struct {
		name, words string
		want        ExitList
	}{
		{"a number is an exit code", "7", ExitList{Codes: []int{7}}},
		{"whatever its sign and base", "+7 0x10 010 0b1", ExitList{Codes: []int{7, 16, 8, 1}}},
		{"even where a signal has it", "9", ExitList{Codes: []int{9}}},
		{"the largest code", "255", ExitList{Codes: []int{255}}},
		{"hexadecimal", "0x10 0XfF", ExitList{Codes: []int{16, 255}}},
		{"a leading zero means octal, as in C", "010 0", ExitList{Codes: []int{8, 0}}},
		{"C's names", "SUCCESS FAILURE", ExitList{Codes: []int{0, 1}}},
		{"LSB's names", "NOTRUNNING", ExitList{Codes: []int{7}}},
		{"BSD's names", "TEMPFAIL DATAERR", ExitList{Codes: []int{75, 65}}},
		{"systemd's names", "CHDIR EXEC EXCEPTION", ExitList{Codes: []int{200, 203, 255}}},
		{"BPF and KSM as in the code, not as in the manual", "BPF KSM", ExitList{Codes: []int{244, 245}}},
		{"a signal with SIG", "SIGKILL", ExitList{Signals: []syscall.Signal{syscall.SIGKILL}}},
		{"a signal without", "KILL", ExitList{Signals: []syscall.Signal{syscall.SIGKILL}}},
		{"real-time signals", "RTMIN+3 SIGRTMAX-1 RTMIN", ExitList{Signals: []syscall.Signal{37, 63, 34}}},
		{"out of memory", "OOM", ExitList{OOM: true}},
		{"what was said twice counts once", "1 FAILURE TERM SIGTERM 0x1", ExitList{Codes: []int{1}, Signals: []syscall.Signal{syscall.SIGTERM}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := exits(tt.words)
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s = %+v, want %+v", tt.words, got, tt.want)
			}
			if again := exits(got.String()); !reflect.DeepEqual(again, got) {
				t.Errorf("%+v prints as %q, which reads as %+v", got, got, again)
			}
		})
	}
}

func TestExitListRefuses(t *testing.T) {
	for _, word := range []string{
		"", "256", "-1", "1.5", "08", "1_0", "0x1_0", // no codes
		"EXIT_FAILURE", "EX_TEMPFAIL", "tempfail", "FAILURE,", // no exit names
		"sigterm", "Term", "SIG", "SIGSIGTERM", "SIG9", "RTMIN+31", "RTMIN3", "RTMIN+-1", "RTMAX+1", // no signals
		`"SIGTERM"`, "'7'", // quotes are not stripped
		"oom", "SIGOOM",
	} {
		var list ExitList
		if err := list.Add(word); err == nil || !reflect.DeepEqual(list, ExitList{}) {
			t.Errorf("Add(%q) = %v and the list is %+v, want an error and nothing on the list", word, err, list)
		}
	}
}

func TestExitListMatches(t *testing.T) {
	oom := Exit{Signal: syscall.SIGKILL, OOM: ByOOM}
	tests := []struct {
		name, list string
		exit       Exit
		want       bool
	}{
		{"nothing is on an empty list", "", Exit{}, false},
		{"a code", "7", Exit{Code: 7}, true},
		{"another code", "7", Exit{Code: 8}, false},
		{"a signal", "TERM", Exit{Signal: syscall.SIGTERM}, true},
		{"another signal", "TERM", Exit{Signal: syscall.SIGINT}, false},
		{"9 is not SIGKILL", "9", Exit{Signal: syscall.SIGKILL}, false},
		{"SIGKILL is not 9", "KILL", Exit{Code: 9}, false},
		{"code 143 is not SIGTERM", "TERM", Exit{Code: 143}, false},
		{"SIGTERM is not code 143", "143", Exit{Signal: syscall.SIGTERM}, false},
		{"a signal matches with a core, too", "ABRT", Exit{Signal: syscall.SIGABRT, Core: true}, true},
		{"not executed is code 203", "EXEC", Exit{Code: 203, Err: "no such file"}, true},
		{"no process is no code 0", "0", Exit{NoFork: true, Err: "fork"}, false},
		{"a person's SIGKILL is not OOM", "OOM", Exit{Signal: syscall.SIGKILL}, false},
		{"OOM", "OOM", oom, true},
		{"OOM, when it is only probable", "OOM", Exit{Signal: syscall.SIGKILL, OOM: ProbablyOOM}, true},
		{"OOM is a SIGKILL, too", "KILL", oom, true},
		{"OOM is no other signal", "TERM", oom, false},
		{"OOM is not code 137", "137", oom, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := exits(tt.list).Has(tt.exit); got != tt.want {
				t.Errorf("%q has %v: %v, want %v", tt.list, tt.exit, got, tt.want)
			}
		})
	}
}

// Whatever word is taken is understood again when it is printed.
func FuzzExitList(f *testing.F) {
	for _, word := range []string{"7", "0x10", "TEMPFAIL", "SIGKILL", "RTMIN+3", "RTMAX-30", "OOM", "SIG", "-1"} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		var list, again ExitList
		if list.Add(word) != nil {
			return
		}
		if err := again.Add(list.String()); err != nil || !reflect.DeepEqual(list, again) {
			t.Errorf("%q prints as %q: %v", word, list, err)
		}
	})
}

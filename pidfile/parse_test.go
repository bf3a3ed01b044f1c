package pidfile

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, content string
		pid           int
		err           error
	}{
		{"number and line end", "42\n", 42, nil},
		{"no line end", "42", 42, nil},
		{"blanks round it", " \t42 \r\n", 42, nil},
		{"only the first line counts", "42\nport 80\n", 42, nil},
		{"process 1 is a guardian in a container", "1\n", 1, nil},
		{"the largest", "2147483647\n", 2147483647, nil},
		{"nothing", "", 0, ErrEmpty},
		{"only blanks", " \n\n", 0, ErrEmpty},
		{"first line blank", "\n42\n", 0, ErrGarbage},
		{"zero means a process group", "0\n", 0, ErrGarbage},
		{"negative means a process group", "-42\n", 0, ErrGarbage},
		{"plus sign", "+42\n", 0, ErrGarbage},
		{"leading zero", "042\n", 0, ErrGarbage},
		{"hexadecimal", "0x2a\n", 0, ErrGarbage},
		{"one too many", "2147483648\n", 0, ErrGarbage},
		{"beyond 64 bits", "99999999999999999999\n", 0, ErrGarbage},
		{"two numbers", "42 43\n", 0, ErrGarbage},
		{"word", "web\n", 0, ErrGarbage},
		{"a disk's zeros after a power cut", "\x00\x00\x00", 0, ErrGarbage},
		{"endless blanks", strings.Repeat(" ", maxLine+1), 0, ErrGarbage},
		{"endless digits", strings.Repeat("1", maxLine+1), 0, ErrGarbage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pid, err := parse([]byte(tt.content))
			if pid != tt.pid || !errors.Is(err, tt.err) {
				t.Errorf("parse(%q) = %d, %v, want %d, %v", tt.content, pid, err, tt.pid, tt.err)
			}
		})
	}
}

func TestGarbageIsQuotedAndShort(t *testing.T) {
	t.Parallel()
	path := put(t, "\x1b[2J"+strings.Repeat("x", 1<<20))
	_, err := Read(path)
	if !errors.Is(err, ErrGarbage) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `\x1b`) {
		t.Errorf("Read: %v", err)
	}
	if len(err.Error()) > len(path)+100 {
		t.Errorf("%d bytes of error: %v", len(err.Error()), err)
	}
}

func FuzzParse(f *testing.F) {
	f.Fuzz(func(t *testing.T, content []byte) {
		pid, err := parse(content)
		switch {
		case err == nil && (pid < 1 || pid > maxPID):
			t.Errorf("parse(%q) = %d", content, pid)
		case err == nil && !strings.Contains(string(content), strconv.Itoa(pid)):
			t.Errorf("parse(%q) = %d, which is not in it", content, pid)
		case err != nil && (pid != 0 || !errors.Is(err, ErrEmpty) && !errors.Is(err, ErrGarbage)):
			t.Errorf("parse(%q) = %d, %v", content, pid, err)
		case err != nil && len(err.Error()) > 200:
			t.Errorf("parse(%q): %d bytes of error", content, len(err.Error()))
		}
	})
}

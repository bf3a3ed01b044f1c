package pidfile

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

const (
	maxLine = 64 // more than any number with its blanks
	maxPID  = math.MaxInt32
)

// parse returns the process ID on the first line of content, which is at most
// the beginning of a file. A number with a sign or a leading zero is garbage:
// kill(2) gives a meaning of its own to zero and to what is below, and systemd
// would read 010 as 8.
func parse(content []byte) (int, error) {
	if len(bytes.TrimSpace(content)) == 0 && len(content) <= maxLine {
		return 0, ErrEmpty
	}
	line, _, _ := bytes.Cut(content, []byte("\n"))
	text := bytes.Trim(line, " \t\r")
	if len(text) == 0 || text[0] < '1' || text[0] > '9' || len(line) > maxLine {
		return 0, garbage(line)
	}
	pid, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil || pid > maxPID {
		return 0, garbage(line)
	}
	return int(pid), nil
}

func garbage(line []byte) error {
	if len(line) > 32 {
		return fmt.Errorf("%w: %q and more", ErrGarbage, line[:32])
	}
	return fmt.Errorf("%w: %q", ErrGarbage, line)
}

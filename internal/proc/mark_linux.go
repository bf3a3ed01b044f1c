package proc

import (
	"bytes"
	"os"
	"strconv"
)

// Mark is the process's value of [InvocationVariable]: "" where it has none, has overwritten its environment
// (some do, to change their title), or does not let us read it.
func Mark(id ID) string {
	environ, err := os.ReadFile("/proc/" + strconv.Itoa(id.PID) + "/environ")
	if err != nil {
		return ""
	}
	for assignment := range bytes.SplitSeq(environ, []byte{0}) {
		if value, found := bytes.CutPrefix(assignment, []byte(InvocationVariable+"=")); found && id.Alive() {
			return string(value)
		}
	}
	return ""
}

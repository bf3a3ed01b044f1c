package state

import (
	"fmt"
	"os"
	"testing"
)

// TestMain lets the test binary play the process that holds a lock: it keeps
// whatever it inherited, says so, and stays until its stdin ends.
func TestMain(m *testing.M) {
	if os.Getenv("STATE_TEST_HOLD") != "" {
		fmt.Println("holding")
		os.Stdin.Read(make([]byte, 1))
		return
	}
	os.Exit(m.Run())
}

package pidfile_test

import (
	"fmt"
	"os"
	"path/filepath"

	"holdfast/pidfile"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "web.pid")

	// The service's lock is held here, so whatever the file says is old.
	if found, err := pidfile.Verify(path); err != nil {
		fmt.Println(err)
	} else if found.State == pidfile.Alive {
		fmt.Println("taking the place of a file that still means somebody:", found)
	}
	if err := pidfile.Write(path, os.Getpid()); err != nil {
		fmt.Println(err)
		return
	}
	found, err := pidfile.Verify(path)
	fmt.Println(found.State, found.PID == os.Getpid(), err)
	fmt.Println(pidfile.Remove(path, os.Getpid()))
	// Output:
	// alive true <nil>
	// <nil>
}

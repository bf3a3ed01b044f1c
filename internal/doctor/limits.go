package doctor

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/proc"
)

// What a guardian with its launcher and its business takes at least, with room to spare.
const (
	fewDescriptors = 64
	fewProcesses   = 64 // threads count, too: getrlimit(2)
)

func descriptors() (string, error) { return limit(unix.RLIMIT_NOFILE, "RLIMIT_NOFILE", fewDescriptors) }

func userProcesses() (string, error) { return limit(unix.RLIMIT_NPROC, "RLIMIT_NPROC", fewProcesses) }

func limit(resource int, name string, few uint64) (string, error) {
	var l unix.Rlimit
	if err := unix.Getrlimit(resource, &l); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	// The soft limit is not told: the Go runtime has raised its own, and gives a business
	// back what it was.
	most := uint64(l.Max)
	if most >= 1<<62 { // RLIM_INFINITY, whichever way the system writes it
		return "no limit (" + name + ")", nil
	}
	found := fmt.Sprintf("at most %d (%s)", most, name)
	if most < few {
		return found, fmt.Errorf("less than %d", few)
	}
	return found, nil
}

func bootID() (string, error) {
	id := proc.BootID()
	if id == "" {
		return "", errors.New("not told by this system")
	}
	return id, nil
}

// clock compares the clock that runs since boot, by which processes are told apart, and
// looks whether anybody has set the one on the wall.
func clock() (string, error) {
	self, err := proc.Identify(os.Getpid())
	if err != nil {
		return "", err
	}
	now := time.Now()
	found := now.Format(time.RFC3339)
	switch age := self.Age(); {
	case age > 10*time.Minute: // an examination takes less than a second
		return found, fmt.Errorf("this process would be %v old", age.Round(time.Second))
	case now.Year() < 2025:
		return found, errors.New("it was never set")
	}
	return found, nil
}

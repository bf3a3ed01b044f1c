package state

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Save writes v as JSON to path, mode 0600. A reader sees the old content or
// the whole new one; after an error, such as a full disk, it still sees the old
// one. Nothing is synced: after a crash of the host the boot id in the state
// says that it is out of date.
//
// One process writes at a time; that is the one which holds the service's lock.
func Save(path string, v any) error {
	content, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	// Always the same name: what a killed writer left is used up by the next.
	temporary := path + ".new"
	if err = write(temporary, append(content, '\n')); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		os.Remove(temporary)
	}
	return err
}

func write(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

// Load reads into v what [Save] wrote to path. The error is [fs.ErrNotExist]
// for a state that was never saved.
func Load(path string, v any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, v); err != nil {
		return fmt.Errorf("%s: damaged: %w", path, err)
	}
	return nil
}

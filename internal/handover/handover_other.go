//go:build !linux

package handover

import (
	"errors"
	"os"
)

// Exec cannot be done here: a guardian is replaced by stopping and starting its service.
func Exec(string, []byte, []*os.File, func(error) error) error {
	return errors.New("only Linux lets a guardian hand over to another program")
}

// KeepSignals has nobody to keep them for here.
func KeepSignals() error { return errors.ErrUnsupported }

// Enter finds nothing here.
func Enter() (*Handed, error) { return nil, nil }

//go:build !linux

package proc

import (
	"errors"
	"os"
)

func ownBinary() (string, error) { return os.Executable() }

// apply cannot be done here: a service that asks for what is in a Setup is not started.
func (o *shimOrder) apply() *SpawnError {
	return &SpawnError{StepExec, o.Path, errors.New("only Linux has the limits, priorities, capabilities and RootDirectory= of a service file")}
}

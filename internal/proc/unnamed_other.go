//go:build !linux

package proc

import "os"

// unnamedFile has a name for a moment here, and takes room on a disk.
func unnamedFile() (*os.File, error) {
	file, err := os.CreateTemp("", "holdfast-")
	if err != nil {
		return nil, err
	}
	return file, os.Remove(file.Name())
}

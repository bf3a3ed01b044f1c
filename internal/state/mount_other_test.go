//go:build !linux

package state

import "testing"

func readOnly(t *testing.T, _ Dir) error {
	t.Skip("mounts on Linux only")
	return nil
}

func mount(t *testing.T, _ string, _ uintptr, _ string) { t.Skip("mounts on Linux only") }

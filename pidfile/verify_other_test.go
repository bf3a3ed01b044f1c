//go:build !linux

package pidfile

import "testing"

func awaitZombie(t *testing.T, pid int) {
	t.Skip("no portable way to wait for an end without reaping it")
}

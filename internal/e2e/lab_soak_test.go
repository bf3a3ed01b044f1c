//go:build linux && soak

package e2e

import "testing"

func TestSystemdRestartsAndReloadsAtOnceForLong(t *testing.T) {
	restartAndReload(t, 200)
}

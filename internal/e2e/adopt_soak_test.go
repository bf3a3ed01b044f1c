//go:build linux && soak

package e2e

import "testing"

func TestAGuardianIsKilledFiftyTimes(t *testing.T) {
	killAgainAndAgain(t, 50)
}

func TestNeverTwoBusinessesForLong(t *testing.T) {
	crashLoopUnderFire(t, 500)
}

//go:build linux && soak

package e2e

import "testing"

func TestSoakNoLineIsLostByFiftyKilledGuardians(t *testing.T) {
	killsLoseNoLine(t, 50)
}

func TestSoakRotationOfAGibibyte(t *testing.T) {
	rotates(t, 1<<30)
}

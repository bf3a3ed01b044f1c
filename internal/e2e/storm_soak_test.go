//go:build linux && soak

package e2e

import "testing"

func TestSoakFourHundredStopsDuringUpgrades(t *testing.T) { t.Parallel(); stopsDuringUpgrades(t, 400) }

func TestSoakFourHundredSignalsDuringUpgrades(t *testing.T) {
	t.Parallel()
	signalsDuringUpgrades(t, 400)
}

func TestSystemdStopsDuringUpgradesForLong(t *testing.T) { stopsDuringUpgradesInTheLab(t, 100) }

//go:build linux && !soak

package e2e

// How often the tests of a handover repeat it; the tag soak means for long.
const handovers = 5

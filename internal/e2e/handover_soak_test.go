//go:build linux && soak

package e2e

const handovers = 50

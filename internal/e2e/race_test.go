//go:build linux && race

package e2e

// raceEnabled makes the binary under test look for races when the tests do.
const raceEnabled = true

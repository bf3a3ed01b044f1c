//go:build !linux

package state

// systemRuntime is where the BSDs and macOS have what Linux keeps in /run. Not
// all of them empty it at boot, so a state is believed by its boot id only.
const systemRuntime = "/var/run"

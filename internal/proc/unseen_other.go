//go:build !linux

package proc

// withoutTable is false: no system but Linux has its process table in a file system that may be missing.
func withoutTable() bool { return false }

// Unseen says why no process can be seen: they can.
func Unseen() error { return nil }

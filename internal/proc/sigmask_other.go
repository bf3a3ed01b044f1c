//go:build !linux

package proc

// unblockSignals does nothing here: a signal that was blocked when the guardian was started stays blocked
// in the business.
func unblockSignals() (restore func()) { return func() {} }

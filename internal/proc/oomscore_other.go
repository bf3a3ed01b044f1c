//go:build !linux

package proc

import "errors"

// ProtectFromOOM cannot be done here: the guardian is as likely a victim as any process of its size.
func (r *Reaper) ProtectFromOOM() error { return errors.ErrUnsupported }

// OOMScoreErr says that [Spec.OOMScoreAdj] has no meaning here.
func (r *Reaper) OOMScoreErr() error { return errors.ErrUnsupported }

func (r *Reaper) lendOOMScore(*int) (restore func()) { return func() {} }

func ownOOMScore() (int, error) { return 0, errors.ErrUnsupported }

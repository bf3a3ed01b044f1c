//go:build !linux

package proc

// OOMWatch cannot tell here: a process that ran out of memory is told like any other that was killed.
type OOMWatch struct{}

func WatchOOM() *OOMWatch             { return &OOMWatch{} }
func (w *OOMWatch) SetGroup([]string) {}
func (w *OOMWatch) Mark(int)          {}
func (w *OOMWatch) Verdict(int) OOM   { return NotOOM }
func (w *OOMWatch) Source() string    { return "none on this system" }

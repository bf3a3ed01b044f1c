package proc

// OOM says whether the kernel's OOM killer ended a process.
type OOM int

const (
	NotOOM      OOM = iota
	ProbablyOOM     // it killed somebody on this host since the mark, and nothing better can be read
	ByOOM
)

func (o OOM) String() string {
	switch o {
	case ByOOM:
		return "killed by the OOM killer"
	case ProbablyOOM:
		return "probably killed by the OOM killer"
	}
	return "not killed by the OOM killer"
}

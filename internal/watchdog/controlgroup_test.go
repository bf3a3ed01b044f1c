package watchdog

import (
	"errors"
	"slices"
	"testing"

	"holdfast/internal/proc"
)

func TestSentencesOnLimits(t *testing.T) {
	t.Parallel()
	readOnly, missing := errors.New("read-only"), errors.New("missing")
	got := sentences([]proc.Unenforced{{Directive: "MemoryMax", Err: readOnly}, {Directive: "TasksMax", Err: readOnly}, {Directive: "CPUQuota", Err: missing}})
	want := []string{"MemoryMax=, TasksMax= are not enforced: read-only", "CPUQuota= is not enforced: missing"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if all := sentences(nil); all != nil {
		t.Errorf("%q of nothing", all)
	}
}

package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

const oomScoreFile = "/proc/self/oom_score_adj"

// guardianOOMScore makes the guardian about the last process that the OOM killer chooses: all memory together
// counts 1000 points, and 900 are taken off. It is not -1000, which exempts: were it the guardian itself that
// fills the memory, the kernel should still find a way out.
const guardianOOMScore = -900

// ProtectFromOOM lowers this process's own oom_score_adj to -900, if it is not lower already.
// It takes root, or rather CAP_SYS_RESOURCE; otherwise everything works without.
func (r *Reaper) ProtectFromOOM() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, err := ownOOMScore()
	if err != nil || now <= guardianOOMScore {
		return err
	}
	return setOwnOOMScore(guardianOOMScore)
}

// OOMScoreErr says why the last spawned process did not get its oom_score_adj: nil means that it did.
func (r *Reaper) OOMScoreErr() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.oomErr
}

// lendOOMScore gives this process the score that the next child is to inherit, and returns what undoes it.
// Written into the child's own file after the fork, it would miss whatever the child has forked by then.
func (r *Reaper) lendOOMScore(asked *int) (restore func()) {
	want := r.oomGiven
	if asked != nil {
		want = *asked
	}
	var own int
	if own, r.oomErr = ownOOMScore(); r.oomErr != nil || own == want {
		return func() {}
	}
	if r.oomErr = setOwnOOMScore(want); r.oomErr != nil {
		return func() {}
	}
	return func() { r.oomErr = setOwnOOMScore(own) }
}

func ownOOMScore() (int, error) {
	data, err := readKernelFile(oomScoreFile, make([]byte, 16))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(data)))
}

func setOwnOOMScore(score int) error {
	f, err := os.OpenFile(oomScoreFile, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(strconv.Itoa(score)); err != nil {
		return fmt.Errorf("%s: %d: %w", oomScoreFile, score, err)
	}
	return nil
}

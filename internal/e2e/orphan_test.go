//go:build linux

package e2e

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// orphans is a program that makes 2,000 orphans which exit, and then lives on. The
// middle process ends without waiting, so that the last one comes back to the guardian.
const orphans = `i=0; while [ $i -lt 2000 ]; do (: &); i=$((i+1)); done; `

func TestNoOrphanStaysAZombie(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--", "sh", "-c", orphans+"echo done; exec sleep 1000")
	h.awaitShow("p", "NOrphansReaped", "2000")
	h.daemonized("p")
	h.shows("p", "NRestarts", "0")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

func TestTwoThousandZombiesAtOnce(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	begin := filepath.Join(h.dir, "begin")
	h.env = append(h.env, "BEGIN="+begin)
	h.ok("start", "--name", "p", "--", "sh", "-c", `while ! [ -e "$BEGIN" ]; do sleep 0.01; done; `+orphans+"exec sleep 1000")
	guardian := h.pid("p", "GuardianPID")
	kill(t, guardian, unix.SIGSTOP)
	h.file("begin", "", 0o600)
	zombies := func() (n int) {
		for _, p := range h.below() {
			if p.State == 'Z' && p.PPID == guardian {
				n++
			}
		}
		return n
	}
	await(t, "all are dead and nobody reaps them", func() bool { return zombies() >= 2000 })
	kill(t, guardian, unix.SIGCONT)
	await(t, "no zombie is left", func() bool { return zombies() == 0 })
	await(t, "it has become sleep", func() bool { return h.find("sleep", "1000") != 0 })
	h.daemonized("p")
	h.ok("stop", "p")
	h.nothingLeft("p")
}

//go:build linux

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

func TestFiftyStartsAtOnceGiveOneGuardian(t *testing.T) {
	t.Parallel()
	for _, settle := range []string{"0", "300ms"} {
		h := newHost(t)
		var starts []*process
		for range 50 {
			starts = append(starts, h.start("start", "--name", "p", "--settle="+settle, "--", "sleep", "1000"))
		}
		said := map[string]int{}
		for _, p := range starts {
			r := p.result()
			h.said(r, 0)
			said[r.stdout]++
		}
		guardian, business := h.daemonized("p")
		for text := range said {
			if !strings.Contains(text, fmt.Sprintf("PID %d, guarded by PID %d", business, guardian)) {
				t.Errorf("a start said %q", text)
			}
		}
		h.shows("p", "NRestarts", "0")
		h.ok("stop", "p")
		h.nothingLeft("p")
	}
}

func TestFiftyFailingStartsAllSaySo(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	var starts []*process
	for range 50 {
		starts = append(starts, h.start("start", "--name", "p", "--settle=1min", "--", "sh", "-c", "exit 3"))
	}
	for _, p := range starts {
		h.said(p.result(), 1, "exited with 3")
	}
	h.nothingLeft("p")
}

func TestStartOnARunningServiceSaysSo(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "--", "sleep", "1000")
	guardian, business := h.daemonized("p")
	for _, args := range [][]string{{"start", "p"}, {"start", "--name", "p", "--", "sleep", "1000"}} {
		h.fails(0, []string{fmt.Sprintf("p is already running: PID %d, guarded by PID %d", business, guardian)}, args...)
	}
	h.fails(1, []string{"p has a guardian already"}, "run", "--name", "p", "--", "sleep", "1000")
	h.daemonized("p")
	h.ok("stop", "p")
	h.fails(0, []string{"p is not running"}, "stop", "p")
}

func TestStopsAtOnceAllReturnWhenNothingIsLeft(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.ok("start", "--name", "p", "-p", "TimeoutStopSec=200ms", "--", "sh", "-c", `trap "" TERM; while :; do sleep 1000; done`)
	var stops []*process
	for range 10 {
		stops = append(stops, h.start("stop", "p"))
	}
	for _, p := range stops {
		p.wait()
		if left := append(h.named("sh"), h.named("sleep")...); len(left) > 0 {
			t.Errorf("processes are left: %+v", left)
		}
		h.said(p.result(), 0)
	}
	h.nothingLeft("p")
}

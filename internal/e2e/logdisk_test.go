//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	diskSize  = 20 << 20
	leastFree = 2<<20 + 123 // of it when the writer begins: it gets full in the middle of something
	someLines = 3000        // wide ones, of 155 bytes on average
	// manyLines are more than fit beside the ballast, into the pipe and into all memory
	// that the guardian may take, and less than the disk holds.
	manyLines = 85_000
	// mostMemory is how much more anonymous memory, in KiB, a full disk may cost the guardian.
	mostMemory = 8 << 10
)

// A tight is a service whose log directory is a small disk of its own, full but for a
// little, and whose writer has printed someLines.
type tight struct {
	*host
	*writer
	t        *testing.T
	free     func() // removes the ballast
	guardian int
	anonKB   int // its anonymous memory
}

func newTight(t *testing.T, settings ...string) *tight {
	t.Helper()
	h := newHost(t)
	disk := filepath.Join(h.dir, "log")
	mount(t, disk, 0, "mode=755,size="+strconv.Itoa(diskSize))
	w := h.newWriter(someLines, "-wide")
	w.start(holdfast, append([]string{"LogMaxSize=1G"}, settings...)...)
	w.finish(someLines)
	s := &tight{host: h, writer: w, t: t, guardian: h.pid("p", "GuardianPID")}
	await(t, "the first lines have arrived", func() bool {
		return h.readLog("p", lineCheck{wide: true, stamps: stampsOf(settings)}).complete(someLines) == nil
	})
	s.free = fill(t, disk)
	ballast := filepath.Join(disk, "fill")
	info, err := os.Stat(ballast)
	if err == nil {
		err = os.Truncate(ballast, info.Size()-leastFree)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.anonKB = s.memory()
	return s
}

func (s *tight) memory() int {
	s.t.Helper()
	kB, err := strconv.Atoi(strings.TrimSuffix(statusOf(s.t, s.guardian, "RssAnon"), " kB"))
	if err != nil {
		s.t.Fatal(err)
	}
	return kB
}

// stays fails the test if the guardian has grown.
func (s *tight) stays() {
	s.t.Helper()
	now := s.memory()
	s.t.Logf("the guardian has %d KiB of anonymous memory, and had %d", now, s.anonKB)
	if grown := now - s.anonKB; grown > mostMemory && !raceEnabled { // whose own memory grows
		s.t.Errorf("it has grown by %d KiB", grown)
	}
}

// toldOfTrouble waits until status tells of the full disk, and prints how long that took.
func (s *tight) toldOfTrouble(since time.Time) {
	s.t.Helper()
	const full = "no space left on device"
	await(s.t, "status tells of the full disk", func() bool { return strings.Contains(s.show("p", "StatusTrouble"), full) })
	s.t.Logf("status told of it %v after the first write", time.Since(since).Round(time.Millisecond))
	if r := s.run("status", "--json", "p"); !strings.Contains(r.stdout, `"trouble": "`) || !strings.Contains(r.stdout, full) {
		s.t.Errorf("status --json says %s", r.stdout)
	}
}

func TestAFullDiskBlocks(t *testing.T) {
	for name, settings := range map[string][]string{
		"by default": nil, "when told to": {"LogOverflow=block"}, "with timestamps": {"LogTimestamps=utc"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTight(t, settings...)
			begin := time.Now()
			s.upto(manyLines)
			s.toldOfTrouble(begin)
			// It has come to a stand when it does not move between two looks that the
			// guardian has answered to in between.
			var stand int
			await(t, "the writer waits", func() bool {
				before := stand
				stand, _ = s.written()
				for range 20 {
					pause()
				}
				return stand == before && s.show("p", "SubState") == "running"
			})
			if stand >= manyLines {
				t.Fatalf("all %d lines were taken by a full disk", stand)
			}
			s.stays()
			s.free()
			s.finish(manyLines)
			await(t, "the trouble is over", func() bool { return s.show("p", "StatusTrouble") == "" })
			s.stays()
			l := s.stop(lineCheck{stamps: stampsOf(settings)})
			if err := l.complete(manyLines); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAFullDiskDrops(t *testing.T) {
	for name, settings := range map[string][]string{
		"without timestamps": {"LogOverflow=drop"}, "with timestamps": {"LogOverflow=drop", "LogTimestamps=utc"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTight(t, settings...)
			begin := time.Now()
			s.upto(manyLines)
			s.toldOfTrouble(begin)
			s.finish(manyLines) // with the disk as full as ever: it did not wait
			s.stays()
			s.free()
			const all = manyLines + someLines
			s.upto(all)
			s.finish(all)
			await(t, "the trouble is over", func() bool { return s.show("p", "StatusTrouble") == "" })
			l := s.stop(lineCheck{stamps: stampsOf(settings), drops: true})
			if err := l.complete(all); err != nil {
				t.Error(err)
			}
			t.Logf("%d lines were dropped, as %d markers say", l.dropped, l.markers)
			if l.dropped == 0 {
				t.Error("nothing was dropped")
			}
		})
	}
}

func stampsOf(settings []string) string {
	for _, setting := range settings {
		if zone, found := strings.CutPrefix(setting, "LogTimestamps="); found {
			return zone
		}
	}
	return ""
}

// Where there are rotated files they make room, the oldest first, and nobody waits.
func TestAFullDiskTakesTheOldestFiles(t *testing.T) {
	for _, overflow := range []string{"block", "drop"} {
		t.Run(overflow, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			mount(t, filepath.Join(h.dir, "log"), 0, "mode=755,size="+strconv.Itoa(diskSize))
			const n = 8_000_000 // three times what fits
			w := h.newWriter(n)
			w.start(holdfast, append([]string{"LogMaxSize=1M", "LogOverflow=" + overflow}, keepAll...)...)
			w.finish(n)
			l := w.stop(lineCheck{from: true, drops: overflow == "drop"})
			if err := l.complete(n); err != nil {
				t.Error(err)
			}
			if l.files < 10 || l.first == 1 {
				t.Errorf("%d files are left, the oldest begins with line %d", l.files, l.first)
			}
		})
	}
}

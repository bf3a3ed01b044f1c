//go:build linux

package e2e

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// keepAll are the settings under which every line that was ever printed can be read back.
var keepAll = []string{"LogMaxFiles=infinity", "LogCompress=no"}

// A guardian may die at any moment, and the log is as if it had not.
func TestNoLineIsLostOrDoubledByKilledGuardians(t *testing.T) {
	t.Parallel()
	killsLoseNoLine(t, 3)
}

func killsLoseNoLine(t *testing.T, times int) {
	for _, tt := range []struct {
		name     string
		flags    []string
		settings []string
	}{
		{"at full speed", nil, []string{"LogMaxSize=256K", "LogCompress=no"}},
		{"at full speed, compressed", nil, []string{"LogMaxSize=256K"}},
		{"at full speed, with timestamps", nil, []string{"LogMaxSize=256K", "LogCompress=no", "LogTimestamps=utc"}},
		{"long lines at full speed", []string{"-wide"}, []string{"LogMaxSize=256K", "LogCompress=no"}},
		{"1,000 lines a second", []string{"-pace", "1000", "-wide"}, []string{"LogMaxSize=4K", "LogCompress=no"}},
		{"1,000 lines a second, with timestamps", []string{"-pace", "1000", "-wide"}, []string{"LogMaxSize=4K", "LogTimestamps=utc"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			w := h.newWriter(forever, tt.flags...)
			settings := append(tt.settings, "LogMaxFiles=infinity")
			w.start(holdfast, settings...)
			await(t, "it writes", func() bool { n, _ := w.written(); return n > 0 })
			_, business := h.orphan("p")
			for i := range times {
				before, _ := w.written()
				if i%2 == 0 { // at any moment of its work
					h.ok("start", "p")
					moment := unix.NsecToTimespec(rand.Int64N(100e6))
					unix.Nanosleep(&moment, nil)
					h.orphan("p")
				} else { // or of its coming to it
					h.killNew("p", h.start("start", "p"), 50*time.Millisecond)
				}
				now, _ := w.written()
				t.Logf("%d lines were written meanwhile", now-before)
			}
			h.ok("start", "p")
			last := w.enough()
			if n := h.businesses(); n != 1 || h.pid("p", "MainPID") != business {
				t.Errorf("%d businesses, the writer was %d and is %d", n, business, h.pid("p", "MainPID"))
			}
			h.shows("p", "NRestarts", "0", "ActiveState", "active")
			if err := w.stop(lineCheck{stamps: stampsOf(settings)}).complete(last); err != nil {
				t.Error(err)
			}
		})
	}
}

// The files put together are what was written, byte for byte.
func TestRotationAtFullSpeed(t *testing.T) {
	t.Parallel()
	rotates(t, 16<<20)
}

func rotates(t *testing.T, size int) {
	const averageLine = 7 + 128 + 20 // of the wide ones
	for _, compress := range []string{"no", "yes"} {
		t.Run("LogCompress="+compress, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			w := h.newWriter(size/averageLine, "-wide")
			w.start(holdfast, "LogMaxSize=64K", "LogMaxFiles=infinity", "LogCompress="+compress)
			begin := time.Now()
			w.finish(size / averageLine)
			t.Logf("written in %v", time.Since(begin).Round(time.Millisecond))
			if compress == "yes" { // the others may follow for quite a while
				await(t, "many are compressed", func() bool {
					found, _ := filepath.Glob(filepath.Join(h.dir, "log", "p", "output-*.log.gz"))
					return len(found) >= 20
				})
			}
			l := w.stop(lineCheck{})
			if err := l.complete(size / averageLine); err != nil {
				t.Error(err)
			}
			// Some are longer, by up to a pipe's content and a long line.
			if least := int(l.bytes / (2 * 64 << 10)); l.files < least {
				t.Errorf("%d files for %d bytes, want %d or more", l.files, l.bytes, least)
			}
			if (l.compressed > 0) != (compress == "yes") {
				t.Errorf("%d of %d files are compressed", l.compressed, l.files)
			}
		})
	}
}

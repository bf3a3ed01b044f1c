package logs

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"holdfast/internal/logfile"
)

// A service may crash for ever and say a word each time, or none.
func TestTheIndexOfACrashLoopStaysSmall(t *testing.T) {
	t.Parallel()
	log := logfile.Log(filepath.Join(t.TempDir(), "output.log"))
	if err := os.WriteFile(string(log), []byte("few words"), 0o600); err != nil {
		t.Fatal(err)
	}
	i := index{path: log.Index()}
	i.add(logfile.Mark{Kind: logfile.Begun, Time: time.UnixMicro(1), Position: 0})
	const runs = 50_000
	largest := int64(0)
	for run := 1; run <= runs; run++ {
		i.add(logfile.Mark{Kind: logfile.RunBegun, Time: time.UnixMicro(int64(run)), Position: int64(5 * run), Run: run, ID: strings.Repeat("0", 32)})
		if i.save(log); run%100 == 0 {
			info, err := os.Stat(i.path)
			if err != nil {
				t.Fatal(err)
			}
			largest = max(largest, info.Size())
		}
	}
	if most := int64(largeIndex + 100); largest > most || largest < largeIndex/2 {
		t.Errorf("the index had %d bytes, want %d at most", largest, most)
	}
	marks, err := log.Marks()
	if err != nil || len(marks) < 1000 || marks[0].Kind != logfile.Begun {
		t.Fatalf("%d marks, %v; the first one is %v", len(marks), err, marks[0])
	}
	for n, m := range marks[1:] {
		if want := runs - len(marks) + 2 + n; m.Kind != logfile.RunBegun || m.Run != want || m.Position != int64(5*want) {
			t.Fatalf("mark %d is %v, want that of run %d", n+1, m, want)
		}
	}
	if text, err := os.ReadFile(i.path); err != nil || strings.Count(string(text), "\n") != len(marks) {
		t.Errorf("the index holds more than marks, or %v", err)
	}
	if _, err := os.Stat(i.path + ".new"); err == nil {
		t.Error("a file is left behind")
	}
}

// The marks of a large log are all kept.
func TestTheIndexOfALargeLog(t *testing.T) {
	t.Parallel()
	log := logfile.Log(filepath.Join(t.TempDir(), "output.log"))
	if err := os.WriteFile(string(log), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(string(log), 1<<30); err != nil {
		t.Fatal(err)
	}
	i := index{path: log.Index()}
	const marks = 20_000
	for n := range marks {
		i.add(logfile.Mark{Kind: logfile.At, Time: time.UnixMicro(1763706312345678), Position: int64(n) << 15})
		i.save(log)
	}
	if kept, err := log.Marks(); err != nil || len(kept) != marks {
		t.Errorf("%d marks of %d, %v", len(kept), marks, err)
	}
}

// Marks wait while none can be written; the newest ones count.
func TestMarksThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	i := index{path: filepath.Join(t.TempDir(), "nowhere", "output.index")}
	for run := range 10_000 {
		i.add(logfile.Mark{Kind: logfile.RunBegun, Run: run, ID: "id"})
		i.save("nowhere")
		if len(i.unsaved) > unsavedMarks {
			t.Fatalf("%d bytes wait", len(i.unsaved))
		}
	}
	if text := string(i.unsaved); !strings.HasPrefix(text, "run ") || !strings.HasSuffix(text, " "+strconv.Itoa(9_999)+" id\n") {
		t.Errorf("what waits begins with %q and ends with %q", text[:20], text[len(text)-20:])
	}
}

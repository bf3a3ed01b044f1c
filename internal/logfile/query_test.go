package logfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// all picks everything and expects nothing to be missing.
func all(t testing.TB) Query {
	return Query{Lines: -1, Notice: func(err error) { t.Errorf("notice: %v", err) }}
}

func printed(t testing.TB, log Log, q Query) string {
	t.Helper()
	var text strings.Builder
	if err := log.Print(&text, q); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// same compares without printing megabytes.
func same(t testing.TB, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	end := func(s string) string { return s[max(0, i-20):min(len(s), i+20)] }
	t.Errorf("%s: %d bytes, want %d; they differ at %d: %q, want %q", what, len(got), len(want), i, end(got), end(want))
}

func TestPrintTheLastLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("y", 70_000) // longer than two blocks
	texts := map[string][]string{
		"nothing":               {},
		"one line":              {"a\n"},
		"no end":                {"a\nb"},
		"empty lines":           {"\n\n\n", "\n\n"},
		"an empty current file": {"a\nb\n", ""},
		"many":                  {numbers(1, 15_000), numbers(15_001, 20_000), numbers(20_001, 30_000)},
		"long lines":            {"a\n" + long + "\n" + long, "\nb\n"},
		"lines in two files":    {"a\nb", "c\nd", "e"},
		"a line in three files": {"a\nb", "c", "d\ne\n"},
		"a block exactly":       {strings.Repeat("z", 32<<10-1) + "\n", strings.Repeat("z", 32<<10-1) + "\n"},
	}
	for name, files := range texts {
		for compress := range 4 { // which of the oldest are: none, the first, the second, both
			d := newDisk(t)
			for i, text := range files {
				if i > 0 {
					if f := d.rotate(); i < 3 && compress&i != 0 && f.End > f.Start {
						d.compress(f)
					}
				}
				d.write(text)
			}
			for _, n := range []int{-1, 0, 1, 2, 3, 4, 1000, 15_000, 15_001, 50_000} {
				want := d.all
				if n >= 0 {
					want = lastLines(d.all, n)
				}
				what := fmt.Sprintf("%s, %d, compressed %b", name, n, compress)
				q := all(t)
				q.Lines = n
				same(t, what, printed(t, d.log, q), want)
				if want != "" && !strings.HasSuffix(want, "\n") {
					want += "\n"
				}
				q.Match = regexp.MustCompile("") // the same, line by line
				same(t, what+", matched", printed(t, d.log, q), want)
			}
		}
	}
}

// What is not printed is not read: this file has a terabyte.
func TestPrintReadsFromTheEnd(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.write("")
	f, err := os.OpenFile(string(d.log), os.O_WRONLY, 0)
	d.must(err)
	defer f.Close()
	if _, err := f.WriteAt([]byte("\none\ntwo\n"), 1<<40); err != nil {
		t.Skip(err) // a file system without holes
	}
	q := all(t)
	q.Lines = 2
	if got := printed(t, d.log, q); got != "one\ntwo\n" {
		t.Errorf("%q", got)
	}
}

func TestPrintOnlyWhatMatches(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.write(numbers(1, 100))
	d.compress(d.rotate())
	d.write(numbers(101, 200))
	q := all(t)
	q.Match = regexp.MustCompile("^.*7$")
	same(t, "all", printed(t, d.log, q), "7\n17\n27\n37\n47\n57\n67\n77\n87\n97\n107\n117\n127\n137\n147\n157\n167\n177\n187\n197\n")
	q.Lines = 3
	same(t, "the last three", printed(t, d.log, q), "177\n187\n197\n")
	q.Lines = 0
	same(t, "the last none", printed(t, d.log, q), "")
	q.Lines, q.Match = -1, regexp.MustCompile("x")
	same(t, "none", printed(t, d.log, q), "")
}

// lived is a log of three runs, a line every ten seconds; stamped or not.
func lived(t testing.TB, stamped bool) *disk {
	d := newDisk(t)
	for run := 1; run <= 3; run++ {
		d.mark(RunBegun, run)
		for n := range 60 {
			stamp := ""
			if stamped {
				stamp = d.now.Format(timeLayout) + " "
			}
			if n%6 == 0 {
				d.mark(At, 0)
			}
			d.write(fmt.Sprintf("%srun %d line %d\n", stamp, run, n))
			d.now = d.now.Add(10 * time.Second)
		}
		if run < 3 {
			d.compress(d.rotate())
		}
	}
	return d
}

func TestPrintByTime(t *testing.T) {
	t.Parallel()
	at := func(minute, second int) time.Time { return time.Date(2026, 11, 21, 6, minute, second, 0, time.UTC) }
	tests := []struct {
		name         string
		stamped      bool
		since, until time.Time
		first, last  string
	}{
		{"since, by the stamps", true, at(9, 30), time.Time{}, "run 1 line 57", "run 3 line 59"},
		{"until, by the stamps", true, time.Time{}, at(12, 20), "run 1 line 0", "run 2 line 14"},
		{"between", true, at(9, 55), at(10, 5), "run 2 line 0", "run 2 line 0"},
		{"since, by the index", false, at(9, 30), time.Time{}, "run 1 line 54", "run 3 line 59"},
		{"until, by the index", false, time.Time{}, at(12, 20), "run 1 line 0", "run 2 line 17"},
		{"since before it began", false, at(0, 0).Add(-time.Hour), time.Time{}, "run 1 line 0", "run 3 line 59"},
		{"until before it began", true, time.Time{}, at(0, 0).Add(-time.Hour), "", ""},
		{"since after all, by the stamps", true, at(59, 0), time.Time{}, "", ""},
		{"until after all", false, time.Time{}, at(59, 0), "run 1 line 0", "run 3 line 59"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := all(t)
			q.Since, q.Until = tt.since, tt.until
			lines := strings.Split(strings.TrimSuffix(printed(t, lived(t, tt.stamped).log, q), "\n"), "\n")
			if first := lines[0]; !strings.HasSuffix(first, tt.first) {
				t.Errorf("begins with %q, want %q", first, tt.first)
			}
			if last := lines[len(lines)-1]; !strings.HasSuffix(last, tt.last) {
				t.Errorf("ends with %q, want %q", last, tt.last)
			}
		})
	}
}

func TestPrintByTimeWithoutAny(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.write("a\nb\n")
	var notices []string
	q := Query{Lines: -1, Since: d.now, Notice: func(err error) { notices = append(notices, err.Error()) }}
	if got := printed(t, d.log, q); got != "a\nb\n" || len(notices) != 1 || !strings.Contains(notices[0], "when they were written") {
		t.Errorf("%q, %q", got, notices)
	}
}

func TestPrintOneRun(t *testing.T) {
	t.Parallel()
	d := lived(t, false)
	for run, want := range map[int]string{1: "run 1", 2: "run 2", 3: "run 3", Previous: "run 2"} {
		q := all(t)
		q.Run = run
		got := printed(t, d.log, q)
		if n := strings.Count(got, "\n"); n != 60 || strings.Count(got, want+" line") != n {
			t.Errorf("run %d: %d lines, %.30q", run, n, got)
		}
		q.Lines, q.Match = 2, regexp.MustCompile("8$")
		same(t, "the last two that match", printed(t, d.log, q), want+" line 48\n"+want+" line 58\n")
	}
	files, err := d.log.Rest()
	d.must(err)
	d.must(os.Remove(files[0].Path))
	q := all(t)
	q.Run = 1
	if err := d.log.Print(io.Discard, q); err == nil || err.Error() != "the output of that run is no longer kept" {
		t.Errorf("a run that is gone: %v", err)
	}
	q.Run = 4
	if err := d.log.Print(io.Discard, q); err == nil || err.Error() != "the log knows of no run 4; the last ones are 2 and 3" {
		t.Errorf("a run that never was: %v", err)
	}
}

func TestPrintWhatIsLeftOfARun(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.mark(RunBegun, 1)
	d.write("a\nb\n")
	gone := d.rotate()
	d.write("c\n")
	d.must(os.Remove(gone.Path))
	var notices []string
	q := Query{Lines: -1, Run: 1, Notice: func(err error) { notices = append(notices, err.Error()) }}
	if got := printed(t, d.log, q); got != "c\n" || len(notices) != 1 || notices[0] != "the first 4 bytes of that run are no longer kept" {
		t.Errorf("%q, %q", got, notices)
	}
}

func TestPrintAroundWhatIsBroken(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.write("a\n")
	d.rotate()
	d.write(numbers(1, 10_000))
	broken := d.rotate()
	d.compress(broken)
	d.write("z\n")
	info, err := os.Stat(broken.Path + compressed)
	d.must(err)
	zipped, err := os.ReadFile(broken.Path + compressed)
	d.must(err)
	clear(zipped[info.Size()/2 : info.Size()-4])
	d.must(os.WriteFile(broken.Path+compressed, zipped, 0o600))
	var notices []error
	q := Query{Lines: -1, Notice: func(err error) { notices = append(notices, err) }}
	got := printed(t, d.log, q)
	if !strings.HasPrefix(got, "a\n1\n2\n") || !strings.HasSuffix(got, "z\n") {
		t.Errorf("%d bytes: %.20q…%q", len(got), got, got[len(got)-20:])
	}
	if len(notices) != 1 || !strings.Contains(notices[0].Error(), "the rest of "+broken.Path+compressed+" is left out") {
		t.Errorf("notices %q", notices)
	}
}

func TestPrintJSON(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.write("before any run\n")
	d.mark(RunBegun, 7)
	d.write("2026-11-21T07:25:12.345678+01:00 stamped <&>\n")
	d.write("caf\xe9\n\"quoted\" \x1b[1m\n\nno end")
	q := all(t)
	q.JSON, q.Stream = true, "stdout"
	begun := d.now.Local().Format(timeLayout)
	want := `{"stream":"stdout","position":0,"line":"before any run"}
{"time":"2026-11-21T07:25:12.345678+01:00","run":7,"stream":"stdout","position":15,"line":"stamped <&>"}
{"not_before":"` + begun + `","run":7,"stream":"stdout","position":60,"line":"caf` + "\\ufffd" + `","bytes":"Y2Fm6Q=="}
{"not_before":"` + begun + `","run":7,"stream":"stdout","position":65,"line":"\"quoted\" \u001b[1m"}
{"not_before":"` + begun + `","run":7,"stream":"stdout","position":79,"line":""}
{"not_before":"` + begun + `","run":7,"stream":"stdout","position":80,"line":"no end"}
`
	same(t, "JSON", printed(t, d.log, q), want)
	q.Lines = 1
	same(t, "the last line", printed(t, d.log, q), want[strings.LastIndex(want[:len(want)-1], "\n")+1:])
}

func TestPrintNothing(t *testing.T) {
	t.Parallel()
	for _, n := range []int{-1, 5} {
		q := all(t)
		q.Lines = n
		if got := printed(t, Log(t.TempDir()+"/nowhere/output.log"), q); got != "" {
			t.Errorf("%q", got)
		}
	}
	if err := (Log("/dev/null/output.log")).Print(io.Discard, all(t)); err == nil || errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

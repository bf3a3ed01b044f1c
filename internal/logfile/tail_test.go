package logfile

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.write(numbers(1, 1000))
	d.compress(d.rotate())
	d.write(numbers(1001, 2000))
	d.rotate()
	d.write(numbers(2001, 2500) + "no end")
	for _, n := range []int{-1, 0, 1, 10, 500, 501, 502, 1000, 1501, 1502, 2000, 2501, 9999} {
		if got, want := string(d.log.Tail(0, n, 1<<20)), lastLines(d.all, max(0, n)); got != want {
			t.Errorf("the last %d lines are %d bytes, want %d: %.20q, want %.20q", n, len(got), len(want), got, want)
		}
	}
	for _, most := range []int{0, 1, 100, 3000, 8000, len(d.all) - 1, len(d.all)} {
		if got, want := string(d.log.Tail(0, 1<<20, most)), d.all[len(d.all)-most:]; got != want {
			t.Errorf("the last %d bytes are %d, %.20q, want %.20q", most, len(got), got, want)
		}
	}
	for _, from := range []int{0, 1, 3000, 3893, 3894, 8893, 8894, len(d.all) - 1, len(d.all), len(d.all) + 1} {
		if got, want := string(d.log.Tail(int64(from), 1<<20, 1<<20)), d.all[min(from, len(d.all)):]; got != want {
			t.Errorf("from %d on there are %d bytes, want %d", from, len(got), len(want))
		}
	}
}

func TestTailOfWhatIsLeft(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	if got := d.log.Tail(0, 10, 1000); len(got) != 0 {
		t.Errorf("of nothing: %q", got)
	}
	d.write("lost\n")
	lost := d.rotate()
	d.write("broken\n")
	broken := d.rotate()
	d.write("kept\n")
	d.must(os.Remove(lost.Path))
	d.must(os.Remove(broken.Path))
	d.must(os.WriteFile(broken.Path+compressed, []byte("this is not gzip"), 0o600))
	if got := string(d.log.Tail(0, 10, 1000)); got != "kept\n" {
		t.Errorf("%q", got)
	}
}

func TestFilesKnowTheirPlace(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.write(strings.Repeat("a", 100))
	first := d.rotate()
	d.write(strings.Repeat("b", 200))
	second := d.rotate()
	d.compress(second)
	d.write(strings.Repeat("c", 300))
	third := d.rotate()
	d.write("d")
	check := func(want ...string) {
		t.Helper()
		files, err := d.log.Files()
		d.must(err)
		var got []string
		for _, f := range files {
			got = append(got, fmt.Sprintf("%d-%d %t %t", f.Start, f.End, f.Compressed, f.Current))
		}
		if strings.Join(got, ", ") != strings.Join(want, ", ") {
			t.Errorf("%q, want %q", got, want)
		}
	}
	check("0-100 false false", "100-300 true false", "300-600 false false", "600-601 false true")
	d.must(os.Remove(first.Path))
	check("100-300 true false", "300-600 false false", "600-601 false true")
	d.appendTo(second.Path, strings.Repeat("b", 200)) // not yet removed after it was compressed
	check("100-300 false false", "300-600 false false", "600-601 false true")
	d.must(os.Truncate(third.Path, 10)) // by another program: these are its last ten bytes
	check("100-300 false false", "590-600 false false", "600-601 false true")
	d.must(os.Remove(third.Path))
	d.must(os.Remove(second.Path))
	d.must(os.Remove(second.Path + compressed))
	check("600-601 false true")
	d.must(os.Remove(string(d.log)))
	check()
}

package logs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLast(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("y", 70_000) // longer than two blocks
	texts := map[string]string{
		"empty":           "",
		"one line":        "a\n",
		"no end":          "a\nb",
		"empty lines":     "\n\n\n",
		"many":            numbers(1, 30_000),
		"long lines":      "a\n" + long + "\n" + long,
		"a block exactly": strings.Repeat("z", 32<<10-1) + "\n" + strings.Repeat("z", 32<<10-1) + "\n",
	}
	for name, text := range texts {
		file := filepath.Join(t.TempDir(), "output.log")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(text, "\n")
		if lines[len(lines)-1] == "" {
			lines = lines[:len(lines)-1]
		}
		for _, n := range []int{-1, 0, 1, 2, 3, 1000, 50_000} {
			t.Run(fmt.Sprintf("%s, %d", name, n), func(t *testing.T) {
				want := lines
				if n >= 0 {
					want = lines[max(0, len(lines)-n):]
				}
				var got strings.Builder
				if err := Last(&got, file, n); err != nil {
					t.Fatal(err)
				}
				same(t, "Last", got.String(), strings.Join(want, ""))
			})
		}
	}
}

func TestLastWithoutAFile(t *testing.T) {
	t.Parallel()
	if err := Last(io.Discard, filepath.Join(t.TempDir(), "output.log"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// Last must not read what it does not print: this file has a terabyte.
func TestLastReadsFromTheEnd(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "output.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("\none\ntwo\n"), 1<<40); err != nil {
		t.Skip(err) // a file system without holes
	}
	var got strings.Builder
	if err := Last(&got, f.Name(), 2); err != nil || got.String() != "one\ntwo\n" {
		t.Errorf("%q, %v", got.String(), err)
	}
}

package logs

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTail(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	tests := []struct {
		name   string
		blocks []string
		n      int
		want   []string
	}{
		{"nothing", nil, 5, nil},
		{"none asked for", []string{"a\n"}, 0, nil},
		{"fewer than asked for", []string{"a\nb\n"}, 5, []string{"a", "b"}},
		{"the last ones", []string{"a\nb\nc\n"}, 2, []string{"b", "c"}},
		{"a line that has no end yet", []string{"a\nb"}, 2, []string{"a", "b"}},
		{"a line in several blocks", []string{"a", "b", "c\nd", "e\n"}, 2, []string{"abc", "de"}},
		{"an empty line is a line", []string{"a\n\n"}, 2, []string{"a", ""}},
		{"a line end alone", []string{"\n"}, 2, []string{""}},
		{"DOS line ends", []string{"a\r\nb\r\n"}, 2, []string{"a", "b"}},
		{"a long line keeps its beginning", []string{"begin" + x(600) + "\nb\n"}, 2, []string{"begin" + x(lineSize-5) + "…", "b"}},
		{"cut between characters", []string{x(lineSize-1) + "é\n"}, 1, []string{x(lineSize-1) + "…"}},
		{"a line longer than all keeps its end", []string{x(5000) + "end\n"}, 2, []string{"…" + x(lineSize-3) + "end"}},
		{"the first line is known to be cut", []string{x(4090) + "\n", "abcdef\n", "g\n"}, 9, []string{"…" + x(lineSize), "abcdef", "g"}},
		{"colours", []string{"\x1b[1;31mred\x1b[0m \x1b[Kplain\n"}, 1, []string{"red plain"}},
		{"an unfinished colour", []string{"red\x1b[1;3\n"}, 1, []string{"red"}},
		{"a colour broken off", []string{"\x1b[1é\n"}, 1, []string{"é"}},
		{"what commands a terminal", []string{"a\x1b]0;title\x07b\x00c\u009bd\u202ee\n"}, 1, []string{"a�]0;title�b�c�d�e"}},
		{"not UTF-8", []string{"caf\xe9 \xff\n"}, 1, []string{"caf� �"}},
		{"tabs and other scripts stay", []string{"\tγειά 世界 👍\n"}, 1, []string{"\tγειά 世界 👍"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, cut := lastBytes(strings.Join(tt.blocks, ""), 4<<10)
			if got := lastLines(text, tt.n, cut); !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// lastBytes is what is read of a text, and whether there was more.
func lastBytes(text string, most int) ([]byte, bool) {
	return []byte(text[max(0, len(text)-most):]), len(text) > most
}

// Whatever the business prints, its last lines are fit to print.
func FuzzTail(f *testing.F) {
	f.Add([]byte("one\ntwo\x1b[0m\n"), 3, 2)
	f.Add([]byte(strings.Repeat("long ", 2000)), 1000, 1)
	f.Fuzz(func(t *testing.T, output []byte, size, n int) {
		text, cut := lastBytes(string(output), min(max(size, 1), tailSize))
		for _, line := range lastLines(text, n, cut) {
			if !utf8.ValidString(line) || len(line) > 3*lineSize+2*len("…") || strings.ContainsAny(line, "\x00\x1b\n\r") {
				t.Errorf("unfit line %q", line)
			}
			if _, err := json.Marshal(line); err != nil {
				t.Error(err)
			}
		}
	})
}

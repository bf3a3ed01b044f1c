package logs

import (
	"bytes"
	"strings"
	"testing"
)

func TestCut(t *testing.T) {
	start, inside := place{start: true}, place{}
	with := func(p place, room int64) place { p.room = room; return p }
	tests := []struct {
		name  string
		place place
		data  string
		n     int
		full  bool
	}{
		{"all of it, if there is room", with(start, 10), "one\ntwo", 7, false},
		{"to the last byte", with(start, 8), "one\ntwo\n", 8, false},
		{"as many whole lines as there is room for", with(start, 9), "one\ntwo\nthree\n", 8, true},
		{"the rest of a line belongs to its beginning", with(inside, 5), "one\ntwo\n", 4, true},
		{"even where there is no room", with(inside, -3), "one\ntwo\n", 4, true},
		{"a line that has no room begins the next file", with(start, 2), "one\n", 0, true},
		{"so does any line in a file that is full", with(start, 0), "one\n", 0, true},
		{"but a file has one line at least", place{start: true, empty: true, room: 2}, "one\ntwo\n", 4, true},
		{"or the beginning of one", place{start: true, empty: true, room: 2}, "one", 3, false},
		{"a line without an end goes on", with(inside, 2), "one", 3, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if n, full := tt.place.cut([]byte(tt.data)); n != tt.n || full != tt.full {
				t.Errorf("cut = %d, %v; want %d, %v", n, full, tt.n, tt.full)
			}
			// Without a stamp the other way to cut is the same one.
			text, n, full := tt.place.stamped(nil, []byte(tt.data), nil)
			if string(text) != tt.data[:tt.n] || n != tt.n || full != tt.full {
				t.Errorf("stamped = %q, %d, %v; want %d, %v", text, n, full, tt.n, tt.full)
			}
		})
	}
}

func TestStamped(t *testing.T) {
	tests := []struct {
		name  string
		place place
		data  string
		want  string
		n     int
		full  bool
	}{
		{"every line has one", place{start: true, room: 99}, "one\n\ntwo", "> one\n> \n> two", 8, false},
		{"the rest of a line has none", place{room: 99}, "one\ntwo\n", "one\n> two\n", 8, false},
		{"it takes room", place{start: true, room: 11}, "one\ntwo\n", "> one\n", 4, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, n, full := tt.place.stamped(nil, []byte(tt.data), []byte("> "))
			if string(text) != tt.want || n != tt.n || full != tt.full {
				t.Errorf("%q, %d, %v; want %q, %d, %v", text, n, full, tt.want, tt.n, tt.full)
			}
		})
	}
}

// Whatever is written in whatever pieces: files end at line ends, none is larger than it
// may be unless it is one line, and together they are what was written.
func FuzzCut(f *testing.F) {
	f.Add([]byte("one\ntwo\nthree\n"), 5, 3, true)
	f.Add([]byte("a long line and\n\n\nshort ones\n"), 3, 100, false)
	f.Fuzz(func(t *testing.T, output []byte, size, piece int, stamp bool) {
		size, piece = min(max(size, 1), 1000), min(max(piece, 1), 1000)
		var file, all []byte
		for rest := output; len(rest) > 0; {
			data := rest[:min(piece, len(rest))]
			at := place{
				room: int64(size - len(file)), empty: len(file) == 0,
				start: len(file) == 0 || file[len(file)-1] == '\n',
			}
			n, full := at.cut(data)
			text := data[:n]
			if stamp {
				text, n, full = at.stamped(nil, data, []byte("> "))
			}
			if n == 0 && (!full || len(file) == 0) {
				t.Fatalf("nothing goes on at %+v with %q", at, data)
			}
			rest, file = rest[n:], append(file, text...)
			if !full {
				continue
			}
			if !bytes.HasSuffix(file, []byte("\n")) {
				t.Fatalf("a file ends with %q", file)
			}
			if len(file) > size && bytes.Count(file, []byte("\n")) > 1 {
				inside := bytes.LastIndexByte(file[:len(file)-1], '\n') + 1
				if inside > size {
					t.Fatalf("a file of %d bytes, and %d are allowed", len(file), size)
				}
			}
			all, file = append(all, file...), nil
		}
		all = append(all, file...)
		want := string(output)
		if stamp && want != "" {
			want = "> " + strings.ReplaceAll(strings.TrimSuffix(want, "\n"), "\n", "\n> ")
			if bytes.HasSuffix(output, []byte("\n")) {
				want += "\n"
			}
		}
		if string(all) != want {
			t.Fatalf("%q, want %q", all, want)
		}
	})
}

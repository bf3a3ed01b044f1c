package logs

import "bytes"

const (
	// windowSize is how much of the output is looked at for a line's end, in bytes.
	windowSize = 64 << 10
	// splitSize is how much of a line a file takes in beyond its size, in bytes, before
	// the line is split.
	splitSize = 1 << 20
)

// split marks the end of a file whose last line goes on in the next.
const split = "\nholdfast: this line goes on in the next file\n"

// A place is where the next byte goes.
type place struct {
	room  int64 // what the file may still take in; negative when it has more already
	start bool  // at the start of a line
	empty bool  // at the start of a file
}

// cut says how much of data goes into the file at that place, and whether the file is
// full with it. Whole lines stay in one file; but for one that is longer than a file.
func (p place) cut(data []byte) (n int, full bool) {
	if int64(len(data)) <= p.room {
		return len(data), false
	}
	if last := bytes.LastIndexByte(data[:max(0, p.room)], '\n'); last >= 0 {
		return last + 1, true
	}
	if p.start && !p.empty {
		return 0, true
	}
	if first := bytes.IndexByte(data, '\n'); first >= 0 {
		return first + 1, true
	}
	return len(data), false
}

// stamped is cut for lines that get a stamp in front: it appends them to text, and
// returns how much of data they are.
func (p place) stamped(text, data, stamp []byte) (_ []byte, n int, full bool) {
	begin := len(text)
	for rest := data; len(rest) > 0; rest = data[n:] {
		end, more := bytes.IndexByte(rest, '\n')+1, 0
		whole := end > 0
		if !whole {
			end = len(rest)
		}
		if p.start {
			more = len(stamp)
		}
		if int64(len(text)-begin+more+end) > p.room {
			if len(text) > begin || p.start && !p.empty {
				return text, n, true
			}
			full = whole
		}
		if p.start {
			text = append(text, stamp...)
		}
		text = append(text, rest[:end]...)
		n += end
		if p.start = whole; full {
			break
		}
	}
	return text, n, full
}

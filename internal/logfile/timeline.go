package logfile

import (
	"io/fs"
	"os"
)

// A timeline says, for rising positions, what the marks know of them.
type timeline struct {
	log   Log
	known fs.FileInfo // of the index, when it was read
	marks []Mark
	next  int  // the first mark beyond the position
	last  Mark // before that
	run   int  // 0 if it is not known
}

// refresh takes in what was added to the index.
func (t *timeline) refresh() error {
	info, err := os.Stat(t.log.Index())
	if err != nil || t.known != nil && info.Size() == t.known.Size() && info.ModTime().Equal(t.known.ModTime()) {
		return nil // a log need not have one
	}
	t.known, t.next = info, 0
	t.marks, err = t.log.Marks()
	return err
}

func (t *timeline) pass(position int64) {
	for ; t.next < len(t.marks) && t.marks[t.next].Position <= position; t.next++ {
		t.last = t.marks[t.next]
		if t.last.Kind == RunBegun {
			t.run = t.last.Run
		}
	}
}

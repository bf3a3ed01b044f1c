package logs

import (
	"os"
	"time"

	"holdfast/internal/logfile"
)

// How far a mark may be behind the output: a second, and then 4 KiB or a minute. So the
// index of a busy log is a hundredth of it.
const (
	markTime  = time.Second
	markSize  = 4 << 10
	markPause = time.Minute
)

// largeIndex is the size beyond which old marks are removed, in bytes.
const largeIndex = 1 << 20

// index collects marks and writes them when it can. It is a convenience: what keeps it
// from being written keeps nothing else.
type index struct {
	path     string
	unsaved  []byte
	time     time.Time // of the last mark
	position int64
}

func (i *index) add(m logfile.Mark) {
	i.time, i.position = m.Time, m.Position
	if len(i.unsaved) < 64<<10 {
		i.unsaved = m.Append(i.unsaved)
	}
}

// passed makes a mark, if it is time, at the position that the log has at that time.
func (i *index) passed(now time.Time, position int64) {
	since, grown := now.Sub(i.time), position-i.position
	if since < 0 || since >= markTime && (grown >= markSize || since >= markPause) {
		i.add(logfile.Mark{Kind: logfile.At, Time: now, Position: position})
	}
}

func (i *index) save() {
	if len(i.unsaved) == 0 {
		return
	}
	file, err := os.OpenFile(i.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		return
	}
	defer file.Close()
	if n, err := file.Write(i.unsaved); err == nil || n > 0 {
		i.unsaved = i.unsaved[:0]
	}
}

// prune removes the marks of what is no longer kept, if they are many.
func (i *index) prune(log logfile.Log) {
	info, err := os.Stat(i.path)
	if err != nil || info.Size() < largeIndex {
		return
	}
	files, err := log.Files()
	if err != nil || len(files) == 0 {
		return
	}
	marks, err := log.Marks()
	if err != nil {
		return
	}
	var kept []byte
	for _, m := range marks {
		if m.Position >= files[0].Start {
			kept = m.Append(kept)
		}
	}
	if int64(len(kept)) > info.Size()/2 {
		return // not worth it
	}
	if os.WriteFile(i.path+".new", kept, 0o640) != nil || os.Rename(i.path+".new", i.path) != nil {
		os.Remove(i.path + ".new")
	}
}

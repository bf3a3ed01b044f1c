package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/shirou/gopsutil/v3/process"

	"holdfast/internal/proc"
)

// A tree is the processes of a service that are there now, with what they use.
type tree struct {
	members []member // the root first, parents before children
	threads int
	rss     int64 // bytes; what processes share counts for each of them
	cpu     time.Duration
}

// A member is one process of a tree.
type member struct {
	PID     int    `json:"pid"`
	PPID    int    `json:"ppid,omitempty"`
	Name    string `json:"name"`
	Command string `json:"command"`
}

// walk looks at the processes of a service: the guardian and all below it, or what a
// killed guardian has left, which is the business and all below it.
func (v view) walk() tree {
	root := v.record.Guardian
	if !v.alive(root) {
		root = v.record.Business
	}
	if !v.alive(root) {
		return tree{}
	}
	var t tree
	t.add(proc.Process{ID: proc.ID(root)})
	below, _ := proc.Descendants(root.PID) // nobody may read the process table: the root has to do
	for _, p := range below {
		t.add(p)
	}
	if business := v.record.Business; v.record.Adopted() && root != business && v.alive(business) {
		t.add(proc.Process{ID: proc.ID(business), PPID: root.PID}) // who stands in for its parent
		below, _ = proc.Descendants(business.PID)
		for _, p := range below {
			t.add(p)
		}
	}
	return t
}

// add takes in a process with what it uses. One that has just ended uses nothing.
func (t *tree) add(p proc.Process) {
	m := member{PID: p.PID, PPID: p.PPID, Name: p.Comm}
	ask := process.Process{Pid: int32(p.PID)} // not NewProcess: that reads more than is wanted here
	if m.Name == "" {
		m.Name, _ = ask.Name()
	}
	if words, err := ask.CmdlineSlice(); err == nil && len(words) > 0 {
		m.Command = commandLine(words)
	} else {
		m.Command = "[" + printable(m.Name) + "]"
	}
	if p.State == 'Z' {
		m.Command += " <defunct>"
	}
	t.members = append(t.members, m)
	if threads, err := ask.NumThreads(); err == nil {
		t.threads += int(threads)
	}
	if memory, err := ask.MemoryInfo(); err == nil {
		t.rss += int64(memory.RSS)
	}
	if times, err := ask.Times(); err == nil {
		t.cpu += time.Duration((times.User + times.System) * float64(time.Second))
	}
}

// name is that of the process with this PID, "" when it is not in the tree.
func (t tree) name(pid int) string {
	for _, m := range t.members {
		if m.PID == pid {
			return m.Name
		}
	}
	return ""
}

// draw draws the tree as systemctl does. Each line begins with indent, the first does not.
func (t tree) draw(w io.Writer, s screen, indent string) {
	if len(t.members) == 0 {
		return
	}
	root := t.members[0]
	fmt.Fprintln(w, s.cut(fmt.Sprintf("%*s%d %s", len(indent), "", root.PID, root.Command))[len(indent):])
	children := make(map[int][]member, len(t.members))
	for _, m := range t.members[1:] {
		children[m.PPID] = append(children[m.PPID], m)
	}
	t.drawBelow(w, s, indent, children, root.PID)
}

func (t tree) drawBelow(w io.Writer, s screen, indent string, children map[int][]member, parent int) {
	for i, m := range children[parent] {
		branch, deeper := "├─", "│ "
		if i == len(children[parent])-1 {
			branch, deeper = "└─", "  "
		}
		fmt.Fprintln(w, s.cut(fmt.Sprintf("%s%s%d %s", indent, branch, m.PID, m.Command)))
		t.drawBelow(w, s, indent+deeper, children, m.PID)
	}
}

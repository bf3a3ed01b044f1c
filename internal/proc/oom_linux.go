package proc

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// OOMWatch tells whether a SIGKILL came from the kernel's OOM killer. For each victim the kernel first
// raises the counters, then sends the signal, and then prints "Killed process PID" into its log:
//
//   - /proc/vmstat counts for the whole host. It did not move: it was not the OOM killer.
//   - The kernel log names the PID: where it can be read, it decides.
//   - The cgroup's counter decides otherwise. It also counts victims among the business's children.
//   - Only vmstat is left: probably.
type OOMWatch struct {
	log    kernelLog
	mounts []cgroupMount

	group []string // directories of the control group in which the business begins; nil: the guardian's

	// What was marked:
	pid    int
	inside bool        // of the group, not of a process
	file   counterFile // zero if there is none
	cgroup counter
	host   counter

	seen   counter // the host's counter when it was looked at last
	seenAt time.Time
}

// counter is a number that only rises; known is false where it cannot be read.
type counter struct {
	n     uint64
	known bool
}

// WatchOOM opens what can be read. It keeps one descriptor, if any, and costs nothing until asked.
func WatchOOM() *OOMWatch {
	w := &OOMWatch{log: openKernelLog()}
	if table, err := os.ReadFile("/proc/self/mountinfo"); err == nil {
		w.mounts = memoryMounts(table)
	}
	w.Mark(os.Getpid())
	return w
}

// SetGroup says that the business begins in a control group of its own, [Spec.Join]. Nil is that of the guardian.
func (w *OOMWatch) SetGroup(dirs []string) { w.group = dirs }

// Mark says that whatever happened up to now has not killed the process. It is called right before a
// spawn with the guardian's own PID, in whose cgroup the child begins unless [OOMWatch.SetGroup] says otherwise: then
// even its first instant is covered.
// It may be called again with the business's PID whenever that is known to be alive; the later, the surer
// the verdict, for a business may have moved to another cgroup, or survived the OOM kill of a child.
func (w *OOMWatch) Mark(pid int) {
	w.pid = pid
	w.log.skip()
	w.file, w.cgroup, w.inside = counterFile{}, counter{}, false
	if pid == os.Getpid() && w.markGroup() {
		w.inside = true
	} else if table, err := readKernelFile("/proc/"+strconv.Itoa(pid)+"/cgroup", make([]byte, 4096)); err == nil {
		for _, file := range counterFiles(w.mounts, table) {
			if c := readCounter(file.path); c.known {
				w.file, w.cgroup = file, c
				break
			}
		}
	}
	if time.Since(w.seenAt) > fresh {
		w.look()
	}
	w.host = w.seen
}

// markGroup notes the counter of the group, and reports whether that has one.
func (w *OOMWatch) markGroup() bool {
	for _, dir := range w.group {
		for _, name := range []string{"memory.events", "memory.oom_control"} {
			file := filepath.Join(dir, name)
			if c := readCounter(file); c.known {
				w.file, w.cgroup = counterFile{file, true}, c
				return true
			}
		}
	}
	return false
}

// fresh is how long a look at the host's counter, which the kernel adds up for every reader, serves:
// between a verdict and the spawn that follows it at once there is no need for another.
const fresh = 10 * time.Millisecond

func (w *OOMWatch) look() counter {
	w.seen, w.seenAt = readCounter("/proc/vmstat"), time.Now()
	return w.seen
}

// logPatience bounds the wait for a line that the kernel is about to print.
const logPatience = 200 * time.Millisecond

// Verdict tells whether it was the OOM killer, after a process has ended by a SIGKILL that nobody here has sent.
// It may be asked for several processes, and only about what followed the last Mark. In the rare case
// that the kernel has counted a victim and not yet named it, it waits, for 200 ms at most.
func (w *OOMWatch) Verdict(pid int) OOM {
	victims, hostKnown := w.look().since(w.host)
	if hostKnown && victims == 0 {
		return NotOOM
	}
	if w.log.fd >= 0 {
		deadline := time.Now().Add(logPatience)
		for w.log.read(); !slices.Contains(w.log.victims, pid); w.log.read() {
			if w.log.lost {
				break // it may have been among what was overwritten
			}
			if uint64(len(w.log.victims)) >= victims || time.Now().After(deadline) {
				return NotOOM
			}
			time.Sleep(time.Millisecond)
		}
		if slices.Contains(w.log.victims, pid) {
			return ByOOM
		}
	}
	rise, known := readCounter(w.file.path).since(w.cgroup)
	switch {
	case known && rise > 0 && w.file.own:
		return ByOOM
	case known && rise > 0:
		return ProbablyOOM // somebody in the cgroup around it
	case known && (w.pid == pid || w.inside):
		return NotOOM
	case hostKnown: // no counter, or what was marked is our own cgroup, which the process may have left
		return ProbablyOOM
	}
	return NotOOM
}

// Source names what a verdict would be based on, for people.
func (w *OOMWatch) Source() string {
	switch {
	case w.log.fd >= 0:
		return "the kernel log"
	case w.file.path != "":
		return w.file.path
	case w.host.known:
		return "/proc/vmstat (only probable)"
	}
	return "none that is readable"
}

func (now counter) since(mark counter) (rise uint64, known bool) {
	if !now.known || !mark.known || now.n < mark.n {
		return 0, false
	}
	return now.n - mark.n, true
}

func readCounter(file string) counter {
	if file == "" {
		return counter{}
	}
	data, err := readKernelFile(file, make([]byte, 8192)) // vmstat, the longest, has 5 KiB
	if err != nil {
		return counter{}
	}
	return oomKills(data)
}

// oomKills finds the line "oom_kill N", which memory.events, memory.oom_control and vmstat all have (since Linux 4.13).
func oomKills(data []byte) counter {
	for line := range bytes.Lines(data) {
		if number, found := bytes.CutPrefix(line, []byte("oom_kill ")); found {
			n, err := strconv.ParseUint(string(bytes.TrimSpace(number)), 10, 64)
			return counter{n, err == nil}
		}
	}
	return counter{}
}

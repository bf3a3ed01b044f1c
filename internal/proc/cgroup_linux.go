package proc

import (
	"bytes"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// cgroupMount is a mounted cgroup hierarchy.
type cgroupMount struct {
	point   string // where it is mounted
	root    string // which cgroup is its top: "/", but for a bind mount or a container
	v2      bool
	options []string // in v1 the controllers are among them
}

// memoryMounts are those that may account memory.
func memoryMounts(mountinfo []byte) []cgroupMount {
	return slices.DeleteFunc(cgroupMounts(mountinfo), func(m cgroupMount) bool {
		return !m.v2 && !slices.Contains(m.options, "memory")
	})
}

// cgroupMounts finds them in /proc/PID/mountinfo, proc_pid_mountinfo(5):
//
//	35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
func cgroupMounts(mountinfo []byte) (mounts []cgroupMount) {
	for line := range bytes.Lines(mountinfo) {
		before, after, _ := strings.Cut(string(line), " - ")
		mount, source := strings.Fields(before), strings.Fields(after)
		if len(mount) < 6 || len(source) < 3 {
			continue
		}
		v2 := source[0] == "cgroup2"
		if v2 || source[0] == "cgroup" {
			mounts = append(mounts, cgroupMount{unescape(mount[4]), unescape(mount[3]), v2, strings.Split(source[2], ",")})
		}
	}
	return mounts
}

// counterFile holds a count of OOM kills.
type counterFile struct {
	path string
	own  bool // it is the cgroup's own, not that of one around it
}

// counterFiles lists the candidates for the cgroups that /proc/PID/cgroup tells, cgroups(7):
//
//	4:memory:/web
//	0::/system.slice/web.service
//
// In v2 a cgroup without the memory controller is accounted by the nearest ancestor that has it.
func counterFiles(mounts []cgroupMount, cgroup []byte) (files []counterFile) {
	for line := range bytes.Lines(cgroup) {
		fields := strings.SplitN(strings.TrimSuffix(string(line), "\n"), ":", 3)
		if len(fields) < 3 {
			continue
		}
		v2 := fields[0] == "0" && fields[1] == ""
		if !v2 && !slices.Contains(strings.Split(fields[1], ","), "memory") {
			continue
		}
		for _, m := range mounts {
			dir, below := within(m.root, fields[2])
			if m.v2 != v2 || !below {
				continue
			}
			if !v2 {
				files = append(files, counterFile{filepath.Join(m.point, dir, "memory.oom_control"), true})
				continue
			}
			for own := true; ; own, dir = false, filepath.Dir(dir) {
				files = append(files, counterFile{filepath.Join(m.point, dir, "memory.events"), own})
				if dir == "." {
					break
				}
			}
		}
	}
	return files
}

// within is the cgroup's path below the top of a mount. Either may lie outside of our cgroup namespace,
// and then begins with "/..".
func within(root, cgroup string) (dir string, below bool) {
	if strings.HasPrefix(root, "/..") || strings.HasPrefix(cgroup, "/..") {
		return "", false
	}
	dir, err := filepath.Rel(root, cgroup)
	return dir, err == nil && dir != ".." && !strings.HasPrefix(dir, "../")
}

// unescape undoes the octal escapes of mountinfo: \040 is a space.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

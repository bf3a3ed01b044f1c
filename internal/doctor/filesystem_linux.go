package doctor

import "golang.org/x/sys/unix"

// fileSystem says what a directory lies on: a reboot empties a tmpfs.
func fileSystem(dir string) string {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return "unknown"
	}
	switch int64(s.Type) & 0xffffffff {
	case unix.TMPFS_MAGIC:
		return "tmpfs"
	case unix.NFS_SUPER_MAGIC:
		return "nfs"
	case unix.OVERLAYFS_SUPER_MAGIC:
		return "overlay"
	}
	return "on a disk"
}

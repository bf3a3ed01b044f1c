package proc

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Hold lets the witness speak for the process, a child that was not yet reaped, and for nobody before it.
func (w Witness) Hold(id ID) (seal uint64, err error) {
	w.unmount()
	fd, err := unix.PidfdOpen(id.PID, 0)
	if err != nil {
		return 0, os.NewSyscallError("pidfd_open", err)
	}
	defer unix.Close(fd)
	info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
	if err := unix.IoctlPidfdInfo(fd, &info); err != nil {
		return 0, fmt.Errorf("the kernel keeps no exits: %w", os.NewSyscallError("ioctl", err))
	}
	tree, err := unix.OpenTree(fd, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
	if err != nil {
		return 0, os.NewSyscallError("open_tree", err)
	}
	defer unix.Close(tree)
	target, err := unix.Open(string(w), unix.O_RDONLY|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return 0, &os.PathError{Op: "open", Path: string(w), Err: err}
	}
	unix.Close(target)
	if err = unix.MoveMount(tree, "", unix.AT_FDCWD, string(w), unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return 0, os.NewSyscallError("move_mount", err)
	}
	return sealOf(fd), nil
}

// sealOf is the inode number of a pidfd, which is never used again (Linux 6.9).
func sealOf(fd int) uint64 {
	var stat unix.Stat_t
	if unix.Fstat(fd, &stat) != nil {
		return 0
	}
	return stat.Ino
}

// Dismiss leaves nothing of the witness.
func (w Witness) Dismiss() {
	w.unmount()
	unix.Unlink(string(w))
}

func (w Witness) unmount() { unix.Unmount(string(w), unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW) }

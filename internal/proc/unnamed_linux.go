package proc

import (
	"os"

	"golang.org/x/sys/unix"
)

func unnamedFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("data", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), "data"), nil
}

package watchdog

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// awaitFile calls changed at first and whenever the file may be another than before, until
// quit is closed. The file, its directory and links to it need not be there yet.
func awaitFile(path string, quit <-chan struct{}, changed func()) error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return os.NewSyscallError("inotify_init1", err)
	}
	events := os.NewFile(uintptr(fd), "inotify")
	if _, err := watchWay(fd, path); err != nil {
		events.Close()
		return err
	}
	go func() {
		<-quit
		events.Close()
	}()
	go func() {
		buffer := make([]byte, 4096)
		names, _ := watchWay(fd, path)
		changed() // after the watch, or a change in between would go unseen
		for {
			n, err := events.Read(buffer)
			if err != nil {
				return
			}
			if names.in(buffer[:n]) {
				names, _ = watchWay(fd, path)
				changed()
			}
		}
	}()
	return nil
}

// names are what the watched directories are watched for.
type names map[string]bool

// watchWay watches the file, and for it and each link on the way the nearest directory that
// is there. To watch one twice changes nothing.
func watchWay(fd int, path string) (names, error) {
	const mask = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_CLOSE_WRITE | unix.IN_MODIFY | unix.IN_ATTRIB
	const mostLinks = 40                 // as in path_resolution(7)
	unix.InotifyAddWatch(fd, path, mask) // if it is there; an event then has no name
	seen := names{"": true}
	for range mostLinks {
		name, dir := filepath.Base(path), filepath.Dir(path)
		_, err := unix.InotifyAddWatch(fd, dir, mask)
		for ; err != nil; _, err = unix.InotifyAddWatch(fd, dir, mask) {
			if dir == filepath.Dir(dir) {
				return nil, os.NewSyscallError("inotify_add_watch", err)
			}
			name, dir = filepath.Base(dir), filepath.Dir(dir)
		}
		seen[name] = true
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return seen, nil
}

// in reports whether one of them is in the events (inotify(7)).
func (n names) in(events []byte) bool {
	for len(events) >= unix.SizeofInotifyEvent {
		end := unix.SizeofInotifyEvent + binary.NativeEndian.Uint32(events[unix.SizeofInotifyEvent-4:])
		if n[string(bytes.TrimRight(events[unix.SizeofInotifyEvent:end], "\x00"))] {
			return true
		}
		events = events[end:]
	}
	return false
}

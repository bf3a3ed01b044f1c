//go:build !linux

package proc

import (
	"fmt"
	"syscall"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// Descendants lists the processes below this one, zombies included, parents before children.
// What is lost: whoever was orphaned is below process 1, not below its old grandparent.
func Descendants(of int) ([]Process, error) {
	table, err := process.Processes()
	if err != nil {
		return nil, fmt.Errorf("process table: %w", err)
	}
	all := make([]Process, 0, len(table))
	for _, entry := range table {
		ppid, err := entry.Ppid()
		if err != nil {
			continue // ended meanwhile
		}
		pid := int(entry.Pid)
		p := Process{ID: ID{PID: pid}, PPID: int(ppid), State: 'S'}
		if created, err := entry.CreateTime(); err == nil {
			p.Start = uint64(created)
		}
		p.PGID, _ = syscall.Getpgid(pid)
		p.Session, _ = unix.Getsid(pid)
		p.Comm, _ = entry.Name()
		if status, err := entry.Status(); err == nil && len(status) > 0 {
			p.State = letter(status[0])
		}
		all = append(all, p)
	}
	return below(of, all), nil
}

// letter is the state's letter on Linux.
func letter(status string) byte {
	switch status {
	case process.Running:
		return 'R'
	case process.Stop:
		return 'T'
	case process.Zombie:
		return 'Z'
	}
	return 'S'
}

//go:build !linux

package proc

import (
	"syscall"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// processTable reads every process once.
func processTable() ([]Process, error) {
	table, err := process.Processes()
	if err != nil {
		return nil, err
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
	return all, nil
}

// entry is one process of the table.
func entry(pid int) (Process, error) {
	all, err := processTable()
	if err != nil {
		return Process{}, err
	}
	for _, p := range all {
		if p.PID == pid {
			return p, nil
		}
	}
	return Process{}, ErrGone
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

//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A cost is what a process has and does.
type cost struct {
	anonymous int // bytes of memory that are no file's
	threads   int
	switches  int // context switches of all its threads, asked for or not
}

// idle is what a guardian costs that has nothing to do. One guardian is fresh, the other
// has gone through the crashes before.
func idle(a *arena, o options) ([]row, error) {
	if o.idle == 0 {
		return nil, nil
	}
	fresh, err := a.newGuardian("idle")
	if err != nil {
		return nil, err
	}
	if _, err := fresh.open(); err != nil {
		return nil, err
	}
	watched := append([]*keeper{fresh, a.guardian}, a.peers...)
	time.Sleep(2 * time.Second) // until the start is over for the runtime's own threads, too
	before, err := costs(watched)
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(o.idle):
	case <-a.ctx.Done():
		return nil, a.ctx.Err()
	}
	after, err := costs(watched)
	if err != nil {
		return nil, err
	}

	var rows []row
	add := func(r row, budget float64, of func(i int) int, own int) {
		r.Holdfast = one(of(own))
		if budget > 0 {
			r = r.below(budget)
		}
		for i, peer := range a.peers {
			rows = append(rows, r.beside(peer.name, one(of(2+i))))
			r.Budget, r.Met = "", nil
		}
		if len(a.peers) == 0 {
			rows = append(rows, r)
		}
	}
	const mostAnonymous = 1.5 * (1 << 20)
	anonymous := func(i int) int { return after[i].anonymous }
	add(row{What: "idle: anonymous memory", Unit: inBytes}, mostAnonymous, anonymous, 0)
	add(row{What: "… after the crashes above", Unit: inBytes}, mostAnonymous, anonymous, 1)
	add(row{What: "idle: threads", Unit: count}, 0, func(i int) int { return after[i].threads }, 0)
	add(row{What: fmt.Sprintf("idle: wake-ups in %v", o.idle), Unit: count}, 1,
		func(i int) int { return after[i].switches - before[i].switches }, 0)
	return rows, nil
}

func costs(keepers []*keeper) ([]cost, error) {
	all := make([]cost, len(keepers))
	for i, k := range keepers {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", k.pid))
		if err != nil {
			return nil, err
		}
		c := cost{threads: len(tasks)}
		for _, task := range tasks {
			status, err := os.ReadFile(task)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", k.name, err)
			}
			c.anonymous = 1024 * field(status, "RssAnon") // every thread has the process's
			c.switches += field(status, "voluntary_ctxt_switches") + field(status, "nonvoluntary_ctxt_switches")
		}
		if c.threads == 0 {
			return nil, fmt.Errorf("%s: process %d is gone", k.name, k.pid)
		}
		all[i] = c
	}
	return all, nil
}

// field is a number in /proc/PID/status, proc_pid_status(5).
func field(status []byte, name string) (n int) {
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			fmt.Sscan(value, &n)
		}
	}
	return n
}

//go:build linux

package main

import "time"

// start is how long `holdfast start` takes for a program that is ready at once, until it
// has returned; beside a fork and exec of the program, until that runs, and a process of
// the binary that does nothing, of which a start makes three.
func start(a *arena, o options) ([]row, error) {
	var started, forked, process []time.Duration
	for range o.samples {
		took, err := a.guardian.open()
		if err != nil {
			return nil, err
		}
		started = append(started, took)
		if _, err = a.guardian.shut(); err != nil {
			return nil, err
		}
		if took, err = a.bare.open(); err != nil {
			return nil, err
		}
		forked = append(forked, took)
		if _, err = a.bare.shut(); err != nil {
			return nil, err
		}
		if took, err = a.bare.do([]string{a.holdfast, "version"}); err != nil {
			return nil, err
		}
		process = append(process, took)
		if err := a.ctx.Err(); err != nil {
			return nil, err
		}
	}
	r := row{What: "start", Unit: milliseconds, Holdfast: summary(started)}
	return []row{
		r.beside("fork+exec of the program", summary(forked)).below(15),
		r.beside("holdfast version", summary(process)),
	}, nil
}

//go:build linux

package main

import "time"

// throttle is the second within which runsv does not start a program twice, and some more:
// a run that lasted longer is followed by the next one at once. s6-supervise (2.11) lets a
// second pass after every death.
const throttle = 1100 * time.Millisecond

// quick is how many crashes in quick succession go with one after a longer run.
const quick = 10

// crash is how long it takes from a kill -9 of the business until the next one executes
// its first instructions. Everybody takes turns, so that what disturbs the machine
// disturbs all alike.
func crash(a *arena, o options) ([]row, error) {
	all := append(append([]*keeper{a.guardian}, a.loops...), a.peers...)
	warm, cold := map[*keeper][]time.Duration{}, map[*keeper][]time.Duration{}
	for range tenth(o.samples) {
		time.Sleep(throttle)
		if err := a.crashes(all, cold); err != nil {
			return nil, err
		}
		for range min(quick, o.samples) {
			if err := a.crashes(all[:1+len(a.loops)], warm); err != nil {
				return nil, err
			}
		}
	}
	rows := a.compare("crash to running", all[1:1+len(a.loops)], warm)
	return append(rows, a.compare("… after a run of > 1 s", all[1:], cold)...), nil
}

func (a *arena) crashes(keepers []*keeper, samples map[*keeper][]time.Duration) error {
	for _, k := range keepers {
		calm()
		took, err := k.crash()
		if err != nil {
			return err
		}
		samples[k] = append(samples[k], took)
	}
	return a.ctx.Err()
}

// compare makes the rows of the guardian beside the others; the budget is that of a bare
// loop.
func (a *arena) compare(what string, others []*keeper, samples map[*keeper][]time.Duration) (rows []row) {
	own := row{What: what, Unit: milliseconds, Holdfast: summary(samples[a.guardian])}
	for _, k := range others {
		r := own.beside(k.name, summary(samples[k]))
		if k.control == "" {
			r = r.within(2)
		}
		rows = append(rows, r)
	}
	return rows
}

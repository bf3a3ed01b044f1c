//go:build linux

package main

import "time"

// status is how long the question takes how the service is. `holdfast status` looks at
// the whole process tree and at the log; the peers read one small file. From here on
// everybody runs.
func status(a *arena, o options) ([]row, error) {
	for _, k := range append([]*keeper{a.guardian}, a.loops...) {
		if _, err := k.open(); err != nil {
			return nil, err
		}
	}
	asked := map[*keeper][]time.Duration{}
	for range o.samples {
		for _, k := range append([]*keeper{a.guardian}, a.peers...) {
			took, err := k.do(k.status)
			if err != nil {
				return nil, err
			}
			asked[k] = append(asked[k], took)
		}
		if err := a.ctx.Err(); err != nil {
			return nil, err
		}
	}
	r := row{What: "status", Unit: milliseconds, Holdfast: summary(asked[a.guardian])}.below(10)
	if len(a.peers) == 0 {
		return []row{r}, nil
	}
	var rows []row
	for _, peer := range a.peers {
		rows = append(rows, r.beside(shown(peer.status), summary(asked[peer])))
		r.Budget, r.Met = "", nil // once is enough
	}
	return rows, nil
}

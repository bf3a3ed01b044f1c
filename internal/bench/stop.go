//go:build linux

package main

import (
	"strings"
	"time"
)

// stop is how long the stop of a program takes that ends at once on SIGTERM. holdfast's
// guardian ends with it, and the command waits for that; the peers' supervisors stay.
func stop(a *arena, o options) ([]row, error) {
	stopped, err := a.shuts(a.guardian, o.samples)
	if err != nil {
		return nil, err
	}
	killed, err := a.shuts(a.bare, o.samples)
	if err != nil {
		return nil, err
	}
	r := row{What: "stop", Unit: milliseconds, Holdfast: summary(stopped)}
	rows := []row{r.beside("kill and wait", summary(killed))}
	for _, peer := range a.peers {
		if _, err := peer.open(); err != nil {
			return nil, err
		}
		stopped, err := a.shuts(peer, tenth(o.samples))
		if err != nil {
			return nil, err
		}
		rows = append(rows, r.beside(shown(peer.stop), summary(stopped)))
		if err := peer.again(); err != nil { // for the measurements to come
			return nil, err
		}
	}
	return rows, nil
}

// shuts starts and stops the business n times.
func (a *arena) shuts(k *keeper, n int) ([]time.Duration, error) {
	var samples []time.Duration
	for range n {
		if k.pid == 0 || k.control != "" && len(samples) > 0 {
			if err := k.again(); err != nil {
				return nil, err
			}
		}
		calm()
		took, err := k.shut()
		if err != nil {
			return nil, err
		}
		samples = append(samples, took)
		if err := a.ctx.Err(); err != nil {
			return nil, err
		}
	}
	return samples, nil
}

// calm lets a supervisor finish what it does once its program runs, such as saving its
// state, before it is measured again.
func calm() { time.Sleep(5 * time.Millisecond) }

// tenth is the number of samples where each takes a second.
func tenth(n int) int { return max(1, n/10) }

// shown is a command without its last argument, the service.
func shown(command []string) string { return strings.Join(command[:len(command)-1], " ") }

//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Everybody keeps five old files of 10 MiB, and compresses none unless it says so.
const (
	fileSize = 10 << 20
	keptOld  = 5
)

// A logger carries a program's output into files.
type logger struct {
	name string
	kind string // bare, peer, or own
	// filter is a command that carries its stdin into the directory at its end. Without
	// one it is holdfast, with these settings.
	filter   []string
	settings []string
	samples  []logSample // of the table under way
}

// loggers are those that are compared; a peer that is not installed is left out.
func (a *arena) loggers() ([]*logger, error) {
	program, err := a.cc("logs")
	if err != nil {
		return nil, fmt.Errorf("the writer and the bare loops are in C, and there is no compiler: %w", err)
	}
	old, size := strconv.Itoa(keptOld), strconv.Itoa(fileSize)
	plain := []string{"LogMaxSize=" + size, "LogMaxFiles=" + old, "LogCompress=no"}
	all := []*logger{
		{name: "holdfast", kind: "own", settings: plain},
		{name: "bare read-write", kind: "bare", filter: []string{program, "copy"}},
		{name: "bare splice", kind: "bare", filter: []string{program, "splice"}},
		{name: "holdfast, LogTimestamps=utc", settings: append(plain, "LogTimestamps=utc")},
		{name: "holdfast, as by default (gzip)"},
	}
	for _, peer := range [][]string{
		{"svlogd"}, // reads the file config
		{"s6-log", "-b", "n" + old, "s" + size},
		{"multilog", "n" + old, "s" + size},
	} {
		path, err := exec.LookPath(peer[0])
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s is left out: %v\n", peer[0], err)
			continue
		}
		all = append(all, &logger{name: peer[0], kind: "peer", filter: append([]string{path}, peer[1:]...)})
	}
	return all, nil
}

// logs measures every logger with large writes and with a write per line. They take
// turns, so that what disturbs the machine disturbs all alike.
func logs(a *arena, o options) ([]logTable, error) {
	all, err := a.loggers()
	if err != nil {
		return nil, err
	}
	r, err := newLogRun(a)
	if err != nil {
		return nil, err
	}
	defer r.close()
	var tables []logTable
	for _, writes := range []struct {
		title string
		bytes int
	}{{"writes of 64 KiB", 64 << 10}, {"a write per line", 100}} {
		for _, l := range all {
			l.samples = nil
		}
		for range o.samples {
			for _, l := range all {
				sample, err := r.measure(l, o.size, writes.bytes)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", l.name, errors.Join(err, a.ctx.Err()))
				}
				l.samples = append(l.samples, sample)
			}
		}
		tables = append(tables, newLogTable(writes.title, o.size, all))
	}
	return tables, nil
}

// directory makes the one that a filter logs to.
func (l *logger) directory(parent string) (string, error) {
	dir := filepath.Join(parent, "output")
	err := os.Mkdir(dir, 0o700)
	if err == nil && l.name == "svlogd" {
		err = os.WriteFile(filepath.Join(dir, "config"), fmt.Appendf(nil, "s%d\nn%d\n", fileSize, keptOld), 0o600)
	}
	return dir, err
}

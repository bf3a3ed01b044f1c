//go:build linux

// Bench measures holdfast beside its peers: runit's runsv, s6-supervise, and the bare
// system calls. scripts/bench builds what it needs and runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options is what the command line says.
type options struct {
	holdfast string
	samples  int
	idle     time.Duration
	json     bool
}

func main() {
	if os.Getenv(reportsVariable) != "" {
		role(os.Args[1:])
	}
	var o options
	flag.StringVar(&o.holdfast, "holdfast", "", "the `binary` to measure")
	flag.IntVar(&o.samples, "n", 200, "how many `samples` to take; a tenth of it where each takes a second")
	flag.DurationVar(&o.idle, "idle", time.Minute, "how long to watch the idle guardian; 0 leaves that out")
	flag.BoolVar(&o.json, "json", false, "print JSON, with times in milliseconds and sizes in bytes")
	flag.Parse()
	if o.holdfast == "" || o.samples < 1 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run takes every measurement and prints what came out.
func run(ctx context.Context, o options) (err error) {
	a, err := newArena(ctx, o.holdfast)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()

	table := table{machine: a.describe()}
	for _, measure := range []func(*arena, options) ([]row, error){size, start, stop, status, crash, idle} {
		rows, err := measure(a, o)
		if err != nil {
			return err
		}
		table.rows = append(table.rows, rows...)
	}
	if o.json {
		return table.json(os.Stdout)
	}
	return table.print(os.Stdout)
}

// role is what this binary does when it is one of the processes that are measured: the
// business where there is no C compiler, or the bare loop in Go around a program.
func role(program []string) {
	if len(program) == 0 {
		report()
		for {
			time.Sleep(time.Hour)
		}
	}
	for {
		pid, err := syscall.ForkExec(program[0], program, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
		if err != nil {
			os.Exit(1)
		}
		syscall.Wait4(pid, nil, 0, nil)
	}
}

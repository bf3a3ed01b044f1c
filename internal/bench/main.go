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
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// options is what the command line says.
type options struct {
	holdfast string
	samples  int
	idle     time.Duration
	json     bool
	logs     bool  // measure the log instead
	size     int64 // of it, in bytes
}

func main() {
	if os.Getenv(reportsVariable) != "" {
		role(os.Args[1:])
	}
	var o options
	flag.StringVar(&o.holdfast, "holdfast", "", "the `binary` to measure")
	flag.IntVar(&o.samples, "n", 0, "how many `samples` to take: of 200 a tenth where each takes a second; of logs, 5")
	flag.DurationVar(&o.idle, "idle", time.Minute, "how long to watch the idle guardian; 0 leaves that out")
	flag.BoolVar(&o.json, "json", false, "print JSON, with times in milliseconds and sizes in bytes")
	flag.Func("size", "how much to log, such as 64M (default 1G)", func(text string) (err error) {
		o.size, err = parseSize(text)
		return err
	})
	flag.Parse()
	if flag.Arg(0) == "logs" {
		o.logs = true
		flag.CommandLine.Parse(flag.Args()[1:])
	}
	if o.samples == 0 {
		o.samples = map[bool]int{false: 200, true: 5}[o.logs]
	}
	if o.size == 0 {
		o.size = 1 << 30
	}
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

// parseSize reads a number of bytes with K, M or G behind it.
func parseSize(text string) (int64, error) {
	number, shift := text, 0
	if i := strings.IndexAny(text, "KMG"); i >= 0 && i == len(text)-1 {
		number, shift = text[:i], 10*(1+strings.IndexByte("KMG", text[i]))
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err == nil && n < 1 {
		err = errors.New("too small")
	}
	return n << shift, err
}

// run takes every measurement and prints what came out.
func run(ctx context.Context, o options) (err error) {
	a, err := newArena(ctx, o.holdfast)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()

	if o.logs {
		tables, err := logs(a, o)
		if err != nil {
			return err
		}
		if o.json {
			return jsonLogs(os.Stdout, a.describe(), o.size, tables)
		}
		return printLogs(os.Stdout, a.describe(), filepath.Dir(a.bin), o.size, tables)
	}
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

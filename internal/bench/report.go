//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reportsVariable names the FIFO into which a business reports that it runs. A variable,
// because runsv and s6-supervise give their program no arguments.
const reportsVariable = "HOLDFAST_BENCH_REPORTS"

// A birth is what a business says in its first instructions; c/business.c has the same.
type birth struct {
	PID int64
	At  int64 // CLOCK_MONOTONIC, in nanoseconds
}

// patience bounds the wait for a report: much longer than any supervisor's throttle.
const patience = 20 * time.Second

// reports receives the births of one keeper's businesses.
type reports struct {
	path string
	fifo *os.File
}

func openReports(dir, name string) (*reports, error) {
	path := filepath.Join(dir, name+".reports")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return nil, fmt.Errorf("mkfifo %s: %w", path, err)
	}
	fifo, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0) // for writing, too: no end of file
	return &reports{path, fifo}, err
}

// next waits for the next birth.
func (r *reports) next() (birth, error) {
	var b birth
	r.fifo.SetReadDeadline(time.Now().Add(patience))
	err := binary.Read(r.fifo, binary.NativeEndian, &b)
	return b, err
}

// report is the business's side, in Go.
func report() {
	b := birth{At: monotonic(), PID: int64(os.Getpid())}
	fifo, err := unix.Open(os.Getenv(reportsVariable), unix.O_WRONLY, 0)
	if err == nil {
		_, err = unix.Write(fifo, (*[unsafe.Sizeof(b)]byte)(unsafe.Pointer(&b))[:])
		unix.Close(fifo)
	}
	if err != nil {
		os.Exit(1)
	}
}

// monotonic is the clock that all processes share, in nanoseconds.
func monotonic() int64 {
	var now unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return now.Nano()
}

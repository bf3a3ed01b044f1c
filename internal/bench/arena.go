//go:build linux

package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

//go:embed c
var sources embed.FS

// arena is where the measured processes live: its directories are its own, and close
// ends and removes whatever it has made.
type arena struct {
	ctx      context.Context
	holdfast string
	bin      string // a directory: programs, logs
	run      string // a directory in memory: what a supervisor keeps in /run
	business string // the program to keep running
	cLoop    string // "" without a C compiler
	language string // of the business

	guardian *keeper
	bare     *keeper   // the program itself, kept by nobody
	loops    []*keeper // around spawn and wait
	peers    []*keeper // that are installed
	keepers  []*keeper // all of these, and more
}

func newArena(ctx context.Context, holdfast string) (a *arena, err error) {
	a = &arena{ctx: ctx}
	if a.holdfast, err = filepath.Abs(holdfast); err != nil {
		return nil, err
	}
	if a.bin, err = os.MkdirTemp("", "holdfast-bench"); err != nil {
		return nil, err
	}
	if a.run, err = os.MkdirTemp(memoryDir(), "holdfast-bench"); err == nil {
		err = a.compile()
	}
	if err == nil {
		os.Setenv("HOLDFAST_RUNTIME_DIR", a.run)
		os.Setenv("HOLDFAST_LOG_DIR", filepath.Join(a.bin, "log"))
		err = a.populate()
	}
	if err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// populate makes the keepers that are compared; none of them runs yet.
func (a *arena) populate() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if a.guardian, err = a.newGuardian("guardian"); err != nil {
		return err
	}
	if a.bare, err = a.newKeeper("bare", a.business); err != nil {
		return err
	}
	for _, loop := range []struct{ name, program string }{{"C", a.cLoop}, {"Go", self}} {
		if loop.program == "" {
			continue
		}
		k, err := a.newKeeper("loop in "+loop.name, loop.program, a.business)
		if err != nil {
			return err
		}
		a.loops = append(a.loops, k)
	}
	for _, p := range []struct {
		name         string
		stop, status []string
	}{
		{"runsv", []string{"sv", "stop"}, []string{"sv", "status"}},
		{"s6-supervise", []string{"s6-svc", "-wD", "-d"}, []string{"s6-svstat"}},
	} {
		k, err := a.newPeer(p.name, p.stop, p.status)
		if err != nil {
			return err
		}
		if k != nil {
			a.peers = append(a.peers, k)
		}
	}
	return nil
}

// memoryDir is where the state of every supervisor goes: a tmpfs, as /run is on a usual
// host, or else the directory for temporary files.
func memoryDir() string {
	for _, dir := range []string{"/run", os.Getenv("XDG_RUNTIME_DIR"), "/dev/shm"} {
		var fs unix.Statfs_t
		if dir != "" && unix.Statfs(dir, &fs) == nil && fs.Type == unix.TMPFS_MAGIC && unix.Access(dir, unix.W_OK) == nil {
			return dir
		}
	}
	return ""
}

// compile builds the business and the bare loop in C. The smaller the business, the more
// of what is measured is the supervisor's own; without a compiler it is this binary.
func (a *arena) compile() (err error) {
	if a.business, err = a.cc("business"); err == nil {
		a.language = "C"
		a.cLoop, err = a.cc("loop")
		return err
	}
	fmt.Fprintf(os.Stderr, "bench: without a C compiler (%v) the program is one in Go, and there is no loop in C\n", err)
	a.language = "Go"
	a.business, err = os.Executable()
	return err
}

func (a *arena) cc(name string) (string, error) {
	source, err := sources.ReadFile("c/" + name + ".c")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(a.bin, name)
	cc := exec.CommandContext(a.ctx, "cc", "-O2", "-static", "-o", binary, "-xc", "-")
	cc.Stdin = strings.NewReader(string(source))
	if output, err := cc.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w %s", err, output)
	}
	return binary, nil
}

// describe names the machine, in a line.
func (a *arena) describe() string {
	var uts unix.Utsname
	unix.Uname(&uts)
	cpus, _ := os.ReadFile("/proc/cpuinfo")
	model := "CPU"
	for line := range strings.Lines(string(cpus)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	one, _, _ := strings.Cut(string(load), " ")
	return fmt.Sprintf("%d × %s, Linux %s, load %s; the program is static %s, states lie in %s",
		strings.Count(string(cpus), "processor\t"), model, unix.ByteSliceToString(uts.Release[:]), one, a.language, filepath.Dir(a.run))
}

func (a *arena) close() error {
	var errs []error
	for _, k := range a.keepers {
		errs = append(errs, k.end())
	}
	return errors.Join(append(errs, os.RemoveAll(a.bin), os.RemoveAll(a.run))...)
}

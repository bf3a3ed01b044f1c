// Holdfast keeps one program running: a self-daemonizing watchdog in a single binary.

// The guardian sleeps nearly always. It has no use for more threads on a larger
// cgroup, nor for the two descriptors through which the runtime would watch that.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0
package main

import (
	"os"

	"holdfast/internal/cli"
)

func main() { os.Exit(cli.Main()) }

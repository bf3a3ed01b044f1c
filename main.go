// Holdfast keeps one program running: a self-daemonizing watchdog in a single binary.
package main

import (
	"os"

	"holdfast/internal/cli"
)

func main() { os.Exit(cli.Main()) }

//go:build !linux

package proc

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// DieBySignal ends this process by the signal, so that whoever watches it sees how the business ended.
// It returns where that is impossible, and the caller then exits with 128 plus the signal's number.
// What is lost: Go's runtime keeps its handlers here, so only the four signals that it passes on end the process.
func DieBySignal(sig syscall.Signal) {
	switch sig {
	case syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL:
		signal.Reset(sig)
		if syscall.Kill(os.Getpid(), sig) == nil {
			time.Sleep(time.Second) // it is delivered by another thread
		}
	}
}

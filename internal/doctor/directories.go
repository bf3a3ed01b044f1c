package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"holdfast/internal/control"
	"holdfast/internal/logfile"
	"holdfast/internal/logs"
	"holdfast/internal/state"
	"holdfast/internal/watchdog"
)

func (p *patient) runtimeDirectory() (string, error) {
	dir, err := state.Locate(fmt.Sprintf("doctor-%d", os.Getpid()))
	if err != nil {
		return "", err
	}
	if err := dir.CreateRuntime(); err != nil {
		return "", err
	}
	p.dir = dir
	root := filepath.Dir(dir.Runtime)
	found := fmt.Sprintf("%s (%s)", root, fileSystem(root))
	lock, err := state.TryLock(dir.LockFile())
	if err != nil {
		return found, err
	}
	defer lock.Close()
	if err := state.Save(dir.StateFile(), watchdog.Record{}); err != nil {
		return found, err
	}
	os.Remove(dir.StateFile()) // with it, 'list' would show the service
	socket, err := control.Listen(dir.Control())
	if err != nil {
		return found, err
	}
	return found, socket.Close()
}

func (p *patient) logDirectory() (string, error) {
	if p.dir.Log == "" {
		return "", errNoDirectories
	}
	root := filepath.Dir(p.dir.Log)
	found := fmt.Sprintf("%s (%s)", root, fileSystem(root))
	if err := p.dir.CreateLog(); err != nil {
		return found, err
	}
	capture, err := p.capture()
	if err != nil {
		return found, err
	}
	return found, errors.Join(capture.Close(), capture.Remove())
}

func (p *patient) capture() (*logs.Capture, error) {
	return logs.Open(logs.Paths{FIFO: p.dir.FIFO(), Stage: p.dir.Stage(), Output: logfile.Log(p.dir.Output())}, logs.Settings{}, nil)
}

func (p *patient) pipe() (string, error) {
	if p.dir.Log == "" {
		return "", errNoDirectories
	}
	capture, err := p.capture()
	if err != nil {
		return "", err
	}
	size := capture.PipeSize()
	found := fmt.Sprintf("%d KiB", size>>10)
	if size < logs.WantedPipeSize {
		err = fmt.Errorf("of %d KiB (pipe-max-size and pipe-user-pages-soft in /proc/sys/fs)", logs.WantedPipeSize>>10)
	}
	return found, errors.Join(err, capture.Close(), capture.Remove())
}

func (p *patient) follow() (string, error) {
	if p.dir.Log == "" {
		return "", errNoDirectories
	}
	ended, cancel := context.WithCancel(p.ctx)
	cancel()
	if err := logfile.Log(p.dir.Output()).Follow(ended, io.Discard, logfile.Query{}); err != nil {
		return "", err
	}
	return "changes in the log directory are told", nil
}

// remove leaves nothing of the patient. The directories of all services stay: another
// start may be about to use them.
func (p *patient) remove() {
	if p.dir.Runtime != "" {
		os.RemoveAll(p.dir.Runtime)
		os.RemoveAll(p.dir.Log)
	}
}

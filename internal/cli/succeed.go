package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"

	"holdfast/internal/control"
	"holdfast/internal/handover"
	"holdfast/internal/logs"
	"holdfast/internal/notify"
	"holdfast/internal/state"
	"holdfast/internal/watchdog"
)

// inheritance is what one guardian's program hands to the next, beside the open files.
type inheritance struct {
	Guardian   json.RawMessage
	Service    watchdog.Service
	Dir        state.Dir
	Foreground bool
}

// The files that are handed over, in this order. Those of the pipes keep them and what is
// in them, even if nobody else has them open. The last is there only if the business may
// notify.
const (
	lockFile = iota
	socketFile
	pipeFile // two: stdout's and stderr's
	_
	notifyFile
)

// succession is how another program takes this post.
func (p post) succession(guardian *watchdog.Guardian, opened <-chan struct{}, server *control.Server) watchdog.Succession {
	s := watchdog.Succession{
		Program: watchdog.Program{Version: version, Handover: handover.Format},
		Opened:  opened,
		Pause:   server.Pause, Continue: server.Continue,
	}
	if p.lock == nil { // it is only here for a stop, or where nobody could find it
		return s
	}
	s.Become = func(binary string, state []byte, last func(exposed error) error) error {
		return p.become(guardian, binary, state, last)
	}
	var err error
	if s.Program.Path, err = os.Executable(); err == nil {
		s.Upgrade = []string{s.Program.Path, "upgrade", p.dir.Name}
	}
	return s
}

// become returns only if the program could not be executed.
func (p post) become(guardian *watchdog.Guardian, binary string, heritage []byte, last func(exposed error) error) error {
	socket, err := p.listener.File()
	if err != nil {
		return err
	}
	defer socket.Close()
	state, err := json.Marshal(inheritance{heritage, p.service, p.dir, p.foreground})
	if err != nil {
		return err
	}
	files := []*os.File{p.lock, socket, p.capture.Stdout(), p.capture.Stderr()}
	if ear := guardian.Ear(); ear != nil {
		file, err := ear.File()
		if err != nil {
			return err
		}
		defer file.Close()
		files = append(files, file)
	}
	return handover.Exec(binary, state, files, last)
}

// succeed is the life of a guardian from the moment in which this program was put into
// the place of another.
func succeed(handed *handover.Handed) int {
	var i inheritance
	if err := json.Unmarshal(handed.State, &i); err != nil {
		complain(os.Stderr, fmt.Errorf("what was handed over makes no sense: %w", err))
		return exitFailed
	}
	var echo, terminal io.Writer
	if i.Foreground {
		echo, terminal = os.Stdout, os.Stderr
	}
	log := guardianLog(i.Dir, terminal)
	p := post{service: i.Service, dir: i.Dir, lock: handed.Files[lockFile], log: log, foreground: i.Foreground}
	listener, err := net.FileListener(handed.Files[socketFile])
	handed.Files[socketFile].Close()
	var capture *logs.Capture
	if err == nil {
		capture, err = openLog(i.Service, i.Dir, echo)
	}
	var ear *notify.Listener
	if err == nil && len(handed.Files) > notifyFile {
		ear, err = notify.Inherit(handed.Files[notifyFile])
	}
	for _, file := range handed.Files[pipeFile:] {
		file.Close()
	}
	var guardian *watchdog.Guardian
	if err == nil {
		p.capture, p.listener = capture, listener.(*net.UnixListener)
		guardian, err = watchdog.Resume(i.Guardian, handed.Calls, capture, log)
	}
	if err == nil && ear != nil {
		guardian.Hear(ear)
	}
	if err != nil {
		err = fmt.Errorf("the guardian ends, for it cannot go on after the handover: %w; 'holdfast start %s' guards the program again", err, i.Dir.Name)
		log.Error().Msg(err.Error())
		return exitFailed
	}
	return exitAs(p.keep(guardian, func(*watchdog.Guardian) {})) // nobody waits for its start
}

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
	"holdfast/internal/state"
	"holdfast/watchdog"
)

// inheritance is what one guardian's program hands to the next, beside the open files.
type inheritance struct {
	Guardian   json.RawMessage
	Service    watchdog.Service
	Dir        state.Dir
	Foreground bool
}

// The files that are handed over, in this order. Those from the last on keep the pipes
// and what is in them, even if nobody else has them open.
const (
	lockFile = iota
	socketFile
	pipeFile
)

// succession is how another program takes this post.
func (p post) succession(opened <-chan struct{}, server *control.Server) watchdog.Succession {
	s := watchdog.Succession{
		Program: watchdog.Program{Version: version, Handover: handover.Format},
		Opened:  opened,
		Pause:   server.Pause, Continue: server.Continue,
	}
	if p.lock == nil { // it is only here for a stop
		return s
	}
	s.Become = p.become
	var err error
	if s.Program.Path, err = os.Executable(); err == nil {
		s.Upgrade = []string{s.Program.Path, "upgrade", p.dir.Name}
	}
	return s
}

// become returns only if the program could not be executed.
func (p post) become(binary string, guardian []byte, last func(exposed error) error) error {
	socket, err := p.listener.File()
	if err != nil {
		return err
	}
	defer socket.Close()
	state, err := json.Marshal(inheritance{guardian, p.service, p.dir, p.foreground})
	if err != nil {
		return err
	}
	return handover.Exec(binary, state, []*os.File{p.lock, socket, p.capture.Stdout(), p.capture.Stderr()}, last)
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
	for _, pipe := range handed.Files[pipeFile:] {
		pipe.Close()
	}
	var guardian *watchdog.Guardian
	if err == nil {
		p.capture, p.listener = capture, listener.(*net.UnixListener)
		guardian, err = watchdog.Resume(i.Guardian, handed.Calls, capture, log)
	}
	if err != nil {
		err = fmt.Errorf("the guardian ends, for it cannot go on after the handover: %w; 'holdfast start %s' guards the program again", err, i.Dir.Name)
		log.Error().Msg(err.Error())
		return exitFailed
	}
	return exitAs(p.keep(guardian, func(*watchdog.Guardian) {})) // nobody waits for its start
}

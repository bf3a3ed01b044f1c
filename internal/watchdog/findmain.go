package watchdog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"holdfast/internal/proc"
	"holdfast/pidfile"
)

// findMain looks for the business of Type=forking, and watches it from now on.
func (g *Guardian) findMain() Event {
	id, foreign, err := g.candidate()
	if err == nil && id != g.business {
		if gone := g.reaper.Know(id, g.tellEnd); gone != nil {
			err = fmt.Errorf("process %d has ended", id.PID)
		}
	}
	if err != nil {
		if err.Error() != g.machine.missing {
			g.log.Info().Msg("the business is not known: " + err.Error())
		}
		return MainMissing{err.Error()}
	}
	g.followMain(id, foreign)
	return MainFound{}
}

// candidate is the process that the PID file names, or the only one there is.
func (g *Guardian) candidate() (id proc.ID, foreign bool, err error) {
	switch {
	case g.service.BusinessPIDFile != "":
		return g.named()
	case g.business.PID != 0:
		return g.business, g.foreign, nil
	case !g.service.GuessMainPID:
		return id, false, errors.New("there is no PIDFile=, and GuessMainPID=no")
	}
	below, err := proc.Descendants(os.Getpid())
	if err != nil {
		return id, false, err
	}
	var left []proc.ID
	for _, p := range below {
		if p.PPID == os.Getpid() && !p.Dead() && !g.reaper.Spawned(p.ID) {
			left = append(left, p.ID)
		}
	}
	if len(left) != 1 {
		return id, false, fmt.Errorf("%d processes could be it; PIDFile= would tell", len(left))
	}
	return left[0], false, nil
}

// named is the process that the PID file names, if that may be believed: one of the
// service's own, or any where only root, or whoever this is, could have written the file
// (src/core/service.c, service_is_suitable_main_pid).
func (g *Guardian) named() (id proc.ID, foreign bool, err error) {
	file := g.service.BusinessPIDFile
	resolved, err := filepath.EvalSymlinks(file)
	if err != nil {
		return id, false, fmt.Errorf("PID file %s: %w", file, reason(err))
	}
	pid, err := pidfile.Read(resolved)
	if err != nil {
		return id, false, err
	}
	if pid == 1 || pid == os.Getpid() || pid == g.control.PID {
		return id, false, fmt.Errorf("PID file %s: process %d cannot be the business", file, pid)
	}
	if id, err = proc.Identify(pid); err != nil {
		return id, false, fmt.Errorf("PID file %s: there is no process %d", file, pid)
	}
	if id == g.business || g.isOurs(id.PID) {
		return id, id == g.business && g.foreign, nil
	}
	if !trusted(file) || !trusted(resolved) {
		return id, false, fmt.Errorf("PID file %s: process %d is none of the service's, and others could have written the file", file, pid)
	}
	g.log.Warn().Int("pid", pid).Msg("the business is none of the service's processes, but its PID file is to be trusted")
	return id, true, nil
}

// isOurs reports whether the process belongs to the service; it may be dead.
func (g *Guardian) isOurs(pid int) bool {
	if proc.IsBelow(pid, selfPID) {
		return true
	}
	if g.estate == nil {
		return false
	}
	members, _ := g.estate.Members()
	return slices.ContainsFunc(members, func(p proc.Process) bool { return p.PID == pid })
}

// trusted reports whether everything on the way to the file, and itself, belongs to root
// or to this user.
func trusted(path string) bool {
	for {
		info, err := os.Lstat(path)
		if err != nil {
			return false
		}
		owner := info.Sys().(*syscall.Stat_t).Uid
		if owner != 0 && owner != uint32(os.Geteuid()) {
			return false
		}
		if path == filepath.Dir(path) {
			return true
		}
		path = filepath.Dir(path)
	}
}

// followMain puts a run of the business on record, or that it has another PID.
func (g *Guardian) followMain(id proc.ID, foreign bool) {
	if id == g.business {
		return
	}
	run := g.record.LastRun()
	if g.business.PID == 0 || run == nil || run.Exit != nil {
		run = g.record.beginRun(id.PID, time.Now())
		run.Started = time.Now().Add(-time.Since(g.began))
	}
	g.business, g.foreign = id, foreign
	g.record.Business = Process(id)
	run.PID = id.PID
	run.Session, _ = unix.Getsid(id.PID)
	run.Group, _ = syscall.Getpgid(id.PID)
	var err error
	if run.Seal, err = g.witness.Hold(id); err != nil {
		g.log.Debug().Err(err).Msg("no witness for the end of the business")
	}
	g.log.Info().Int("pid", id.PID).Msg("found the business")
}

// mainMoved reports that the end was not that of the business: before it, that has put
// another process into its PID file.
func (g *Guardian) mainMoved(ended proc.Ended) bool {
	if g.service.BusinessPIDFile == "" {
		return false
	}
	id, foreign, err := g.named()
	if err != nil || id == ended.ID || g.reaper.Know(id, g.tellEnd) != nil {
		return false
	}
	g.followMain(id, foreign)
	g.changed = true
	return true
}

// awaitMain tells of changes of the PID file for as long as a start lasts.
func (g *Guardian) awaitMain() {
	if g.unawait != nil {
		return
	}
	quit := make(chan struct{})
	g.unawait = func() { close(quit) }
	if err := awaitFile(g.service.BusinessPIDFile, quit, func() { g.send(PIDFileChanged{}) }); err != nil {
		g.log.Error().Err(err).Msg("cannot wait for the PID file of the business")
	}
}

// leaveMain ends what belongs to the state before. The PID file of a business that has
// ended means nobody, so it goes, as with systemd.
func (g *Guardian) leaveMain(state State) {
	if g.unawait != nil {
		g.unawait()
		g.unawait = nil
	}
	if file := g.service.BusinessPIDFile; file != "" && (state == Dead || state == Failed || state == AutoRestart) {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			g.log.Warn().Err(err).Msg("cannot remove the PID file of the business")
		}
	}
}

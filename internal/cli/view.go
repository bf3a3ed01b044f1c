package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"holdfast/internal/control"
	"holdfast/internal/proc"
	"holdfast/internal/state"
	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

// A view is what can be seen of a service from outside its guardian.
type view struct {
	dir      state.Dir
	record   watchdog.Record
	guardian presence
	estate   watchdog.Estate // what a killed guardian has left
}

// presence is whether there is a guardian.
type presence int

const (
	absent presence = iota // none, and none is missed: it ended in order or never was
	present
	silent      // alive, but it does not answer
	unreachable // alive, but its socket was removed
	killed      // it ended without tidying up
)

// answerTime is how long a guardian may take to say how it is; it needs milliseconds.
const answerTime = 3 * time.Second

// socketTime is how long a guardian may have no socket: one that ends has none for a moment.
const socketTime = time.Second

// errUnknown says that nothing is known of a service.
var errUnknown = errors.New("no such service")

// look finds out about a service: from its guardian, or from what is on disk. A name that
// is only an alias stands for the service.
func look(name string) (view, error) {
	v, err := lookUp(name)
	if errors.Is(err, errUnknown) {
		if path, findErr := unit.Find(v.dir.Name); findErr == nil && filepath.Base(path) != v.dir.Name+".service" {
			return lookUp(path)
		}
	}
	return v, err
}

func lookUp(name string) (view, error) {
	if file, ok := strings.CutSuffix(name, ".service"); ok { // as systemctl takes it, or the path that start was given
		name = filepath.Base(file)
	}
	if err := unit.ValidName(name); err != nil {
		return view{}, usage(err)
	}
	dir, err := state.Locate(name)
	if err != nil {
		return view{}, failure(err)
	}
	v, err := glance(dir)
	for began := time.Now(); v.guardian == unreachable && time.Since(began) < socketTime; v, err = glance(dir) {
		time.Sleep(10 * time.Millisecond)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return v, fmt.Errorf("%w: %s was never started here (%s has no state.json)", errUnknown, name, dir.Runtime)
	case errors.Is(err, fs.ErrPermission):
		return v, failure(fmt.Errorf("%s is another user's service: %w", name, err))
	case err != nil:
		return v, failure(err)
	}
	if v.guardian == absent && v.record.BootID != proc.BootID() {
		v.record.Reason = "never started since the boot"
	}
	if v.guardian == killed {
		if v.estate, err = v.record.Estate(); err != nil {
			return v, failure(err)
		}
		v.bury()
	}
	return v, nil
}

// glance asks the guardian, and reads the state of one that does not answer.
func glance(dir state.Dir) (view, error) {
	v := view{dir: dir}
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	reply, askErr := control.Ask(ctx, dir.Control(), control.Request{Verb: control.Status})
	if askErr == nil {
		v.record, v.guardian = reply.Record, present
		return v, nil
	}
	err := state.Load(dir.StateFile(), &v.record)
	if err == nil {
		v.guardian = v.presence(askErr)
	}
	return v, err
}

// presence goes by the record and by why the guardian has not answered.
func (v *view) presence(askErr error) presence {
	switch {
	case v.record.Guardian.PID == 0:
		return absent
	case !v.alive(v.record.Guardian):
		return killed
	case errors.Is(askErr, context.DeadlineExceeded):
		return silent
	case errors.Is(askErr, control.ErrNoSocket):
		return unreachable
	}
	return present // it is just ending
}

// unheard is why there is nobody who could be asked; nil where somebody is, or nothing
// runs.
func (v *view) unheard() error {
	name, pid := v.dir.Name, v.record.Guardian.PID
	switch v.guardian {
	case silent:
		return fmt.Errorf("the guardian of %s (PID %d) does not answer; if it was stopped with SIGSTOP, continue it with 'kill -CONT %[2]d'", name, pid)
	case unreachable:
		return fmt.Errorf("the guardian of %s (PID %d) is alive, but its socket %s is gone; 'holdfast stop %[1]s' ends it and the program", name, pid, v.dir.Control())
	case killed:
		if left := v.left(); left != "" {
			return fmt.Errorf("%s has no guardian: it (PID %d) was killed; %s; 'holdfast start %[1]s' takes over", name, pid, left)
		}
	}
	return nil
}

// left is what still runs of a killed guardian's service; "" if nothing.
func (v *view) left() string {
	switch n := v.estate.Members; {
	case v.estate.Business.PID != 0:
		return fmt.Sprintf("the program (PID %d) still runs", v.estate.Business.PID)
	case n > 0:
		return fmt.Sprintf("%d processes that the program had started still run", n)
	}
	return ""
}

// alive reports whether the recorded process is still the same one.
func (v *view) alive(p watchdog.Process) bool {
	return p.PID != 0 && v.record.BootID == proc.BootID() && proc.ID(p).Alive()
}

// changedOnDisk is the file, if any, that is newer than what the guardian goes by: the
// service file, or a drop-in that it has read.
func (v *view) changedOnDisk() (path string) {
	for _, path := range append([]string{v.record.Service.Source}, v.record.Service.DropIns...) {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(v.record.Loaded) {
			return path
		}
	}
	return ""
}

// logFile is where the output of the business is kept, "" if nowhere.
func (v *view) logFile() string {
	if v.record.Unlogged {
		return ""
	}
	return v.dir.Output()
}

// bury corrects the last words of a guardian that was killed: nobody guards any more,
// whether or not the business is still there.
func (v *view) bury() {
	r := &v.record
	r.StateChanged, r.NextStart = time.Time{}, time.Time{} // when it was is not known to anybody
	if r.BootID != proc.BootID() {
		r.State, r.Reason = watchdog.Dead, "the host was restarted"
		r.Business, r.Control = watchdog.Process{}, watchdog.Process{}
		return
	}
	r.State, r.Result = watchdog.Failed, watchdog.BySignal
	r.Reason = fmt.Sprintf("the guardian (PID %d) was killed", r.Guardian.PID)
	r.Business, r.Control = v.estate.Business, v.estate.Control
	switch n := v.estate.Members; {
	case r.Business.PID != 0:
		r.Reason += fmt.Sprintf("; the business (PID %d) still runs, unguarded", r.Business.PID)
	case n > 0:
		r.Reason += fmt.Sprintf("; of what the business had started, %d processes still run, unguarded", n)
	}
}

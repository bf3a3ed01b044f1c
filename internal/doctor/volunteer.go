package doctor

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"holdfast/internal/proc"
	"holdfast/internal/state"
)

// processes is what a reaper is refused without.
func processes() (string, error) {
	if _, err := proc.Identify(os.Getpid()); err != nil {
		return "", fmt.Errorf("%w (is /proc mounted?)", err)
	}
	return "each is known by PID and start time", nil
}

// A volunteer is a child that is spawned as a business is, and sent a signal.
type volunteer struct {
	self    string
	reaper  *proc.Reaper
	reapErr error
}

// subreaper comes first: it makes the reaper that the others use.
func (v *volunteer) subreaper() (string, error) {
	v.reaper, v.reapErr = proc.NewReaper()
	if v.reapErr != nil {
		return "", errNoProcesses
	}
	if err := v.reaper.Subreaper(); err != nil {
		return "", err
	}
	return "orphans come back to the guardian", nil
}

// try spawns one and has a look at it; well is what to say if that goes well. By end, or
// at last, it is ended and reaped.
func (v *volunteer) try(well string, look func(id proc.ID, end func()) error) (string, error) {
	if v.reapErr != nil {
		return "", errNoProcesses
	}
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	defer signal.Stop(children)
	id, err := v.reaper.Spawn(proc.Spec{Path: v.self, Args: []string{"holdfast", Idle}, Env: os.Environ()})
	if err != nil {
		return "", err
	}
	end := sync.OnceFunc(func() {
		id.Signal(syscall.SIGKILL)
		for alone := false; !alone; _, alone = v.reaper.Collect() {
			<-children
		}
	})
	defer end()
	if err := look(id, end); err != nil {
		return "", err
	}
	return well, nil
}

func (v *volunteer) pidfd() (string, error) {
	return v.try("a process is watched and signalled by a handle", func(id proc.ID, end func()) error {
		told := make(chan proc.Ended, 1)
		if err := id.Await(func(e proc.Ended) { told <- e }); err != nil {
			return err
		}
		end()
		select {
		case <-told:
			return nil
		case <-time.After(10 * time.Second):
			return errors.New("the end of a process was not told")
		}
	})
}

func (v *volunteer) exitAfterReaping() (string, error) {
	return v.try("the kernel keeps exits (PIDFD_GET_INFO)", func(id proc.ID, end func()) error {
		return learnt(id.ExitAfter(end))
	})
}

func (v *volunteer) witness(dir state.Dir) (string, error) {
	if dir.Runtime == "" {
		return "", errNoDirectories
	}
	return v.try("kept by a mount in the runtime directory", func(id proc.ID, end func()) error {
		witness := proc.Witness(dir.Witness())
		defer witness.Dismiss()
		seal, err := witness.Hold(id)
		if err != nil {
			return err
		}
		end()
		return learnt(id.Exit(witness, seal))
	})
}

func learnt(e proc.Ended) error {
	if e.Unknown || e.Status.Signal() != syscall.SIGKILL {
		return errors.New("the exit of a reaped process cannot be learnt (Linux 6.15)")
	}
	return nil
}

func (v *volunteer) oomVerdict() (string, error) {
	watch := proc.WatchOOM()
	found := "from " + watch.Source()
	if !watch.Certain() {
		return found, errors.New("neither the kernel log nor the cgroup's counter can be read")
	}
	return found, nil
}

func (v *volunteer) oomProtection() (string, error) {
	if v.reapErr != nil {
		return "", errNoProcesses
	}
	if err := v.reaper.ProtectFromOOM(); err != nil {
		return "", err
	}
	return "the guardian is about the last to be killed", nil
}

// cgroup looks for what limits would need, if a service were started from here.
func cgroup() (string, error) {
	weight := 100
	limits := proc.Resources{MemoryMax: 1, TasksMax: 1, CPUWeight: &weight}
	for _, limit := range proc.CheckControlGroup("holdfast-doctor", limits, proc.ControlGroup{}) {
		return "", limit
	}
	return "one could be made, with limits of memory, tasks and CPU", nil
}

package daemon

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	godaemon "github.com/sevlyar/go-daemon"

	"holdfast/pidfile"
)

// intermediate is the whole life of the process that leads the new session. It
// does not return.
func (r role) intermediate() {
	launcher := receiveFiles([]int{r.Handshake})[0]
	if err := r.forkGuardian(launcher); err != nil {
		send(launcher, sayTrouble, []byte(err.Error()))
		os.Exit(1)
	}
	os.Exit(0)
}

// forkGuardian leaves a guardian behind that is free to go, or none.
func (r role) forkGuardian(launcher *os.File) error {
	var context godaemon.Context
	if _, err := context.Reborn(); err != nil { // stdin becomes /dev/null here
		return fmt.Errorf("the intermediate cannot begin: %w", err)
	}
	if err := CloseOnExec(); err != nil {
		return fmt.Errorf("the intermediate cannot close inherited files: %w", err)
	}
	stop, goAhead, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("the intermediate cannot begin: %w", err)
	}
	guardian, err := r.startGuardian(launcher, stop)
	if err != nil {
		return fmt.Errorf("cannot fork the guardian: %w", err)
	}
	err = r.introduce(launcher, guardian.Pid)
	if err == nil {
		// If it is dead already, the launcher finds out.
		goAhead.Write([]byte{1})
		return nil
	}
	// It waits for our word and has done nothing yet.
	guardian.Kill()
	guardian.Wait()
	return err
}

// startGuardian forks the guardian: in our session, which it does not lead.
func (r role) startGuardian(launcher, stop *os.File) (*os.Process, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	files := []*os.File{os.Stdin, os.Stdout, os.Stderr, launcher, stop}
	child := role{Name: guardianRole, Handshake: 3, Inode: r.Inode, Go: 4, PIDFile: r.PIDFile}
	for _, file := range receiveFiles(r.Files) {
		child.Files = append(child.Files, len(files))
		files = append(files, file)
	}
	environ, err := child.environ()
	if err != nil {
		return nil, err
	}
	return os.StartProcess(executable, os.Args, &os.ProcAttr{Env: environ, Files: files})
}

// introduce tells the launcher and the PID file who the guardian is.
func (r role) introduce(launcher *os.File, pid int) error {
	if err := send(launcher, sayGuardian, []byte(strconv.Itoa(pid))); err != nil {
		return err
	}
	// While we have not reaped the guardian its number cannot be reused: the
	// launcher gets hold of the process now, or never for certain.
	if held, err := receive(launcher); err != nil || held.kind != sayHeld {
		return errors.New("the launcher is gone")
	}
	if len(r.PIDFile) == 0 {
		return nil
	}
	return pidfile.Write(string(r.PIDFile), pid)
}

package cli

import (
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/spf13/cobra"
)

// onOrphan is what a start does with a program that runs on although its guardian was
// killed. There is never a second one beside it.
type onOrphan string

const (
	adoptOrphan onOrphan = "adopt" // the new guardian takes it over
	killOrphan  onOrphan = "kill"  // it is ended as by stop, and started anew
	failOrphan  onOrphan = "fail"  // the start is refused
)

func (o *onOrphan) addFlag(c *cobra.Command) {
	c.Flags().Var(o, "on-orphan", "what to do with a program that runs on although its guardian was killed: adopt, kill or fail")
	c.RegisterFlagCompletionFunc("on-orphan", cobra.FixedCompletions([]string{"adopt", "kill", "fail"}, cobra.ShellCompDirectiveNoFileComp))
}

// String, Set and Type make it a flag.
func (o *onOrphan) String() string { return string(*o) }
func (o *onOrphan) Type() string   { return "RULE" }
func (o *onOrphan) Set(value string) error {
	switch onOrphan(value) {
	case adoptOrphan, killOrphan, failOrphan:
		*o = onOrphan(value)
		return nil
	}
	return fmt.Errorf("write adopt, kill or fail")
}

// orphanOf finds what a killed guardian has left alive.
func orphanOf(name string) (v view, found bool) {
	v, err := look(name)
	return v, err == nil && v.orphaned()
}

func (v *view) orphaned() bool { return v.guardian == killed && v.estate.Members > 0 }

// refuse is called with the service's lock held, so what it sees is nobody else's.
func (o onOrphan) refuse(v view) error {
	if o == adoptOrphan || !v.orphaned() {
		return nil
	}
	return failure(fmt.Errorf("not starting a second %s: %s; end it with 'holdfast stop %[1]s' first, or take it over with --on-orphan=adopt",
		v.dir.Name, v.record.Reason))
}

// stopOrphanFirst ends what a killed guardian has left. It takes a process of its own: who
// ends an estate becomes its guardian, and what that one is (a subreaper, protected from
// the out-of-memory killer) must not pass on to the next.
func stopOrphanFirst(stdout io.Writer, name string) error {
	if _, found := orphanOf(name); !found {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return failure(err)
	}
	stop := exec.Command(self, "stop", name)
	stop.Stdout, stop.Stderr = stdout, os.Stderr
	if err := stop.Run(); err != nil {
		return failure(fmt.Errorf("%s: the program that had lost its guardian could not be stopped: %w", name, err))
	}
	return nil
}

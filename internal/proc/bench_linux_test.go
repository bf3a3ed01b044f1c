package proc

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
)

func BenchmarkSpawnCollect(b *testing.B) {
	r, err := NewReaper()
	if err != nil {
		b.Fatal(err)
	}
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	defer signal.Stop(children)
	spec := Spec{Path: "/bin/true", Args: []string{"true"}}
	for b.Loop() {
		if _, err := r.Spawn(spec); err != nil {
			b.Fatal(err)
		}
		for ended := 0; ended == 0; {
			<-children
			all, _ := r.Collect()
			ended = len(all)
		}
	}
}

func BenchmarkBareForkWait(b *testing.B) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	fd := null.Fd()
	for b.Loop() {
		pid, err := syscall.ForkExec("/bin/true", []string{"true"}, &syscall.ProcAttr{Files: []uintptr{fd, fd, fd}})
		if err != nil {
			b.Fatal(err)
		}
		syscall.Wait4(pid, nil, 0, nil)
	}
}

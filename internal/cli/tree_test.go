package cli

import (
	"bufio"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"holdfast/internal/proc"
	"holdfast/internal/watchdog"
)

func TestWalk(t *testing.T) {
	t.Parallel()
	command := exec.Command("/bin/sh", "-c", `sleep 1000 & echo $!; read -r end; kill $!; wait`, "a name")
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer command.Wait()
	defer in.Close()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	id, err := proc.Identify(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	var v view
	v.record.BootID, v.record.Business = proc.BootID(), watchdog.Process(id)
	found := v.walk()
	if len(found.members) != 2 || found.threads != 2 || found.rss <= 0 {
		t.Fatalf("a shell and a sleep are %+v", found)
	}
	root, child := found.members[0], found.members[1]
	if root.PID != id.PID || root.Name != "sh" || !strings.HasSuffix(root.Command, ` "a name"`) {
		t.Errorf("the root is %+v", root)
	}
	if strconv.Itoa(child.PID) != strings.TrimSpace(line) || child.PPID != root.PID {
		t.Errorf("the child of %d is %+v", root.PID, child)
	}

	v.record.BootID = "another boot"
	if found := v.walk(); len(found.members) != 0 {
		t.Errorf("a process of another boot was taken for ours: %+v", found)
	}
}

func TestDrawKeepsEveryProcess(t *testing.T) {
	t.Parallel()
	deep := tree{members: []member{{PID: 1, Command: "root"}}}
	for pid := 2; pid <= 50; pid++ { // each the child of the one before, and two more
		deep.members = append(deep.members, member{PID: pid, PPID: pid - 1}, member{PID: 100 + pid, PPID: pid - 1})
	}
	slices.SortStableFunc(deep.members, func(a, b member) int { return a.PPID - b.PPID })
	var b strings.Builder
	deep.draw(&b, screen{}, "")
	if lines := strings.Count(b.String(), "\n"); lines != len(deep.members) {
		t.Errorf("%d lines for %d processes", lines, len(deep.members))
	}
}

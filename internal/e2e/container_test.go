//go:build linux

package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const stdoutOnly = "holdfast: the log is standard output and standard error only"

// As process 1 of a container that is all but empty: a read-only root, no /run, and a
// user that nobody knows.
func TestContainerEndsAsTheProgramDid(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, script string
		code         int
	}{
		{"success", "exit 0", 0},
		{"failure", "exit 7", 7},
		{"SIGTERM", "kill -TERM $$", 128 + 15},
		{"SIGKILL", "kill -KILL $$", 128 + 9},
		// It looks for zombies itself, and would hang if they stayed.
		{"2,000 orphans", orphans + `while grep -lq '^State:.Z' /proc/[0-9]*/status 2>/dev/null; do sleep 0.01; done; exit 7`, 7},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			r := newBox(t, h).start(t, h, "/holdfast", "run", "--name", "p", "--restart=no", "--settle=0", "--",
				"/busybox", "sh", "-c", "id -u; echo err >&2; echo x 2>/dev/null > /x || echo read-only; "+tt.script).result()
			h.said(r, tt.code, stdoutOnly, "holdfast: not restarting: ")
			if r.stdout != "65534\nread-only\n" || strings.Count(r.stderr, "err\n") != 1 {
				t.Errorf("stdout %q, stderr %q", r.stdout, r.stderr)
			}
		})
	}
}

// What is asked from another shell, and what "docker stop" does.
func TestContainerServes(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*Box){
		"with /dev/shm":              func(b *Box) {},
		"with /tmp":                  func(b *Box) { b.NoShm, b.Temporary = true, true },
		"as root":                    func(b *Box) { b.UID = 0 },
		"as root with a writable /":  func(b *Box) { b.UID, b.Writable, b.NoShm = 0, true, true },
		"with files for the log too": func(b *Box) { b.Temporary, b.Env = true, append(b.Env, "HOLDFAST_LOG_DIR=/tmp/log") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			image := newBox(t, h)
			set(&image)
			logged := len(image.Env) > 1
			b := image.start(t, h, "/holdfast", "run", "--name", "web", "--",
				"/busybox", "sh", "-c", "echo up; exec /busybox httpd -f -p 8080 -h /www")
			get := func() bool {
				return b.exec("/busybox", "wget", "-qO-", "http://127.0.0.1:8080/").stdout == "served\n"
			}
			await(t, "it is healthy", func() bool { return b.exec("/holdfast", "is-active", "web").code == 0 })
			await(t, "it serves", get)
			first := b.exec("/holdfast", "show", "-p", "MainPID", "--value", "web").stdout
			h.said(b.exec("/busybox", "kill", "-KILL", strings.TrimSpace(first)), 0)
			await(t, "another one runs", func() bool {
				return b.exec("/holdfast", "show", "-p", "NRestarts", "--value", "web").stdout == "1\n"
			})
			await(t, "that serves", get)
			h.said(b.exec("/holdfast", "status", "web"), 0, "active (running)", "Guardian: 1\n")
			if logged {
				h.said(b.exec("/busybox", "env", "HOLDFAST_LOG_DIR=/tmp/log", "/holdfast", "logs", "web"), 0, "up\nup\n")
			} else {
				h.said(b.exec("/holdfast", "logs", "web"), 1, "docker logs")
			}
			kill(t, b.guardian(), unix.SIGTERM)
			r := b.result()
			h.said(r, 128+15, "the business was killed by SIGTERM")
			if r.stdout != "up\nup\n" || strings.Contains(r.stderr, stdoutOnly) == logged {
				t.Errorf("stdout %q, stderr %q", r.stdout, r.stderr)
			}
		})
	}
}

// Whatever does not heed the SIGTERM is killed before "docker stop" does that to process 1.
func TestContainerStopsInTime(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	b := newBox(t, h).start(t, h, "/holdfast", "run", "--name", "p", "-p", "TimeoutStopSec=100ms", "--",
		"/busybox", "sh", "-c", `trap "" TERM; /busybox setsid sleep 1000 & echo up; while :; do sleep 0.01; done`)
	b.printed("up")
	kill(t, b.guardian(), unix.SIGTERM)
	h.said(b.result(), 128+9, "the business was killed by SIGKILL")
}

// "docker kill --signal" means the program.
func TestContainerForwardsSignals(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	names := []string{"HUP", "QUIT", "USR1", "USR2", "WINCH", "ALRM", "IO", "PWR"}
	script := "echo up"
	for _, name := range names {
		script += "; trap 'echo " + name + "' " + name
	}
	b := newBox(t, h).start(t, h, "/holdfast", "run", "--name", "p", "--settle=0", "--restart=no", "--",
		"/busybox", "sh", "-c", script+"; echo ready; while :; do sleep 0.01; done")
	b.printed("ready")
	for i, signal := range []unix.Signal{unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGWINCH, unix.SIGALRM, unix.SIGIO, unix.SIGPWR} {
		kill(t, b.guardian(), signal)
		b.printed(names[i])
	}
	const realTime = 37 // SIGRTMIN+3 of the C library; the shell cannot trap it
	kill(t, b.guardian(), realTime)
	h.said(b.result(), 128+realTime)
}

// With nothing at all to write to it guards, and says what is lost.
func TestContainerWithoutAWritableDirectory(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	image := newBox(t, h)
	image.NoShm = true
	b := image.start(t, h, "/holdfast", "run", "--name", "p", "-p", "NotifyAccess=all", "--",
		"/busybox", "sh", "-c", `echo up $NOTIFY_SOCKET | busybox cut -c1-4; trap "exit 4" TERM; while :; do sleep 0.01; done`)
	b.printed("up @")
	h.said(b.exec("/holdfast", "is-active", "p"), 4, "inactive")
	h.said(b.exec("/holdfast", "stop", "p"), 1, "was never started here")
	kill(t, b.guardian(), unix.SIGTERM)
	h.said(b.result(), 4, stdoutOnly, "cannot find this guardian: runtime directory: ", "read-only file system")

	image.Env = append(image.Env, "HOLDFAST_LOG_DIR=/dev/log") // asked for, so not left out
	r := image.start(t, h, "/holdfast", "run", "--name", "p", "--", "/busybox", "true").result()
	h.said(r, 2, "runtime directory: ", "set HOLDFAST_RUNTIME_DIR")
}

// A service file, by a user whom no passwd knows.
func TestContainerServiceFile(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	image := newBox(t, h)
	image.Env = append(image.Env, "HOME=/nowhere")
	file := "[Service]\nType=oneshot\nExecStart=/busybox echo %u %g %U %h\n"
	if err := os.WriteFile(filepath.Join(image.Root, "job.service"), []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	r := image.start(t, h, "/holdfast", "run", "/job.service").result()
	if h.said(r, 0, stdoutOnly); r.stdout != "65534 65534 65534 /nowhere\n" || strings.Contains(r.stderr, "warning") {
		t.Errorf("stdout %q, stderr %q", r.stdout, r.stderr)
	}
}

// The entry point and the health check of the example's Dockerfile, with its two files.
func TestContainerExample(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	image := newBox(t, h)
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(image.Root, "web"), "holdfast/examples/container")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := errors.Join(os.Remove(filepath.Join(image.Root, "busybox")), os.RemoveAll(filepath.Join(image.Root, "www"))); err != nil {
		t.Fatal(err)
	}
	dockerfile, err := os.ReadFile("../../examples/container/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	command := func(instruction string) (args []string) {
		found := regexp.MustCompile(`(?m)^` + instruction + ` (\[.*\])$`).FindSubmatch(dockerfile)
		if found == nil || json.Unmarshal(found[1], &args) != nil {
			t.Fatalf("the Dockerfile has no %s", instruction)
		}
		return args
	}
	b := image.start(t, h, append(command("ENTRYPOINT"), command("CMD")...)...)
	await(t, "it is healthy", func() bool { return b.exec(command("    CMD")...).code == 0 })
	await(t, "it serves", func() bool {
		get := h.launch(Spec{Args: []string{"nsenter", "--target", strconv.Itoa(b.guardian()), "--net", "busybox", "wget", "-qO-", "http://127.0.0.1:8080/"}})
		return get.result().stdout == "served\n"
	})
	kill(t, b.guardian(), unix.SIGTERM)
	h.said(b.result(), 0, "listening on :8080", "finished")
}

//go:build linux

package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A vendored is a tarball's directory, and the user who has unpacked it at home.
type vendored struct {
	*host
	home, dir string
	as        []string // what makes a command that user's
}

// unpack builds examples/vendor and unpacks it in the home directory of a user who is not
// root, to whom nothing else belongs.
func unpack(t *testing.T) *vendored {
	h := newHost(t)
	tarball := filepath.Join(h.dir, "web.tar.gz")
	if out, err := exec.Command("../../examples/vendor/build", tarball).CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	v := &vendored{host: h, home: filepath.Join(h.dir, "home")}
	if err := os.Mkdir(v.home, 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		const nobody = 65534
		v.as = []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"}
		if err := os.Chown(v.home, nobody, nobody); err != nil {
			t.Fatal(err)
		}
		for dir := v.home; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	v.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + v.home}
	v.sh(0, "tar -xzf ../web.tar.gz && echo LISTEN=$HOME/socket >web/etc/web.conf")
	v.dir = filepath.Join(v.home, "web")
	return v
}

// sh runs a command of the user's in the home directory.
func (v *vendored) sh(code int, command string) string {
	v.t.Helper()
	r := v.launch(Spec{Args: append(v.as, "sh", "-c", command), Dir: v.home}).result()
	v.said(r, code)
	return r.stdout + r.stderr
}

// says runs a command and looks for words in what it prints.
func (v *vendored) says(command string, words ...string) {
	v.t.Helper()
	said := v.sh(0, command)
	for _, word := range words {
		if !strings.Contains(said, word) {
			v.t.Errorf("%s said %q, want %q in it", command, said, word)
		}
	}
}

func (v *vendored) number(property string) int {
	v.t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(v.sh(0, "web/webd show -p "+property+" --value")))
	if err != nil {
		v.t.Fatal(err)
	}
	return n
}

// page is what the application serves; "" where it does not.
func (v *vendored) page() string {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(v.home, "socket"))
	}
	client := http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	response, err := client.Get("http://web/")
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return string(text)
}

func (v *vendored) served() {
	v.t.Helper()
	await(v.t, "it serves", func() bool { return strings.Contains(v.page(), "its own guardian") })
}

func TestAVendorsTarball(t *testing.T) {
	t.Parallel()
	v := unpack(t)
	v.says("web/webd start", "webd is running: PID ")
	v.served()
	v.says("web/webd start", "webd is already running: PID ")
	v.says("web/webd status", "Loaded: loaded ("+v.dir+"/webd.service)", "active (running)", "Log: "+v.dir+"/log/webd/output.log")

	first := v.number("MainPID")
	kill(t, first, unix.SIGKILL)
	await(t, "another one runs", func() bool { pid := v.number("MainPID"); return pid != 0 && pid != first })
	v.served()
	v.says("web/webd history", "signal=KILL")
	v.says("web/webd history 1", "Run: 1 of webd")

	guardian, business := v.number("GuardianPID"), v.number("MainPID")
	kill(t, guardian, unix.SIGKILL)
	await(t, "the guardian is gone", func() bool { return !alive(guardian) })
	v.says("web/webd start", "webd was adopted: PID "+strconv.Itoa(business)+",")
	v.says("web/webd upgrade", "webd was handed over")
	v.says("web/webd restart")
	v.served()
	v.says("web/webd logs", "serving "+v.dir+"/files", "GET /")
	v.says("web/webd stop", "webd was stopped")
	if left := v.below(); len(left) > 0 {
		t.Errorf("processes are left: %+v", left)
	}

	v.sh(0, "mkdir elsewhere && mv web elsewhere/ && ln -s elsewhere/web web")
	v.dir = filepath.Join(v.home, "elsewhere/web")
	v.says("web/webd start", "webd is running: PID ")
	v.served()
	v.says("elsewhere/web/webd status", "active (running)", "Log: "+v.dir+"/log/webd/output.log")
	v.says("web/webd logs", "serving "+v.home+"/web/files")
	v.says("web/webd stop", "webd was stopped")
}

// A link to holdfast does as well as a copy, and who has only holdfast names the file.
func TestALinkBesideAServiceFile(t *testing.T) {
	t.Parallel()
	v := unpack(t)
	v.sh(0, "ln -sf "+holdfast+" web/webd && mkdir bin && ln -s ../web/webd bin/webd")
	v.says("bin/webd start", "webd is running: PID ")
	v.says("PATH=$HOME/bin:$PATH; cd /; webd is-active", "active\n")
	v.says(holdfast+" is-active web/webd.service", "active\n")
	v.says(holdfast+" --root=web is-active webd", "active\n")
	v.says(holdfast+" --root=web list", "webd  active")
	v.says("bin/webd list", "webd  active")
	v.says("bin/webd upgrade --all", "webd was handed over")
	v.says("bin/webd --help", "  webd VERB [flags]")
	if said := v.sh(2, "bin/webd stat"); !strings.HasPrefix(said, `webd: there is no verb "stat"`) {
		t.Errorf("it said %q", said)
	}
	if said := v.sh(2, holdfast+" start -p Home=/nowhere -- true"); !strings.Contains(said, "write --root=DIRECTORY") {
		t.Errorf("it said %q", said)
	}
	v.sh(0, "mkdir other && cp web/webd.service other/")
	if said := v.sh(2, holdfast+" is-active web/webd.service other/webd.service"); !strings.Contains(said, "different homes") {
		t.Errorf("it said %q", said)
	}

	// A file that is wrong by now does not hide the service.
	v.sh(0, "echo '[Service]\nExecStart=not/absolute %Z' >>web/webd.service")
	v.says("bin/webd stop", "webd was stopped")
	if said := v.sh(1, "bin/webd upgrade"); said != "webd: webd has no guardian\n" {
		t.Errorf("it said %q", said)
	}
}

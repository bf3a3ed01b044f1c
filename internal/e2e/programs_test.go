//go:build linux

package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// installed skips the test where a program is missing, and returns its path.
func installed(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed", program)
	}
	return path
}

// freePort is a TCP port of this host that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// servedAfterAKill kills the business: what is served must be served again, by another
// business.
func (h *host) servedAfterAKill(name string, serves func() bool) {
	h.t.Helper()
	await(h.t, name+" serves", serves)
	first := h.pid(name, "MainPID")
	kill(h.t, first, unix.SIGKILL)
	await(h.t, "another one runs", func() bool { pid := h.pid(name, "MainPID"); return pid != 0 && pid != first })
	await(h.t, name+" serves again", serves)
	h.shows(name, "NRestarts", "1")
	h.fails(0, []string{"active (running)", "code=killed, signal=KILL"}, "status", name)
}

func TestNginx(t *testing.T) {
	t.Parallel()
	nginx := installed(t, "nginx")
	h := newHost(t)
	port := freePort(t)
	config := h.file("nginx.conf", fmt.Sprintf(`
		daemon off; worker_processes 4; pid %[1]s/nginx.pid; error_log stderr; user root;
		events { worker_connections 64; }
		http {
			access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s;
			fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
			server { listen 127.0.0.1:%[2]d; location / { return 200 "it works"; } }
		}`, h.dir, port), 0o644)
	client := http.Client{Timeout: deadline, Transport: &http.Transport{DisableKeepAlives: true}}
	serves := func() bool {
		reply, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/", port))
		if err != nil {
			return false
		}
		reply.Body.Close()
		return reply.StatusCode == 200
	}
	h.ok("start", "--name", "web", "-p", "KillSignal=SIGQUIT", "--", nginx, "-c", config)
	await(t, "the workers are there", func() bool { return len(h.named("nginx")) == 5 })
	h.servedAfterAKill("web", serves)
	await(t, "there is one set of workers", func() bool { return len(h.named("nginx")) == 5 })

	workers := map[int]bool{}
	for _, p := range h.named("nginx") {
		workers[p.PID] = true
	}
	main := h.pid("web", "MainPID")
	h.ok("reload", "web")
	await(t, "there are new workers", func() bool {
		now := h.named("nginx")
		for _, p := range now {
			if p.PID != main && workers[p.PID] {
				return false
			}
		}
		return len(now) == 5
	})
	if !serves() {
		t.Error("after the reload it does not serve")
	}
	h.shows("web", "MainPID", strconv.Itoa(main))
	h.ok("stop", "web")
	h.nothingLeft("web")
}

func TestRedis(t *testing.T) {
	t.Parallel()
	redis := installed(t, "redis-server")
	h := newHost(t)
	socket := filepath.Join(h.dir, "redis.sock")
	serves := func() bool {
		conn, err := net.DialTimeout("unix", socket, deadline)
		if err != nil {
			return false
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(deadline))
		fmt.Fprint(conn, "PING\r\n")
		reply, _ := bufio.NewReader(conn).ReadString('\n')
		return strings.HasPrefix(reply, "+PONG")
	}
	h.ok("start", "--", redis, "--port", "0", "--unixsocket", socket, "--dir", h.dir, "--save", "", "--daemonize", "no")
	h.servedAfterAKill("redis-server", serves)
	h.ok("stop", "redis-server")
	h.nothingLeft("redis-server")
	h.shows("redis-server", "Result", "success", "ExecMainCode", "1", "ExecMainStatus", "0") // it ends well of a SIGTERM
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	initdb, postgres, ready := installed(t, "initdb"), installed(t, "postgres"), installed(t, "pg_isready")
	owner, err := user.Lookup("postgres")
	if err != nil || os.Geteuid() != 0 {
		t.Skip("it takes root and the user postgres")
	}
	dir, err := os.MkdirTemp("", "holdfast-postgres-") // where another user may go
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	h := newHost(t)
	data := filepath.Join(dir, "data")
	r := h.run("run", "--name", "initdb", "--user=postgres", "--settle=0", "--restart=no", "--chdir", dir, "--", initdb, "-N", "-A", "trust", "-D", data)
	h.said(r, 0, "Success")
	h.ok("start", "--name", "db", "--user=postgres", "--chdir", dir, "-p", "KillSignal=SIGINT", "--",
		postgres, "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_memory_type=mmap")
	h.servedAfterAKill("db", func() bool {
		return h.launch(Spec{Args: []string{ready, "-h", dir}}).result().code == 0
	})
	if got := statusOf(t, h.pid("db", "MainPID"), "Uid"); strings.Fields(got)[0] != owner.Uid {
		t.Errorf("it runs as %s, want %s", got, owner.Uid)
	}
	h.ok("stop", "db")
	h.nothingLeft("db")
	h.shows("db", "Result", "success", "ExecMainCode", "1", "ExecMainStatus", "0")
}

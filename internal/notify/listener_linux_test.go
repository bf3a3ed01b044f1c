package notify

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// sendVariable makes the test binary a program that notifies.
const sendVariable = "NOTIFY_TEST_SEND"

func TestMain(m *testing.M) {
	if states := os.Getenv(sendVariable); states != "" {
		if err := OurManager().Send(strings.Split(states, ",")...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// addresses are a file's and an abstract one.
func addresses(t *testing.T) map[string]string {
	return map[string]string{
		"file":     filepath.Join(t.TempDir(), "notify"),
		"abstract": "@holdfast-test/" + filepath.Base(t.TempDir()) + fmt.Sprint(os.Getpid(), t.Name()),
	}
}

func listen(t *testing.T, address string) *Listener {
	t.Helper()
	l, err := Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// next waits for a datagram.
func next(t *testing.T, l *Listener) Datagram {
	t.Helper()
	for {
		if d, ok := l.Receive(); ok {
			return d
		}
		if err := l.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

// dial is one end of a connection to the listener.
func dial(t *testing.T, l *Listener) *net.UnixConn {
	t.Helper()
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: l.Address(), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestWhatAnotherProcessSends(t *testing.T) {
	for name, address := range addresses(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, address)
			sender := exec.Command(os.Args[0])
			sender.Env = []string{Variable + "=" + l.Address(), sendVariable + "=READY=1,STATUS=it works,MAINPID=x"}
			if out, err := sender.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			d := next(t, l)
			if d.PID != sender.Process.Pid || d.UID != os.Getuid() || d.Err != nil {
				t.Errorf("from PID %d, UID %d, error %v; want PID %d, UID %d", d.PID, d.UID, d.Err, sender.Process.Pid, os.Getuid())
			}
			if !d.Message.Ready || d.Message.Status == nil || *d.Message.Status != "it works" || len(d.Warnings) != 1 {
				t.Errorf("%+v", d)
			}
			if d, ok := l.Receive(); ok {
				t.Errorf("and then %+v", d)
			}
		})
	}
}

func TestRefusedDatagrams(t *testing.T) {
	l := listen(t, filepath.Join(t.TempDir(), "notify"))
	conn := dial(t, l)
	for name, datagram := range map[string]string{
		"too long": "READY=1\nSTATUS=" + strings.Repeat("x", MaxSize),
		"NUL":      "READY=1\x00STATUS=x",
	} {
		if _, err := conn.Write([]byte(datagram)); err != nil {
			t.Fatal(err)
		}
		if d := next(t, l); d.Err == nil || d.Message.Ready || d.PID != os.Getpid() {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if _, err := conn.Write([]byte("READY=1\nSTATUS=" + strings.Repeat("x", MaxSize-15))); err != nil {
		t.Fatal(err)
	}
	if d := next(t, l); d.Err != nil || !d.Message.Ready {
		t.Errorf("the longest one: %v", d.Err)
	}
}

// sendFiles sends a datagram with the write ends of that many pipes, and returns the read ends.
func sendFiles(t *testing.T, conn *net.UnixConn, datagram string, count int) (reads []*os.File) {
	t.Helper()
	var fds []int
	for range count {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { read.Close() })
		defer write.Close()
		reads, fds = append(reads, read), append(fds, int(write.Fd()))
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var sendErr error
	raw.Control(func(fd uintptr) { sendErr = unix.Sendmsg(int(fd), []byte(datagram), unix.UnixRights(fds...), nil, 0) })
	if sendErr != nil {
		t.Fatal(sendErr)
	}
	return reads
}

// hungUp reports whether nobody has the write end any more.
func hungUp(read *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(read.Fd())}}
	unix.Poll(fds, 0)
	return fds[0].Revents&unix.POLLHUP != 0
}

func TestBarrier(t *testing.T) {
	l := listen(t, filepath.Join(t.TempDir(), "notify"))
	read := sendFiles(t, dial(t, l), "BARRIER=1", 1)[0]
	d := next(t, l)
	if !d.Message.Barrier || d.Err != nil {
		t.Fatalf("%+v", d)
	}
	if hungUp(read) {
		t.Error("closed before it was done")
	}
	d.Done()
	if !hungUp(read) {
		t.Error("not closed when it was done")
	}
}

func TestDescriptorsAreClosed(t *testing.T) {
	tests := []struct {
		datagram string
		files    int
		refused  bool
	}{
		{"FDSTORE=1\nREADY=1", 2, false},
		{"READY=1", 253, false},
		{"BARRIER=1", 2, true},
		{"BARRIER=1\nREADY=1", 1, true},
		{"READY=1\x00\x00", 1, true},
	}
	l := listen(t, filepath.Join(t.TempDir(), "notify"))
	conn := dial(t, l)
	for _, tt := range tests {
		reads := sendFiles(t, conn, tt.datagram, tt.files)
		if d := next(t, l); (d.Err != nil) != tt.refused || d.Message.Ready == tt.refused {
			t.Errorf("%q with %d files: %+v", tt.datagram, tt.files, d)
		}
		if slices.ContainsFunc(reads, func(read *os.File) bool { return !hungUp(read) }) {
			t.Errorf("%q with %d files: one is open", tt.datagram, tt.files)
		}
	}
	if _, err := conn.Write([]byte("BARRIER=1")); err != nil {
		t.Fatal(err)
	}
	if d := next(t, l); d.Err == nil || d.Message.Barrier {
		t.Errorf("a barrier without a file: %+v", d)
	}
}

// What was sent before a handover is read after it, in the same order as what is sent then.
func TestInherit(t *testing.T) {
	for name, address := range addresses(t) {
		t.Run(name, func(t *testing.T) {
			before := listen(t, address)
			conn := dial(t, before)
			conn.Write([]byte("STATUS=1"))
			file, err := before.File()
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			after, err := Inherit(file)
			if err != nil {
				t.Fatal(err)
			}
			before.conn.Close()
			defer after.Close()
			if after.Address() != address {
				t.Errorf("at %s, want %s", after.Address(), address)
			}
			conn.Write([]byte("STATUS=2"))
			for _, want := range []string{"1", "2"} {
				if d := next(t, after); *d.Message.Status != want || d.PID != os.Getpid() {
					t.Errorf("got %+v, want status %s", d, want)
				}
			}
		})
	}
	pipe, _, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if _, err := Inherit(pipe); err == nil {
		t.Error("a pipe was taken for a socket")
	}
}

// A guardian that died closes nothing in order; the next one hears at the same address.
func TestInADeadGuardiansPlace(t *testing.T) {
	for name, address := range addresses(t) {
		t.Run(name, func(t *testing.T) {
			dead := listen(t, address)
			dead.conn.Close()
			l := listen(t, address)
			dial(t, l).Write([]byte("READY=1"))
			if d := next(t, l); !d.Message.Ready {
				t.Errorf("%+v", d)
			}
		})
	}
}

func TestClose(t *testing.T) {
	for name, address := range addresses(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, address)
			ended := make(chan error)
			go func() { ended <- l.Wait() }()
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if err := <-ended; !errors.Is(err, net.ErrClosed) {
				t.Errorf("Wait: %v", err)
			}
			if d, ok := l.Receive(); ok {
				t.Errorf("received %+v", d)
			}
			if _, err := os.Lstat(address); err == nil {
				t.Error("the socket is left")
			}
			if err := (Manager{address}).Send("READY=1"); err == nil {
				t.Error("somebody listens")
			}
		})
	}
}

func TestTheSocketIsItsOwnersOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	listen(t, path)
	if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestAddress(t *testing.T) {
	long := "/" + strings.Repeat("d", 200) + "/notify"
	if a := Address(long, strings.Repeat("n", 255)); !abstract(a) || len(a) > 107 {
		t.Errorf("%d bytes: %s", len(a), a)
	}
	if a, b := Address(long, "web"), Address(long, "web"); a == b {
		t.Errorf("%s twice", a)
	}
	if a := Address("/run/user/1000/holdfast/web/notify", "web"); abstract(a) != (os.Geteuid() == 0) {
		t.Error(a)
	}
}

func TestNobodyToNotify(t *testing.T) {
	var m Manager
	if m.Listens() || m.Send("READY=1") != nil {
		t.Error("the zero manager listens")
	}
	if err := (Manager{filepath.Join(t.TempDir(), "none")}).Send("READY=1"); err == nil {
		t.Error("sent to a socket that is not there")
	}
}

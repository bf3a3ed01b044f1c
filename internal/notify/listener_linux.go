package notify

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Address is where a service's socket is to be: at path, unless that is "" or has no room in a unix(7)
// address, or the guardian is root. Root's business may have become another user before it
// says that it is ready (named, mosquitto), and could not enter the runtime directory any
// more; so its socket has an abstract name, which nobody can guess before it is there. The
// credentials of each datagram say who has sent it, in either place.
func Address(path, name string) string {
	if os.Geteuid() != 0 && path != "" && len(path) < 108 {
		return path
	}
	var unique [8]byte
	rand.Read(unique[:]) // never fails
	return fmt.Sprintf("@holdfast/%.60s/%s", name, hex.EncodeToString(unique[:]))
}

// A Listener hears the processes of one service. Except for Wait, its methods belong to one
// goroutine.
type Listener struct {
	address string
	conn    *net.UnixConn
	raw     syscall.RawConn
	buffer  []byte
	control []byte
}

// A Datagram is what was sent at once, by whom.
type Datagram struct {
	// PID and UID are the sender's, by the kernel's word.
	PID int
	UID int
	// Message is what it says, unless Err says why it was refused.
	Message  Message
	Warnings []string
	Err      error

	barrier int // the descriptor to close; 0 for none
}

// Done tells the sender of a barrier that all before it is done.
func (d Datagram) Done() {
	if d.barrier != 0 {
		unix.Close(d.barrier)
	}
}

// Listen opens the socket at an [Address], in the place of a dead guardian's: the caller holds
// the service's lock. What was on its way to that one is lost, and so is who has connected
// its socket for good; sd_notify(3) connects for every message.
func Listen(address string) (*Listener, error) {
	if !abstract(address) {
		if err := os.Remove(address); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	l, err := newListener(address, conn)
	if err == nil && !abstract(address) {
		err = os.Chmod(address, 0o600) // whatever the umask was
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return l, nil
}

// Inherit goes on with a socket that was handed over, with all that waits in it. The file stays
// the caller's.
func Inherit(file *os.File) (*Listener, error) {
	conn, err := net.FilePacketConn(file)
	if err != nil {
		return nil, fmt.Errorf("the socket for notifications: %w", err)
	}
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		return nil, errors.New("what was handed over is no socket for notifications")
	}
	l, err := newListener(socket.LocalAddr().String(), socket)
	if err != nil {
		conn.Close()
	}
	return l, err
}

func newListener(address string, conn *net.UnixConn) (*Listener, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var optErr error
	if err := raw.Control(func(fd uintptr) { optErr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PASSCRED, 1) }); err != nil {
		return nil, err
	}
	const mostFiles = 253 // SCM_MAX_FD, of one message
	return &Listener{
		address: address, conn: conn, raw: raw,
		buffer:  make([]byte, MaxSize),
		control: make([]byte, unix.CmsgSpace(unix.SizeofUcred)+unix.CmsgSpace(4*mostFiles)),
	}, os.NewSyscallError("setsockopt", optErr)
}

// Address is the business's NOTIFY_SOCKET.
func (l *Listener) Address() string { return l.address }

// File is another descriptor of the socket, to be handed over.
func (l *Listener) File() (*os.File, error) { return l.conn.File() }

// Close ends Wait, too.
func (l *Listener) Close() error {
	err := l.conn.Close()
	if !abstract(l.address) {
		err = errors.Join(err, os.Remove(l.address))
	}
	return err
}

// Wait returns nil when there is something to receive, and an error when the listener was closed.
// It reads nothing: that is left to whoever has to take it in the right order.
func (l *Listener) Wait() error {
	return l.raw.Read(func(fd uintptr) bool {
		_, _, err := unix.Recvfrom(int(fd), nil, unix.MSG_PEEK|unix.MSG_DONTWAIT)
		return err != unix.EAGAIN
	})
}

// Receive returns the next datagram that has arrived, and false if there is none. Descriptors that
// came with it are closed; that of a barrier is closed by Done.
func (l *Listener) Receive() (d Datagram, ok bool) {
	var n, controlLen, flags int
	var err error
	controlErr := l.raw.Control(func(fd uintptr) {
		for {
			n, controlLen, flags, _, err = unix.RecvmsgBuffers(int(fd), [][]byte{l.buffer}, l.control, unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
			if err != unix.EINTR {
				return
			}
		}
	})
	if err != nil || controlErr != nil {
		return Datagram{}, false
	}
	d, files := l.sender(controlLen)
	d.take(l.buffer[:n], flags, files)
	if !d.Message.Barrier {
		closeAll(files)
	}
	return d, true
}

// take reads the message; a refused one keeps its sender.
func (d *Datagram) take(datagram []byte, flags int, files []int) {
	switch {
	case flags&unix.MSG_CTRUNC != 0:
		d.Err = errors.New("it has more descriptors than there is room for")
	case flags&unix.MSG_TRUNC != 0:
		d.Err = fmt.Errorf("longer than %d bytes", MaxSize)
	case d.PID <= 0:
		d.Err = errors.New("its sender has no PID here")
	default:
		d.Message, d.Warnings, d.Err = Parse(datagram)
	}
	if d.Message.Barrier {
		if len(files) == 1 {
			d.barrier = files[0]
			return
		}
		d.Message, d.Err = Message{}, fmt.Errorf("BARRIER=1 with %d descriptors, not one", len(files))
	}
}

// sender takes the credentials and the descriptors out of what came beside a datagram.
func (l *Listener) sender(controlLen int) (d Datagram, files []int) {
	messages, err := unix.ParseSocketControlMessage(l.control[:controlLen])
	if err != nil {
		return d, nil
	}
	for _, m := range messages {
		if credentials, err := unix.ParseUnixCredentials(&m); err == nil {
			d.PID, d.UID = int(credentials.Pid), int(credentials.Uid)
		}
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_RIGHTS {
			more, _ := unix.ParseUnixRights(&m) // of that type it cannot fail
			files = append(files, more...)
		}
	}
	return d, files
}

func closeAll(files []int) {
	for _, fd := range files {
		unix.Close(fd)
	}
}

func abstract(address string) bool { return strings.HasPrefix(address, "@") }

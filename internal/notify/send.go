package notify

import (
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// Variable is the name of the environment variable that holds the address of the socket.
const Variable = "NOTIFY_SOCKET"

// A Manager is who has started this process and wants to hear of it, such as systemd. The zero
// Manager wants nothing.
type Manager struct{ address string }

// OurManager is who set NOTIFY_SOCKET.
func OurManager() Manager { return Manager{os.Getenv(Variable)} }

// Listens reports whether there is somebody to tell.
func (m Manager) Listens() bool { return m.address != "" }

// sendTimeout bounds how long a manager that does not read is waited for.
const sendTimeout = 5 * time.Second

// Send tells the manager in one message, each state as NAME=value without a line's end in it. It
// waits up to 5 s for a manager that is slow to read. Without a manager it does nothing.
func (m Manager) Send(states ...string) error {
	if !m.Listens() || len(states) == 0 {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.address, Net: "unixgram"})
	if err == nil {
		defer conn.Close()
		conn.SetWriteDeadline(time.Now().Add(sendTimeout))
		_, err = conn.Write([]byte(strings.Join(states, "\n")))
	}
	if err != nil {
		return fmt.Errorf("cannot notify the manager: %w", err)
	}
	return nil
}

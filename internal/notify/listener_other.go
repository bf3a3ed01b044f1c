//go:build !linux

package notify

import (
	"errors"
	"os"
)

// Address is never used: nothing listens here.
func Address(path, name string) string { return path }

// A Listener does not exist here.
type Listener struct{}

// A Datagram is what was sent at once, by whom.
type Datagram struct {
	PID, UID int
	Message  Message
	Warnings []string
	Err      error
}

// Done has nothing to do.
func (Datagram) Done() {}

// Listen cannot be done here: only Linux says with each datagram who has sent it. A service that
// waits for its business's word cannot be guarded.
func Listen(string) (*Listener, error) {
	return nil, errors.New("only on Linux can a program notify its guardian")
}

// Inherit cannot be done here, see Listen.
func Inherit(*os.File) (*Listener, error) { return Listen("") }

// The methods are never called.
func (*Listener) Address() string           { return "" }
func (*Listener) File() (*os.File, error)   { return nil, errors.ErrUnsupported }
func (*Listener) Close() error              { return nil }
func (*Listener) Wait() error               { return errors.ErrUnsupported }
func (*Listener) Receive() (Datagram, bool) { return Datagram{}, false }

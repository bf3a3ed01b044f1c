package daemon

import (
	"encoding/binary"
	"fmt"
	"io"
)

// What is said over the handshake, in this order. The intermediate and the
// guardian share one end of it; the intermediate is done before the guardian begins.
const (
	sayGuardian = 'g' // intermediate to launcher: the guardian's process ID
	sayHeld     = 'h' // launcher to intermediate: I hold that process, go on
	sayTrouble  = 't' // intermediate to launcher: the error that ended it
	sayPayload  = 'p' // launcher to guardian, after the intermediate was reaped
	sayStarted  = 's' // guardian to launcher: the answer
	sayFailed   = 'f' // guardian to launcher: the answer, and that it will exit
)

const maxBody = 1 << 30

// A message is sent as its kind, four bytes of length and the body.
type message struct {
	kind byte
	body []byte
}

func send(to io.Writer, kind byte, body []byte) error {
	if len(body) > maxBody {
		return fmt.Errorf("message of %d bytes is too large", len(body))
	}
	// In one write: whoever has read an empty message may be gone by a second one.
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)))
	_, err := to.Write(append(head, body...))
	return err
}

// receive reads no byte beyond the message: the next one may be for another process.
func receive(from io.Reader) (message, error) {
	var head [5]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return message{}, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size > maxBody {
		return message{}, fmt.Errorf("message of %d bytes is too large", size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(from, body); err != nil {
		return message{}, err
	}
	return message{head[0], body}, nil
}

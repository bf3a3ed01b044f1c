package watchdog

import (
	"cmp"
	"os"
	"strings"

	"holdfast/internal/proc"
)

// Setup is what the business's process does to itself before it executes its program:
// limits, priorities, capabilities, root directory. A service without any is started
// faster, for it needs no step between the fork and the program.
type Setup = proc.Setup

// The parts of a Setup.
type (
	Limit        = proc.Limit
	Scheduling   = proc.Scheduling
	IOPriority   = proc.IOPriority
	Capabilities = proc.Capabilities
)

// Standard is what the standard streams are. The zero value is systemd's default: nothing
// to read, and the log.
type Standard struct {
	// Input is null, data or file:PATH; "" is data where there is Data, else null.
	Input Stream `json:",omitempty"`
	// Output and Error are null, journal (holdfast's own log), inherit, file:PATH,
	// append:PATH or truncate:PATH. "" is journal for Output, inherit for Error.
	Output Stream `json:",omitempty"`
	Error  Stream `json:",omitempty"`
	// Data is what can be read from Input.
	Data []byte `json:",omitempty"`
}

// A Stream is a value of StandardInput= and its like.
type Stream string

// The streams without a path.
const (
	NullStream    Stream = "null"
	DataStream    Stream = "data"
	LogStream     Stream = "journal"
	InheritStream Stream = "inherit"
)

func (s Stream) path() string {
	_, path, _ := strings.Cut(string(s), ":")
	return path
}

func (s Stream) kind() string {
	kind, _, _ := strings.Cut(string(s), ":")
	return kind
}

// redirect puts the streams into a spec by the rules of setup_input and setup_output in
// systemd's src/core/exec-invoke.c. The paths are the guardian's, not below RootDirectory=.
func (s Standard) redirect(spec *proc.Spec, stdout, stderr *os.File) {
	input := cmp.Or(s.Input, NullStream)
	switch {
	case input == NullStream && len(s.Data) > 0:
		input = DataStream
	case input == DataStream && len(s.Data) == 0:
		input = NullStream
	}
	output, errors := cmp.Or(s.Output, LogStream), cmp.Or(s.Error, InheritStream)
	if output == InheritStream { // none of these inputs can be written to
		output = LogStream
	}
	spec.Redirect = [3]*proc.Redirection{}
	switch input.kind() {
	case "data":
		spec.Redirect[0] = &proc.Redirection{Data: append([]byte{}, s.Data...)}
	case "file":
		flag := os.O_RDONLY
		if input == output || input == errors { // one open file for both
			flag = os.O_RDWR | os.O_CREATE
		}
		spec.Redirect[0] = &proc.Redirection{Path: input.path(), Flag: flag}
	}
	spec.Stdout, spec.Redirect[1] = output.write(input, stdout)
	if errors == InheritStream && output == LogStream {
		errors = LogStream // which may be another than that of stdout
	}
	if errors != LogStream && (errors == InheritStream || errors == output) {
		spec.Redirect[2] = &proc.Redirection{Like: 1}
		return
	}
	spec.Stderr, spec.Redirect[2] = errors.write(input, stderr)
}

func (s Stream) write(input Stream, log *os.File) (*os.File, *proc.Redirection) {
	flag := os.O_WRONLY | os.O_CREATE
	switch s.kind() {
	case "journal":
		return log, nil
	case "null":
		return nil, nil
	case "file":
		if s == input {
			return nil, &proc.Redirection{Like: 0}
		}
	case "append":
		flag |= os.O_APPEND
	case "truncate":
		flag |= os.O_TRUNC
	}
	return nil, &proc.Redirection{Path: s.path(), Flag: flag}
}

package unit

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"holdfast/internal/watchdog"
)

const (
	inputStreams  = "null data file"
	outputStreams = "null inherit journal kmsg syslog journal+console kmsg+console syslog+console file append truncate"
)

// standard is the setter of a standard stream.
func (d *draft) standard(field *watchdog.Stream, allowed string) func(string) error {
	return func(text string) error {
		kind, file, hasPath := strings.Cut(text, ":")
		switch {
		case slices.Contains([]string{"tty", "tty-force", "tty-fail", "socket", "fd"}, kind):
			return refuse("a program under guard has no terminal and no socket of an activation here; " +
				"leave it out for the log, or write file:PATH")
		case !slices.Contains(strings.Fields(allowed), kind), hasPath != slices.Contains([]string{"file", "append", "truncate"}, kind):
			return errors.New("not one of " + strings.Join(strings.Fields(allowed), ", ") + "; a file is written file:PATH")
		case !hasPath && (strings.HasPrefix(kind, "journal") || strings.HasPrefix(kind, "kmsg") || strings.HasPrefix(kind, "syslog")):
			*field = watchdog.LogStream
			return nil
		case !hasPath:
			*field = watchdog.Stream(kind)
			return nil
		}
		file, err := d.specifiers(file)
		if err == nil {
			err = checkPath(file)
		}
		if err != nil {
			return err
		}
		*field = watchdog.Stream(kind + ":" + simplify(file))
		return nil
	}
}

// inputText adds a line, with C's escapes.
func (d *draft) inputText(text string) error {
	if text == "" {
		d.service.Standard.Data = nil
		return nil
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `\`)
		b.WriteString(before)
		if !found {
			break
		}
		if after == "" {
			return errEscape
		}
		decoded, size := unescape(after)
		if size == 0 {
			return errEscape
		}
		b.WriteString(decoded)
		text = after[size:]
	}
	line, err := d.specifiers(b.String())
	if err != nil {
		return err
	}
	return d.addInput([]byte(line + "\n"))
}

func (d *draft) inputData(text string) error {
	if text == "" {
		d.service.Standard.Data = nil
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.FieldsFunc(text, isSpace), ""))
	if err != nil {
		return errors.New("not base64")
	}
	return d.addInput(data)
}

func (d *draft) addInput(data []byte) error {
	const most = 1 << 20 // systemd has 64 MiB; here it is a part of every state that is saved
	if len(d.service.Standard.Data)+len(data) > most {
		return refuse("more than 1 MiB to read; put it into a file and write StandardInput=file:")
	}
	d.service.Standard.Data = append(slices.Clip(d.service.Standard.Data), data...)
	return nil
}

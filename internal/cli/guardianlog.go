package cli

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/rs/zerolog"

	"holdfast/internal/logfile"
)

// guardianLine reads the guardian's own log, a JSON object on each line, and shows it as
// text, or as it is. One that is none of our lines is shown as it is, too.
func guardianLine(colour, raw bool) func(whole []byte) logfile.Line {
	plain, coloured := eventText(false), eventText(true)
	return func(whole []byte) logfile.Line {
		l := logfile.Line{Text: plain(whole), Whole: whole}
		var event struct {
			Time time.Time `json:"time"`
		}
		if json.Unmarshal(whole, &event) == nil {
			l.Time = event.Time
		}
		switch {
		case raw:
		case colour:
			l.Whole = coloured(whole)
		default:
			l.Whole = l.Text
		}
		return l
	}
}

// eventText returns what makes text of an event. It is good until the next one.
func eventText(colour bool) func(event []byte) []byte {
	var text bytes.Buffer
	console := zerolog.ConsoleWriter{Out: &text, NoColor: !colour, TimeFormat: stampLayout}
	return func(event []byte) []byte {
		text.Reset()
		if _, err := console.Write(event); err != nil {
			return event
		}
		return bytes.TrimSuffix(text.Bytes(), []byte{'\n'})
	}
}

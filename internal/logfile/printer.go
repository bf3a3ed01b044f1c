package logfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// A printer writes what comes of a log as a query wants it.
type printer struct {
	q     *Query
	w     io.Writer
	parse func(whole []byte) Line
	plain bool // as it comes, and no line is looked at
	lines splitter
	times timeline
	last  [][]byte // the last lines picked, while it is not known which ones are the last
	holds bool     // last is in use
	dated bool     // a line or a mark has said when it was written
	text  bytes.Buffer
}

func newPrinter(w io.Writer, log Log, q *Query) *printer {
	p := &printer{q: q, w: w, parse: q.Parse, times: timeline{log: log}}
	p.plain = !q.picks() && !q.JSON && q.Parse == nil
	p.holds = q.picks() && q.Lines >= 0
	if p.parse == nil {
		p.parse = ParseLine
	}
	return p
}

func (p *printer) add(block []byte, position int64) error {
	if p.plain {
		_, err := p.w.Write(block)
		return err
	}
	if err := p.times.refresh(); err != nil {
		return err
	}
	if err := p.lines.add(block, position, p.line); err != nil {
		return err
	}
	return p.flush()
}

// finish is for when nothing follows.
func (p *printer) finish() error {
	if err := p.lines.finish(p.line); err != nil {
		return err
	}
	return p.release()
}

// release prints the last lines, for what there was until now is all known.
func (p *printer) release() error {
	for _, line := range p.last {
		p.text.Write(line)
	}
	p.last, p.holds = nil, false
	return p.flush()
}

func (p *printer) flush() error {
	_, err := p.text.WriteTo(p.w)
	return err
}

func (p *printer) line(position int64, whole []byte) error {
	l := p.parse(whole)
	l.Position = position
	if !p.q.wants(l) {
		return nil
	}
	p.times.pass(position)
	p.doubt(l)
	if !p.holds {
		return p.write(&p.text, l)
	}
	if p.q.Lines == 0 {
		return nil
	}
	if len(p.last) == p.q.Lines {
		p.last = p.last[1:]
	}
	var text bytes.Buffer
	err := p.write(&text, l)
	p.last = append(p.last, text.Bytes())
	return err
}

// doubt tells once that lines are shown of which nobody knows when they were written.
func (p *printer) doubt(l Line) {
	if p.dated || p.q.Since.IsZero() && p.q.Until.IsZero() {
		return
	}
	p.dated = true
	if l.Time.IsZero() && len(p.times.marks) == 0 {
		p.q.Notice(errors.New("lines that do not say when they were written are shown, for the log has no index"))
	}
}

func (p *printer) write(text *bytes.Buffer, l Line) error {
	if p.q.JSON {
		return p.writeJSON(text, l)
	}
	text.Write(l.Whole)
	return text.WriteByte('\n')
}

// timeLayout is RFC 3339 to the microsecond, as the capture writes it.
const timeLayout = "2006-01-02T15:04:05.000000Z07:00"

// A jsonLine is a line for programs. What is not known is left out.
type jsonLine struct {
	Time      string `json:"time,omitempty"`       // its stamp
	NotBefore string `json:"not_before,omitempty"` // where it has none
	Run       int    `json:"run,omitempty"`
	Stream    string `json:"stream,omitempty"`
	Position  int64  `json:"position"`
	Line      string `json:"line"`            // without the stamp
	Bytes     []byte `json:"bytes,omitempty"` // the same in base64, where it is not UTF-8
}

func (p *printer) writeJSON(text *bytes.Buffer, l Line) error {
	object := jsonLine{Run: p.times.run, Stream: p.q.Stream, Position: l.Position, Line: string(l.Text)}
	switch begun := p.times.last.Time; {
	case !l.Time.IsZero():
		object.Time = l.Time.Format(timeLayout)
	case !begun.IsZero():
		object.NotBefore = begun.Local().Format(timeLayout)
	}
	if !utf8.Valid(l.Text) {
		object.Bytes = l.Text
	}
	encoder := json.NewEncoder(text)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(object)
}

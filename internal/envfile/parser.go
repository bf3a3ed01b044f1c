package envfile

import "strings"

const (
	space   = " \t\n\r"
	newline = "\n\r"
)

// parser takes assignments off a text.
type parser struct{ text string }

// skip goes to where the next line begins. It is false at the end.
func (p *parser) skip() bool {
	p.text = strings.TrimLeft(p.text, space)
	return p.text != ""
}

// line takes a line off, with those in which its value goes on. What is no assignment is
// not found.
func (p *parser) line() (assignment string, found bool) {
	if p.text[0] == '#' || p.text[0] == ';' {
		p.cut(strings.IndexAny(p.text, newline))
		return "", false
	}
	end := strings.IndexAny(p.text[1:], "="+newline)
	if end < 0 {
		p.text = ""
		return "", false
	}
	name := p.cut(1 + end)
	if p.text[0] != '=' {
		return "", false
	}
	p.text = p.text[1:]
	return strings.TrimRight(name, space) + "=" + p.value(), true
}

// cut takes the first n bytes off, or everything if n is negative.
func (p *parser) cut(n int) string {
	if n < 0 {
		n = len(p.text)
	}
	head := p.text[:n]
	p.text = p.text[n:]
	return head
}

// value takes the value off, up to the end of its last line. Quotes count only before the
// first character that is outside of any; white space round the value does not.
func (p *parser) value() string {
	var b strings.Builder
	for p.text != "" {
		c := p.text[0]
		switch {
		case strings.IndexByte(newline, c) >= 0:
			return b.String()
		case strings.IndexByte(space, c) >= 0:
			p.text = p.text[1:]
		case c == '\'':
			p.text = p.text[1:]
			b.WriteString(p.cut(strings.IndexByte(p.text, '\'')))
			p.text = strings.TrimPrefix(p.text, "'")
		case c == '"':
			p.text = p.text[1:]
			p.quoted(&b)
		default:
			p.plain(&b)
			return b.String()
		}
	}
	return b.String()
}

// quoted takes off what is in double quotes. As in a shell, a backslash is one unless it
// stands before what it has to protect there.
func (p *parser) quoted(b *strings.Builder) {
	for p.text != "" {
		c := p.text[0]
		p.text = p.text[1:]
		switch {
		case c == '"':
			return
		case c != '\\':
			b.WriteByte(c)
		case p.text != "":
			switch after := p.text[0]; {
			case strings.IndexByte("\"\\`$", after) >= 0:
				b.WriteByte(after)
			case after != '\n':
				b.WriteByte('\\')
				b.WriteByte(after)
			}
			p.text = p.text[1:]
		}
	}
}

// plain takes off the rest of a value, in which quotes mean nothing any more.
func (p *parser) plain(b *strings.Builder) {
	kept := b.Len() // up to here white space is not at the end
	for p.text != "" && strings.IndexByte(newline, p.text[0]) < 0 {
		c := p.text[0]
		p.text = p.text[1:]
		if c != '\\' {
			b.WriteByte(c)
			if strings.IndexByte(space, c) < 0 {
				kept = b.Len()
			}
			continue
		}
		if p.text != "" {
			if strings.IndexByte(newline, p.text[0]) < 0 {
				b.WriteByte(p.text[0])
			}
			p.text = p.text[1:]
		}
		kept = b.Len()
	}
	value := b.String()[:kept]
	b.Reset()
	b.WriteString(value)
}

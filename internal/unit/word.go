package unit

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	errUnbalanced = errors.New("a quote is not closed")
	errEscape     = errors.New(`unknown escape sequence; a backslash itself is written \\`)
)

// cutWord takes the first word off a text, as systemd's extract_first_word. Quotes can stand
// anywhere in it and are removed; \n, \x41 and the like are decoded, and an unknown escape
// is kept as it is, or an error. At the end of the text found is false.
func cutWord(text string, keepUnknown bool) (word, rest string, found bool, err error) {
	text = strings.TrimLeft(text, whitespace)
	if text == "" {
		return "", "", false, nil
	}
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 == len(text):
			if !keepUnknown || quote != 0 {
				return "", "", false, errEscape
			}
			b.WriteByte(c)
		case c == '\\':
			decoded, size := unescape(text[i+1:])
			if size == 0 {
				if !keepUnknown {
					return "", "", false, errEscape
				}
				decoded, size = text[i:i+2], 1
			}
			b.WriteString(decoded)
			i += size
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			b.WriteByte(c)
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte(whitespace, c) >= 0:
			return b.String(), strings.TrimLeft(text[i:], whitespace), true, nil
		default:
			b.WriteByte(c)
		}
	}
	if quote != 0 {
		return "", "", false, errUnbalanced
	}
	return b.String(), "", true, nil
}

// unescape decodes what follows a backslash, as systemd's cunescape_one. The size is
// how much of the text it took, 0 for what is no escape sequence.
func unescape(text string) (decoded string, size int) {
	const plain, meaning = `abfnrtv\"'s`, "\a\b\f\n\r\t\v\\\"' "
	if i := strings.IndexByte(plain, text[0]); i >= 0 {
		return meaning[i : i+1], 1
	}
	digits, base, prefix := 0, 16, 1
	switch c := text[0]; {
	case c == 'x':
		digits = 2
	case c == 'u':
		digits = 4
	case c == 'U':
		digits = 8
	case '0' <= c && c <= '7':
		digits, base, prefix = 3, 8, 0
	default:
		return "", 0
	}
	if size = prefix + digits; len(text) < size {
		return "", 0
	}
	code, err := strconv.ParseUint(text[prefix:size], base, 32)
	if err != nil || code == 0 {
		return "", 0
	}
	if digits <= 3 { // a byte, not a character
		if code > 255 {
			return "", 0
		}
		return string([]byte{byte(code)}), size
	}
	if code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
		return "", 0
	}
	return string(rune(code)), size
}

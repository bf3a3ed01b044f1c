package unit

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// A command is one command line of ExecStart=, with its variables not yet expanded.
type command struct {
	path string
	args []string
	commandPrefixes
}

// commandPrefixes are the characters before the path, in the table of
// systemd.service(5), "Command lines".
type commandPrefixes struct {
	ignoreFailure bool // -
	ownName       bool // @
	literal       bool // :
	// privileged is "+", "!" or "!!". The last means nothing where the kernel has
	// ambient capabilities, since Linux 4.3.
	privileged string
}

// commandLines is the setter of ExecStart= and what is written like it: it adds the
// command lines of one assignment, as config_parse_exec in systemd's
// src/core/load-fragment.c does. With the prefix "-" what would refuse the service only
// loses the line.
func (d *draft) commandLines(commands *[]command) func(string) error {
	return func(text string) error {
		if text == "" {
			*commands = nil
			return nil
		}
		for more := true; more; {
			first, rest, found, err := d.commandWord(text)
			if err != nil || !found {
				return err
			}
			if text = rest; first == ";" {
				continue
			}
			var c command
			c.commandPrefixes, first = cutPrefixes(first)
			if text, more, err = d.command(&c, first, rest); err != nil {
				if c.ignoreFailure {
					return err
				}
				return unloadable{err}
			}
			*commands = append(*commands, c)
		}
		return nil
	}
}

// command completes c, whose first word, without its prefixes, is given. It returns
// what follows the command, and whether that is another command.
func (d *draft) command(c *command, first, text string) (rest string, more bool, err error) {
	if c.path, err = d.specifiers(first); err != nil {
		return "", false, err
	}
	if err := checkProgram(c.path); err != nil {
		return "", false, err
	}
	if !c.ownName {
		c.args = append(c.args, c.path)
	}
	if path.IsAbs(c.path) {
		c.path = simplify(c.path)
	}
	for {
		if after, ok := cutToken(text, ";"); ok {
			text, more = after, true
			break
		}
		if after, ok := cutToken(text, `\;`); ok {
			c.args, text = append(c.args, ";"), after
			continue
		}
		word, after, found, err := d.commandWord(text)
		if err != nil {
			return "", false, err
		}
		if !found {
			break
		}
		if word, err = d.specifiers(word); err != nil {
			return "", false, err
		}
		c.args, text = append(c.args, word), after
	}
	if len(c.args) == 0 || c.args[0] == "" {
		return "", false, errors.New("the prefix @ needs a name for the program after its path")
	}
	return text, more, nil
}

// cutToken takes a token off the text that stands unquoted and alone.
func cutToken(text, token string) (rest string, found bool) {
	rest, found = strings.CutPrefix(text, token)
	if !found || rest != "" && !isSpace(rune(rest[0])) {
		return text, false
	}
	return strings.TrimLeft(rest, whitespace), true
}

// commandWord cuts a word of a command line. An unknown escape stays as it is written.
func (d *draft) commandWord(text string) (word, rest string, found bool, err error) {
	word, rest, found, err = cutWord(text, false)
	if err == nil {
		return word, rest, found, nil
	}
	unknown := err
	if word, rest, found, err = cutWord(text, true); err == nil {
		d.warn(unknown)
	}
	return word, rest, found, err
}

func cutPrefixes(word string) (p commandPrefixes, rest string) {
	for ; word != ""; word = word[1:] {
		switch c := word[0]; {
		case c == '-' && !p.ignoreFailure:
			p.ignoreFailure = true
		case c == '@' && !p.ownName:
			p.ownName = true
		case c == ':' && !p.literal:
			p.literal = true
		case c == '+' && p.privileged == "", c == '!' && (p.privileged == "" || p.privileged == "!"):
			p.privileged += string(c)
		default:
			return p, word
		}
	}
	return p, ""
}

func checkProgram(name string) error {
	switch {
	case name == "":
		return errors.New("no command after the prefix")
	case name[0] == '|':
		return errors.New("the prefix | is of a systemd newer than 257, and not known here")
	case strings.ContainsFunc(name, isUnsafe):
		return errors.New("quotes, backslashes and control characters cannot be in a program's path")
	case strings.HasSuffix(name, "/"):
		return fmt.Errorf("%s is a directory, not a program", shown(name))
	case !path.IsAbs(name) && (strings.Contains(name, "/") || name == "." || name == ".."):
		return fmt.Errorf("%s is neither an absolute path nor a bare name of a program", shown(name))
	}
	return checkLength(name)
}

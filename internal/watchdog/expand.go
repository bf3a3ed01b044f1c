package watchdog

import "strings"

// Expand puts the values of variables into a command line, by the rules of
// systemd.service(5), "Command lines" (replace_env_argv in src/basic/env-util.c): a
// word that is $NAME becomes as many words as its value has, ${NAME} is replaced in
// place, $$ is a dollar, and anything else stays. The names without a value come back.
func Expand(args []string, value func(name string) (string, bool)) (expanded, unset []string) {
	lookup := func(name string) string {
		text, ok := value(name)
		if !ok {
			unset = append(unset, name)
		}
		return text
	}
	for _, arg := range args {
		whole := strings.HasPrefix(arg, "$") && !strings.HasPrefix(arg, "$$") && !strings.HasPrefix(arg, "${")
		if !whole {
			expanded = append(expanded, expandBraces(arg, lookup))
			continue
		}
		expanded = append(expanded, splitValue(lookup(arg[1:]))...)
	}
	return expanded, unset
}

// expandBraces replaces ${NAME} and $$. What the braces of a shell can do beyond that, such
// as ${NAME:-x}, stays as it is.
func expandBraces(text string, value func(name string) string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		text = after
		end := strings.IndexAny(after, ":}")
		if strings.HasPrefix(after, "{") && end > 0 && after[end] == '}' {
			b.WriteString(value(after[1:end]))
			text = after[end+1:]
			continue
		}
		b.WriteByte('$')
		text = strings.TrimPrefix(text, "$")
	}
}

// splitValue takes a value apart at white space. Quotes hold a word together, a backslash
// protects the character after it, and the end of the value closes a quote.
func splitValue(value string) (words []string) {
	const space = " \t\n\r"
	var word strings.Builder
	inWord, quote := false, byte(0)
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\':
			inWord = true
			if i++; i < len(value) {
				word.WriteByte(value[i])
			}
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(c)
		case c == '"' || c == '\'':
			inWord, quote = true, c
		case strings.IndexByte(space, c) < 0:
			inWord = true
			word.WriteByte(c)
		case inWord:
			words = append(words, word.String())
			word.Reset()
			inWord = false
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}

// variables looks names up in an environment.
func variables(env []string) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		for _, assignment := range env {
			if value, found := strings.CutPrefix(assignment, name+"="); found && name != "" {
				return value, true
			}
		}
		return "", false
	}
}

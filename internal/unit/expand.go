package unit

import "strings"

// expandVariables puts the values of variables into a command line, by the rules of
// systemd.service(5), "Command lines" (replace_env_argv in src/basic/env-util.c): a
// word that is $NAME becomes as many words as its value has, ${NAME} is replaced in
// place, $$ is a dollar, and anything else stays. The names without a value come back.
func expandVariables(args []string, value func(name string) (string, bool)) (expanded, unset []string) {
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
		for rest := lookup(arg[1:]); ; {
			// With these rules nothing is an error.
			word, after, found, _ := cutWord(rest, unbalanced)
			if !found {
				break
			}
			expanded, rest = append(expanded, word), after
		}
	}
	return expanded, unset
}

func expandBraces(text string, value func(name string) string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		text = after
		if name, rest, closed := strings.Cut(after, "}"); closed && strings.HasPrefix(name, "{") {
			b.WriteString(value(name[1:]))
			text = rest
			continue
		}
		b.WriteByte('$')
		text = strings.TrimPrefix(text, "$")
	}
}

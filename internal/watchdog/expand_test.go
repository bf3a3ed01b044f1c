package watchdog

import (
	"slices"
	"strings"
	"testing"
)

// Whatever the text: ${A} is the value, $A its words, and $$ a dollar.
func FuzzExpand(f *testing.F) {
	f.Add("a$$b ${A} $A ${A:-b} ${", "one 'two three' \\x \"four")
	f.Fuzz(func(t *testing.T, arg, value string) {
		lookup := func(name string) (string, bool) { return value, name == "A" }
		expand := func(arg string) []string {
			expanded, unset := Expand([]string{arg}, lookup)
			if len(unset) > 0 {
				t.Fatalf("%q: unset %q", arg, unset)
			}
			return expanded
		}
		Expand([]string{arg}, lookup)
		if got := expand(strings.ReplaceAll(arg, "$", "$$")); !slices.Equal(got, []string{arg}) {
			t.Errorf("%q, escaped, becomes %q", arg, got)
		}
		if got := expand("${A}"); !slices.Equal(got, []string{value}) {
			t.Errorf("${A} of %q becomes %q", value, got)
		}
		var quoted strings.Builder
		words := expand("$A")
		for _, word := range words {
			quoted.WriteString(` "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`)
		}
		whole := value
		if value = quoted.String(); !slices.Equal(expand("$A"), words) {
			t.Errorf("the words of %q are %q, and of %q %q", whole, words, value, expand("$A"))
		}
	})
}

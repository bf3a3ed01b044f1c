package watchdog

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCompose(t *testing.T) {
	t.Parallel()
	words := strings.Fields
	tests := []struct {
		name                             string
		identity, own, files, run, unset string
		want                             string
	}{
		{"the later counts more", "A=1 B=1 C=1 D=1", "B=2 C=2 D=2", "C=3 D=3", "D=4", "", "A=1 B=2 C=3 D=4"},
		{"a name is unset, whoever set it", "A=1 B=1", "C=2", "D=3", "E=4", "A C D E", "B=1"},
		{"with a value, only if it has that value", "", "A=1 B=1", "", "", "A=1 B=2", "B=1"},
		{"names are compared whole", "", "AB=1 A=1", "", "", "A", "AB=1"},
	}
	for _, tt := range tests {
		s := Service{Environment: words(tt.own), UnsetEnvironment: words(tt.unset)}
		if got := s.compose(words(tt.identity), words(tt.files), words(tt.run)); !slices.Equal(got, words(tt.want)) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	env := []string{"ONE=1", "TWO=a  'b c' \\d", "EMPTY=", "OPEN='a b"}
	tests := []struct {
		name        string
		arg         string
		want, unset []string
	}{
		{"a word is split as its value is written", "$TWO", []string{"a", "b c", "d"}, nil},
		{"the end of a value closes its quotes", "$OPEN", []string{"a b"}, nil},
		{"in braces it is not", "${TWO}", []string{"a  'b c' \\d"}, nil},
		{"braces can stand anywhere", "x${ONE}${ONE}y", []string{"x11y"}, nil},
		{"an empty value is no word, or an empty one", "$EMPTY", nil, nil},
		{"what is not set is empty", "-${NOPE}-", []string{"--"}, []string{"NOPE"}},
		{"and no word", "$NOPE", nil, []string{"NOPE"}},
		{"a shell's braces are not known", "${ONE:-2}${ONE:+3}", []string{"${ONE:-2}${ONE:+3}"}, nil},
		{"nor is what is not closed", "${ONE", []string{"${ONE"}, nil},
		{"a dollar is doubled", "$$ONE $${ONE} $", []string{"$ONE ${ONE} $"}, nil},
	}
	for _, tt := range tests {
		c := Command{Path: "/x", Args: []string{"x", tt.arg}, Expand: true}
		args, unset := c.arguments(env)
		if want := append([]string{"x"}, tt.want...); !slices.Equal(args, want) || !slices.Equal(unset, tt.unset) {
			t.Errorf("%s: %q, unset %q; want %q", tt.name, args, unset, want)
		}
		c.Expand = false
		if args, _ := c.arguments(env); !slices.Equal(args, c.Args) {
			t.Errorf("literal: %q", args)
		}
	}
	c := Command{Path: "/x", Args: []string{"$EMPTY"}, Expand: true}
	if args, _ := c.arguments(env); !slices.Equal(args, []string{"/x"}) {
		t.Errorf("a program needs a name: %q", args)
	}
}

func TestLookUpProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"a/x": 0o600, "b/x": 0o700} {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	places := []string{dir + "/none", dir + "/a", dir + "/b"}
	for name, want := range map[string]string{
		"x": dir + "/b/x", "y": dir + "/none/y", "/x": "/x",
	} {
		if got := LookUpProgram(name, places); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if got := LookUpProgram("no-such-program-anywhere", nil); got != "/usr/local/sbin/no-such-program-anywhere" {
		t.Errorf("without directories: %s", got)
	}
	if _, err := os.Stat(LookUpProgram("sh", nil)); err != nil {
		t.Error(err)
	}
}

package envfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"an assignment in each line", "A=1\nB=2", []string{"A=1", "B=2"}},
		{"white space round name and value does not count", "  A\t =  1 2\t \n", []string{"A=1 2"}},
		{"an empty value", "A=\nB=\"\"\nC=''", []string{"A=", "B=", "C="}},
		{"the later assignment stays, in the first place", "A=1\nB=2\nA=3", []string{"A=3", "B=2"}},
		{"a line without = is ignored", "A\nB=1\nC", []string{"B=1"}},
		{"a name can begin with anything", "=A=1\n.B=2", []string{"=A=1", ".B=2"}},
		{"export is part of the name", "export A=1", []string{"export A=1"}},
		{"a comment", "#A=1\n ; B=2\nC=3 # 4", []string{"C=3 # 4"}},
		{"a backslash at the end of a comment is nothing (since 254)", "# A \\\nB=1", []string{"B=1"}},
		{"CR ends a line, too", "A=1\r\nB=2\rC=3", []string{"A=1", "B=2", "C=3"}},
		{"an equals sign in a value", "A=b=c", []string{"A=b=c"}},

		{"single quotes hold everything", `A='$B "x" \n '`, []string{`A=$B "x" \n `}},
		{"also a line end", "A='1\n2'\nB=3", []string{"A=1\n2", "B=3"}},
		{"double quotes too", "A=\"1\n2\"", []string{"A=1\n2"}},
		{"in them a backslash protects what a shell would", `A="\" \\ \$ \` + "\\`" + ` \n"`, []string{`A=" \ $ \` + "`" + ` \n`}},
		{"and a line end is taken out", "A=\"1\\\n2\"", []string{"A=12"}},
		{"quotes join, and white space between them is lost", `A="1" '2' 3`, []string{"A=123"}},
		{"inside of a plain value they are characters", `A=1"2"'3'`, []string{`A=1"2"'3'`}},
		{"quotes that are not closed end with the file", "A='1\nB=2", []string{"A=1\nB=2"}},
		{"double ones, too", `A="1\`, []string{"A=1"}},

		{"a backslash keeps the next character", `A=\"1\' \2`, []string{`A="1' 2`}},
		{"and a line end goes on", "A=1 \\\n  2\nB=3", []string{"A=1   2", "B=3"}},
		{"white space that is escaped stays", `A=1\ ` + "\nB=2", []string{"A=1 ", "B=2"}},
		{"a backslash at the end of the file", `A=1 \`, []string{"A=1 "}},
		{"a variable is not expanded", "A=1\nB=$A ${A}", []string{"A=1", "B=$A ${A}"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, err := Parse(tt.text); !slices.Equal(got, tt.want) || err != nil {
				t.Errorf("Parse(%q) = %q, %v, want %q", tt.text, got, err, tt.want)
			}
		})
	}
	for text, want := range map[string]string{
		"A=1\nB=\xff\n": `line 2: the value of "B" is not UTF-8`,
		"A=1\nB\x00=1":  "line 2: a NUL byte",
	} {
		if _, err := Parse(text); err == nil || err.Error() != want {
			t.Errorf("Parse(%q): error %v, want %s", text, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for file, text := range map[string]string{
		"a.env": "A=1\nB=1\nexport C=1\n", "b.env": "B=2\n", ".c.env": "B=3\n", "[x": "X=1\n", "bad": "A=\xff\n",
		"sub/1/e": "S=1\n", "sub/2/e": "S=2\n",
	} {
		path := filepath.Join(dir, file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ pattern, want, err string }{
		{"/a.env", "A=1 B=1", ""},
		{"/*.env", "A=1 B=2", ""},
		{"/.*.env", "B=3", ""},
		{"/[!a].env", "B=2", ""},
		{"/[x", "X=1", ""},
		{"/sub/*/e", "S=2", ""},
		{"/none", "", "/none: file does not exist"},
		{"/none*", "", "/none*: file does not exist"},
		{"/bad", "", `/bad: line 1: the value of "A" is not UTF-8`},
		{"/sub", "", "/sub: a directory, not a file of variables"},
		{"/fifo", "", "/fifo: not a regular file"},
	}
	for _, tt := range tests {
		got, ignored, err := Load(dir + tt.pattern)
		said := ""
		if err != nil {
			said = strings.ReplaceAll(strings.TrimPrefix(err.Error(), dir), syscall.ENOENT.Error(), fs.ErrNotExist.Error())
		}
		if strings.Join(got, " ") != tt.want || said != tt.err || errors.Is(err, fs.ErrNotExist) != strings.Contains(tt.err, "exist") {
			t.Errorf("Load(%s) = %q, %v", tt.pattern, got, err)
		}
		if strings.HasPrefix(tt.pattern, "/a") && !slices.Equal(ignored, []string{"export C"}) {
			t.Errorf("ignored %q", ignored)
		}
	}
	if got, _, err := Load(os.DevNull); got != nil || err != nil {
		t.Errorf("Load(%s) = %q, %v", os.DevNull, got, err)
	}
}

// Whatever the text, what was read is read back as the same from a file in quotes.
func FuzzParse(f *testing.F) {
	f.Add("# comment\nA=1\n B = 'x y' \"\\$z\" \\\n tail \r\nexport C=d\n")
	f.Add("A=\"1\\\n2\"'3\n")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := Parse(text)
		if err != nil {
			return
		}
		var b strings.Builder
		for _, assignment := range read {
			name, value, found := strings.Cut(assignment[1:], "=") // a name can begin with =
			if !found && assignment[0] != '=' || strings.ContainsAny(name, "\n\r\x00") {
				t.Fatalf("%q gives %q", text, assignment)
			}
			b.WriteString(assignment[:1] + name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(value) + "\"\n")
		}
		again, err := Parse(b.String())
		if !slices.Equal(again, read) || err != nil {
			t.Errorf("%q is %q, written %q, read back %q, %v", text, read, b.String(), again, err)
		}
	})
}

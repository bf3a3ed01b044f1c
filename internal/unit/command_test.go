package unit

import (
	"errors"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"holdfast/internal/watchdog"
)

func mustLoad(t *testing.T, name, lines string) watchdog.Service {
	t.Helper()
	loaded, err := Load(writeFile(t, name+".service", "[Service]\n"+lines+"\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Service
}

func TestExecStart(t *testing.T) {
	t.Parallel()
	const environment = `Environment=ONE=1 "TWO=a  b" "QUOTED='a b' c" EMPTY=` + "\n"
	tests := []struct {
		name string
		line string
		want []string
	}{
		// Quoting.
		{"words are split at white space", "/bin/x  a\tb ", []string{"/bin/x", "a", "b"}},
		{"both quotes hold a word together", `/bin/x "a b" 'c d'`, []string{"/bin/x", "a b", "c d"}},
		{"quotes can stand inside a word", `/bin/x a"b c"d`, []string{"/bin/x", "ab cd"}},
		{"quotes protect each other", `/bin/x "it's" '"'`, []string{"/bin/x", "it's", `"`}},
		{"an empty word is a word", `/bin/x "" ''`, []string{"/bin/x", "", ""}},
		{"the escapes of C", `/bin/x \a\b\f\n\r\t\v\\\"\'`, []string{"/bin/x", "\a\b\f\n\r\t\v\\\"'"}},
		{"a space has one too", `/bin/x a\sb`, []string{"/bin/x", "a b"}},
		{"bytes in hexadecimal and octal", `/bin/x \x41\101\xc3\xa9`, []string{"/bin/x", "AAé"}},
		{"characters", `/bin/x \u00e9\U0001F512`, []string{"/bin/x", "é🔒"}},
		{"escapes work in both quotes", `/bin/x "\x41" '\x41'`, []string{"/bin/x", "A", "A"}},
		{"an unknown escape stays", `/bin/x \q\x41`, []string{"/bin/x", `\qA`}},
		{"NUL, half a number and what is no character stay", `/bin/x \x00 \x4 \777 \ud800`, []string{"/bin/x", `\x00`, `\x4`, `\777`, `\ud800`}},
		{"a backslash at the end", `/bin/x a\\`, []string{"/bin/x", `a\`}},
		{"a comment sign is a word like any", `/bin/x # ;x`, []string{"/bin/x", "#", ";x"}},
		{"an escaped semicolon", `/bin/x a \; b`, []string{"/bin/x", "a", ";", "b"}},
		{"a quoted semicolon", `/bin/x a ";" b`, []string{"/bin/x", "a", ";", "b"}},
		{"a semicolon before and after", `; /bin/x a ;`, []string{"/bin/x", "a"}},

		// Prefixes.
		{"@ names the program", "@/bin/x name a", []string{"name", "a"}},
		{"prefixes in any order", "@-/bin/x name", []string{"name"}},
		{": keeps variables", ":/bin/x $ONE ${ONE} $$", []string{"/bin/x", "$ONE", "${ONE}", "$$"}},
		{"privileges without a User=", "+/bin/x", []string{"/bin/x"}},
		{"the first argument is the path as written", "/bin//x", []string{"/bin//x"}},

		// Variables.
		{"a whole word is split", "/bin/x $TWO", []string{"/bin/x", "a", "b"}},
		{"even in quotes", `/bin/x "$TWO"`, []string{"/bin/x", "a", "b"}},
		{"quotes in the value count", "/bin/x $QUOTED", []string{"/bin/x", "a b", "c"}},
		{"braces never split", "/bin/x ${TWO} x${ONE}y${ONE}", []string{"/bin/x", "a  b", "x1y1"}},
		{"an empty value is no word, or an empty one", "/bin/x $EMPTY ${EMPTY}", []string{"/bin/x", ""}},
		{"a word that begins with $ is a name as a whole", "/bin/x $ONE.suffix", []string{"/bin/x"}},
		{"inside a word only braces count", "/bin/x a$ONE", []string{"/bin/x", "a$ONE"}},
		{"$$ is a dollar", "/bin/x $$ONE $${ONE} a$$b", []string{"/bin/x", "$ONE", "${ONE}", "a$b"}},
		{"a brace that is not closed", "/bin/x ${ONE a$", []string{"/bin/x", "${ONE", "a$"}},
		{"no variable is in the path", "/bin/${ONE}", []string{"/bin/1"}},

		// Specifiers.
		{"the name, whole and in parts", "/bin/x %n %N %p %P %i %I %j %J %f",
			[]string{"/bin/x", "my-web@a-b.service", "my-web@a-b", "my-web", "my/web", "a-b", "a/b", "web", "web", "/a/b"}},
		{"a percent sign", "/bin/x 100%% 5% %. %%n", []string{"/bin/x", "100%", "5%", "%.", "%n"}},
		{"specifiers before variables", "/bin/x ${%i}", []string{"/bin/x", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			service := mustLoad(t, "my-web@a-b", environment+"ExecStart="+tt.line)
			command := service.Exec
			args := command.Args
			if command.Expand { // as it is done at each start
				args, _ = watchdog.Expand(args, func(name string) (string, bool) {
					for _, assignment := range service.Environment {
						if value, found := strings.CutPrefix(assignment, name+"="); found {
							return value, true
						}
					}
					return "", false
				})
			}
			if !slices.Equal(args, tt.want) {
				t.Errorf("args %q, want %q", args, tt.want)
			}
			if want := !strings.Contains(tt.line, "-/"); command.IgnoreFailure == want {
				t.Errorf("IgnoreFailure is %v", command.IgnoreFailure)
			}
		})
	}
}

func TestProgram(t *testing.T) {
	t.Parallel()
	tests := []struct{ line, want string }{
		{"/bin//./x/../y", "/bin/x/../y"}, // x may be a symbolic link
		{"/bin/${HOME}", "/bin/${HOME}"},
		{"/bin/a%%b", "/bin/a%b"},
		{`"/opt/my web/run"`, "/opt/my web/run"},
		{"no-such-program-anywhere", "no-such-program-anywhere"}, // looked up at each start
	}
	for _, tt := range tests {
		if got := mustLoad(t, "web", "ExecStart="+tt.line).Exec.Path; got != tt.want {
			t.Errorf("%s: path %q, want %q", tt.line, got, tt.want)
		}
	}
}

func TestPrefixes(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]watchdog.Command{
		"/x":     {Expand: true},
		":/x":    {},
		"-/x":    {Expand: true, IgnoreFailure: true},
		"+/x":    {Expand: true, Privileges: watchdog.FullPrivileges},
		"!-:/x":  {IgnoreFailure: true, Privileges: watchdog.OwnUser},
		"!!/x":   {Expand: true}, // as without: the kernel has ambient capabilities
		"@+/x n": {Expand: true, Privileges: watchdog.FullPrivileges},
	} {
		got := mustLoad(t, "web", "User=nobody\nExecStart="+line).Exec
		if got.Path != "/x" {
			t.Errorf("%s: path %s", line, got.Path)
		}
		if got.Path, got.Args = "", nil; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", line, got, want)
		}
	}
}

// What the host says must come out as something, and never as an error.
func TestSpecifiersOfTheHost(t *testing.T) {
	t.Parallel()
	host, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	short, _, _ := strings.Cut(host, ".")
	service := mustLoad(t, "web", "ExecStart=/bin/x %H %l %t %S %C %E %L %D %d %T %V %U %G %u %g %h %s %q %b %v %a %y %Y")
	args := service.Exec.Args[1:]
	if args[0] != host || args[1] != short {
		t.Errorf("%%H %%l are %q", args[:2])
	}
	if os.Getuid() == 0 {
		want := []string{"/run", "/var/lib", "/var/cache", "/etc", "/var/log", "/usr/share", "/run/credentials/web.service"}
		if !slices.Equal(args[2:9], want) {
			t.Errorf("root's directories are %q, want %q", args[2:9], want)
		}
	}
	if slices.Contains(args, "") || args[len(args)-2] != service.Source {
		t.Errorf("specifiers %q", args)
	}
	if _, err := os.Stat("/etc/os-release"); err == nil {
		mustLoad(t, "web", "ExecStart=/bin/x %A %B %M %o %w %W") // each may be empty
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "os-release", "ID=debian\nVERSION_ID=\"12\"\n")
	for name, want := range map[string]string{"ID": "debian", "VERSION_ID": "12", "IMAGE_ID": ""} {
		if got, err := fact(name, file+".none", file); got != want || err != nil {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
	if _, err := fact("ID", file+".none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without the file: %v", err)
	}
	for machine, want := range map[string]string{
		"x86_64": "x86-64", "i686": "x86", "aarch64": "arm64", "arm64": "arm64", "armv7l": "arm", "armv7b": "arm-be",
		"riscv64": "riscv64", "ppc64le": "ppc64-le", "amd64": "x86-64",
	} {
		if got := architecture(machine); got != want {
			t.Errorf("%s is %s, want %s", machine, got, want)
		}
	}
}

// The verdicts are those of systemd 252.
func TestSpecifiersOfInstances(t *testing.T) {
	t.Parallel()
	const none = "none"
	for instance, want := range map[string][2]string{ // %I and %f
		"a": {"a", "/a"}, "a-b": {"a/b", "/a/b"}, `a\x2db`: {"a-b", "/a-b"}, `a\x2fb`: {"a/b", "/a/b"}, "-": {"/", "/"},
		"a--b": {"a//b", none}, "-a": {"/a", none}, "a-": {"a/", none}, "..-a": {"../a", none}, ".": {".", none},
		`a\x2`: {none, none}, `a\zb`: {none, none}, `a\x00`: {none, none}, `caf\xc3\xa9`: {"café", "/café"},
	} {
		for i, specifier := range []string{"%I", "%f"} {
			d := newDraft(watchdog.Service{Name: "web@" + instance})
			got, err := d.specifiers(specifier)
			if err != nil {
				got = none
			}
			if got != want[i] {
				t.Errorf("%s of %s is %q, %v, want %q", specifier, instance, got, err, want[i])
			}
		}
	}
}

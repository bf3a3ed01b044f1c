package unit

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree makes a directory of files; a text that begins with -> is a link.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, isLink := strings.CutPrefix(text, "-> "); isLink {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// find loads what is found under a name, with the paths below root alone.
func find(t *testing.T, root, name string) (Loaded, string) {
	t.Helper()
	path, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range loaded.Service.DropIns {
		loaded.Service.DropIns[i], _ = filepath.Rel(root, loaded.Service.DropIns[i])
	}
	source, _ := filepath.Rel(root, loaded.Service.Source)
	return loaded, source
}

// The order was seen on systemd 252: of all these files with the same name it reads the
// first; after that is removed, the second; and so on.
func TestDropInDirectories(t *testing.T) {
	t.Parallel()
	var want []string
	for _, place := range []string{"/a/", "/b/"} {
		for _, level := range []string{
			"web-a-b@1", "web-a-b@", "web-a-", "web-", "web-a-@1", "web-a-@", "web-@1", "web-@",
		} {
			want = append(want, place+level+".service.d")
		}
	}
	want = append(want, "/a/service.d", "/b/service.d")
	if got := dropInDirectories("web-a-b@1", []string{"/a", "/b"}); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for name, want := range map[string][]string{
		"web": {"web"}, "a-b": {"a-b", "a-"}, "a-": {"a-"}, "a-b-": {"a-b-", "a-"}, "a--b": {"a--b", "a--", "a-"},
	} {
		if got := levels(name); !slices.Equal(got, want) {
			t.Errorf("levels(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestDropIns(t *testing.T) {
	const service = "[Service]\nExecStart=/bin/true\n"
	description := func(text string) string { return "[Unit]\nDescription=" + text + "\n" }
	root := tree(t, map[string]string{
		"one/web-b.service":              service + "Environment=A=1\nRestart=no\n",
		"two/web-b.service.d/20-x.conf":  description("two"),
		"one/web-b.service.d/10.conf":    "[Service]\nEnvironment=B=2\nRestart=always\n",
		"two/web-b.service.d/10.conf":    "[Service]\nEnvironment=C=3\n", // hidden by the one above
		"two/web-.service.d/30.conf":     "[Service]\nEnvironment=\nEnvironment=D=%n\n",
		"two/service.d/05.conf":          description("every"),
		"one/web-b.service.d/.40.conf":   description("hidden"),
		"one/web-b.service.d/40.conf~":   description("no drop-in"),
		"one/web-b.service.d/50.conf":    "-> /dev/null",
		"two/web-b.service.d/50.conf":    description("masked"),
		"one/web-b.service.d/60.conf/x":  "a directory",
		"two/alias.service":              "-> ../one/web-b.service",
		"two/alias.service.d/70.conf":    "[Service]\nRestartSec=7\n",
		"two/foreign.service":            "-> elsewhere.service",
		"two/foreign.service.d/80.conf":  description("another service's"),
		"one/web@.service":               service + "Environment=I=%i\n",
		"one/web@.service.d/10.conf":     "[Service]\nEnvironment=T=%i\n",
		"two/web@1.service.d/20.conf":    "[Service]\nEnvironment=J=%i\n",
		"two/web@2.service":              service,
		"two/other@.service":             "-> ../one/web@.service",
		"two/three@3.service":            "-> web@.service",
		"two/own.service":                "-> ../out/outside.service",
		"out/outside.service":            service + "Description=%n\n",
		"one/masked.service":             "-> /dev/null",
		"two/masked.service":             service,
		"one/refused.service":            "-> web@.service",
		"two/refused.service":            service,
		"one/loop.service":               "-> loop.service",
		"one/same.service":               "-> ../two/same.service",
		"two/same.service":               service,
		"two/chain.service":              "-> alias.service",
		"one/first.service":              "-> gone.service",
		"two/first.service":              service,
		"out/beside.service":             service,
		"out/beside.service.d/x.conf":    description("beside"),
		"out/blue.service":               "-> beside.service",
		"out/t@.service":                 service,
		"one/broken.service":             service,
		"one/broken.service.d/10.conf":   "[Service]\nEnvironment=A=1\nExecStart=\nExecStart=a/b\nEnvironment=B=1\n",
		"one/broken.service.d/20.conf":   "[Service]\nExecStart=/bin/false\nEnvironment=C=\xff\nEnvironment=D=1\n",
		"one/broken.service.d/30.conf":   "[Service\nEnvironment=E=1\n",
		"one/broken.service.d/40.conf":   "-> 40.conf",
		"one/broken.service.d/50.conf":   "-> nowhere",
		"one/broken-.service.d":          "-> broken-.service.d",
		"one/broken-x.service":           service,
		"one/broken-x.service.d/10.conf": "Restart=always\n",
	})
	t.Setenv("HOLDFAST_UNIT_PATH", root+"/one:"+root+"/two")

	t.Run("they are read by file name, and change what came before", func(t *testing.T) {
		loaded, _ := find(t, root, "web-b")
		s := loaded.Service
		want := []string{"two/service.d/05.conf", "one/web-b.service.d/10.conf", "two/web-b.service.d/20-x.conf",
			"two/web-.service.d/30.conf", "two/alias.service.d/70.conf"}
		if !slices.Equal(s.DropIns, want) {
			t.Errorf("drop-ins %q, want %q", s.DropIns, want)
		}
		if s.Description != "two" || s.Policy.Restart != "always" || s.Environment[len(s.Environment)-1] != "D=web-b.service" || len(s.Environment) != 2 {
			t.Errorf("got %+v", s)
		}
		if len(loaded.Problems) > 0 {
			t.Errorf("problems %v", loaded.Problems)
		}
		if last := loaded.Settings[len(loaded.Settings)-1]; last.File != root+"/two/alias.service.d/70.conf" || last.Line != 2 {
			t.Errorf("the last setting is at %s:%d", last.File, last.Line)
		}
	})

	tests := []struct{ name, service, source, dropIns string }{
		{"alias", "web-b", "one/web-b.service", "5"},
		{"alias.service", "web-b", "one/web-b.service", "5"},
		{"chain", "web-b", "one/web-b.service", "5"},
		{"web@1", "web@1", "one/web@.service", "one/web@.service.d/10.conf two/web@1.service.d/20.conf"},
		{"web@2", "web@2", "two/web@2.service", "one/web@.service.d/10.conf"},
		{"other@1", "web@1", "one/web@.service", "one/web@.service.d/10.conf two/web@1.service.d/20.conf"},
		{"own", "own", "two/own.service", ""},
		{"refused", "refused", "two/refused.service", ""},
		{"same", "same", "one/same.service", ""},
		{"first", "first", "two/first.service", ""},
		{root + "/out/beside.service", "beside", "out/beside.service", "out/beside.service.d/x.conf"},
		{root + "/out/blue.service", "blue", "out/blue.service", ""},
		{root + "/out/t@x.service", "t@x", "out/t@.service", ""},
		{root + "/two/alias.service", "web-b", "one/web-b.service", "5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			loaded, source := find(t, root, tt.name)
			want := slices.DeleteFunc(strings.Fields(tt.dropIns), func(s string) bool { return s == "5" })
			got := slices.DeleteFunc(loaded.Service.DropIns, func(s string) bool { return s == "two/service.d/05.conf" })
			if loaded.Service.Name != tt.service || source != tt.source || tt.dropIns != "5" && !slices.Equal(got, want) || tt.dropIns == "5" && len(got) != 4 {
				t.Errorf("%s from %s with %q; want %+v", loaded.Service.Name, source, got, tt)
			}
		})
	}

	t.Run("a masked service stays masked", func(t *testing.T) {
		path, err := Find("masked")
		if err == nil {
			_, err = Load(path, Options{})
		}
		if want := root + "/one/masked.service: the service is masked (the file is empty, or a link to /dev/null)"; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	})

	t.Run("a loop of links is an error", func(t *testing.T) {
		if _, err := Find("loop"); err == nil || !strings.Contains(err.Error(), "loop.service: too many levels of symbolic links") {
			t.Errorf("error %v", err)
		}
	})

	t.Run("a bad drop-in is left where it goes wrong", func(t *testing.T) {
		loaded, _ := find(t, root, "broken")
		dir := root + "/one/broken.service.d/"
		want := []string{
			dir + "10.conf:4: ExecStart=a/b: a/b is neither an absolute path nor a bare name of a program; the rest of this drop-in is ignored",
			dir + `20.conf:3: not UTF-8: "Environment=C=\xff"; the rest of this drop-in is ignored`,
			dir + "30.conf:1: [Service is no section header; write [Service] alone on its line; the rest of this drop-in is ignored",
			dir + "40.conf: this drop-in is ignored: too many levels of symbolic links",
			dir + "50.conf: this drop-in is ignored: no such file or directory",
		}
		var got []string
		for _, problem := range loaded.Problems {
			got = append(got, problem.Error())
		}
		if !slices.Equal(got, want) {
			t.Errorf("problems:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if s := loaded.Service; s.Exec.Path != "/bin/false" || !slices.Equal(s.Environment[1:], []string{"A=1"}) {
			t.Errorf("got %+v", s)
		}
	})

	t.Run("a directory of drop-ins that cannot be read is told", func(t *testing.T) {
		loaded, _ := find(t, root, "broken-x")
		want := []string{
			root + "/one/broken-.service.d: no drop-in in it is read: too many levels of symbolic links",
			root + "/one/broken-x.service.d/10.conf:1: an assignment before the first section header is ignored: Restart=always",
		}
		for i, problem := range loaded.Problems {
			if problem.Error() != want[i] {
				t.Errorf("problem %q, want %q", problem, want[i])
			}
		}
		if len(loaded.Problems) != len(want) {
			t.Errorf("problems %v", loaded.Problems)
		}
	})

	t.Run("no file says where it was looked for", func(t *testing.T) {
		if _, err := Find("gone@1"); err == nil || !strings.HasPrefix(err.Error(), "no gone@1.service or gone@.service in "+root+"/one, ") {
			t.Errorf("error %v", err)
		}
	})
}

package state

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	tests := []struct {
		name string
		want string // part of the error; "" when the name is good
	}{
		{"web", ""},
		{"web@1", ""},
		{`a:b-c_d.e\x2f`, ""},
		{"", "is empty"},
		{".", "begins with '.'"},
		{"..", "begins with '.'"},
		{"-n", "begins with '-'"},
		{"a/b", "contains '/'"},
		{"../web", "begins with '.'"},
		{"a b", "contains ' '"},
		{"a\nb", `contains '\n'`},
		{"a\x00b", `contains '\x00'`},
		{"wéb", "contains 'é'"},
		{strings.Repeat("a", 256), "longer than 255"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := checkName(tt.name)
			if tt.want == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestRoots(t *testing.T) {
	working, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name          string
		uid           int
		env           map[string]string
		runtime, logs string
	}{
		{"root ignores the login session", 0, map[string]string{"XDG_RUNTIME_DIR": "/run/user/0", "XDG_STATE_HOME": "/s", "HOME": "/root"},
			systemRuntime + "/holdfast", "/var/log/holdfast"},
		{"a user has the session's directories", 7, map[string]string{"XDG_RUNTIME_DIR": "/run/user/7", "XDG_STATE_HOME": "/s", "HOME": "/h"},
			"/run/user/7/holdfast", "/s/holdfast"},
		{"the default of XDG_STATE_HOME", 7, map[string]string{"XDG_RUNTIME_DIR": "/r", "HOME": "/h"},
			"/r/holdfast", "/h/.local/state/holdfast"},
		{"a relative XDG_STATE_HOME is ignored", 7, map[string]string{"XDG_RUNTIME_DIR": "/r", "XDG_STATE_HOME": "s", "HOME": "/h"},
			"/r/holdfast", "/h/.local/state/holdfast"},
		{"ours override for a user", 7, map[string]string{"HOLDFAST_RUNTIME_DIR": "/a", "HOLDFAST_LOG_DIR": "/b", "XDG_RUNTIME_DIR": "/r"}, "/a", "/b"},
		{"ours override for root", 0, map[string]string{"HOLDFAST_RUNTIME_DIR": "/a/", "HOLDFAST_LOG_DIR": "/b"}, "/a", "/b"},
		{"relative ones are made absolute", 7, map[string]string{"HOLDFAST_RUNTIME_DIR": "a", "HOLDFAST_LOG_DIR": "../b"},
			filepath.Join(working, "a"), filepath.Join(working, "../b")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			getenv := func(name string) string { return tt.env[name] }
			if got, err := runtimeRoot(tt.uid, getenv); got != tt.runtime || err != nil {
				t.Errorf("runtimeRoot = %q, %v; want %q", got, err, tt.runtime)
			}
			if got, err := logRoot(tt.uid, getenv); got != tt.logs || err != nil {
				t.Errorf("logRoot = %q, %v; want %q", got, err, tt.logs)
			}
		})
	}
	if _, err := logRoot(7, func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), "set HOME or HOLDFAST_LOG_DIR") {
		t.Errorf("without HOME: %v", err)
	}
}

func TestWithoutSession(t *testing.T) {
	uid := os.Geteuid()
	dir := func(t *testing.T, path ...string) string {
		t.Helper()
		full := filepath.Join(path...)
		if err := os.MkdirAll(full, 0o700); err != nil {
			t.Fatal(err)
		}
		return full
	}
	t.Run("the directory that a login would have named", func(t *testing.T) {
		run := t.TempDir()
		dir(t, run, "systemd/seats")
		want := filepath.Join(dir(t, run, "user/7"), "holdfast")
		if got, err := withoutSession(7, run, t.TempDir()); got != want || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	})
	t.Run("an error where logind runs and this user is not logged in", func(t *testing.T) {
		run := t.TempDir()
		dir(t, run, "systemd/seats")
		got, err := withoutSession(7, run, t.TempDir())
		if err == nil || !strings.Contains(err.Error(), "loginctl enable-linger") {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("a directory in /tmp on a host without logind", func(t *testing.T) {
		shared := t.TempDir()
		want := sharedRoot(shared, uid)
		for range 2 { // not there yet, and there
			if got, err := withoutSession(uid, "/nowhere", shared); got != want || err != nil {
				t.Errorf("got %q, %v; want %q", got, err, want)
			}
			dir(t, want)
		}
	})
	t.Run("which somebody else made first", func(t *testing.T) {
		shared := t.TempDir()
		dir(t, sharedRoot(shared, uid+1))
		got, err := withoutSession(uid+1, "/nowhere", shared)
		if err == nil || !strings.Contains(err.Error(), "not to you") {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("or put a symbolic link in the place of", func(t *testing.T) {
		shared := t.TempDir()
		if err := os.Symlink(t.TempDir(), sharedRoot(shared, uid)); err != nil {
			t.Fatal(err)
		}
		got, err := withoutSession(uid, "/nowhere", shared)
		if err == nil || !strings.Contains(err.Error(), "is a symbolic link") {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// locate gives the test a place of its own, through the environment.
func locate(t *testing.T, name string) Dir {
	t.Helper()
	root := t.TempDir()
	t.Setenv(runtimeVariable, filepath.Join(root, "run"))
	t.Setenv(logVariable, filepath.Join(root, "log"))
	dir, err := Locate(name)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLocateCreatesNothing(t *testing.T) {
	if _, err := Locate("a/b"); err == nil || !strings.Contains(err.Error(), `service name "a/b": contains '/'`) {
		t.Errorf("a bad name: %v", err)
	}
	dir := locate(t, "web")
	for _, path := range []string{filepath.Dir(dir.Runtime), filepath.Dir(dir.Log)} {
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if names, err := List(); len(names) != 0 || err != nil {
		t.Errorf("List = %q, %v", names, err)
	}
}

func TestListNamesServicesWithAState(t *testing.T) {
	dir := locate(t, "web")
	root := filepath.Dir(dir.Runtime)
	for _, name := range []string{"web", "db@2", "app", "no-state", ".hidden"} {
		service := Dir{Name: name, Runtime: filepath.Join(root, name), Log: dir.Log}
		if err := service.Create(); err != nil {
			t.Fatal(err)
		}
		if name == "no-state" {
			continue
		}
		if err := Save(service.StateFile(), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	names, err := List()
	if want := []string{"app", "db@2", "web"}; !slices.Equal(names, want) || err != nil {
		t.Errorf("List = %q, %v; want %q", names, err, want)
	}
}

func TestSettle(t *testing.T) {
	home, other := t.TempDir(), t.TempDir()
	link := filepath.Join(other, "current")
	if err := os.Symlink(home, link); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name         string
		runtime, log string // what the variables say before
		override     bool
		want         Dir
	}{
		{"below the home that the link leads to", "", "", false,
			Dir{"web", filepath.Join(home, "run/web"), filepath.Join(home, "log/web")}},
		{"a variable counts more", other, "", false,
			Dir{"web", filepath.Join(other, "web"), filepath.Join(home, "log/web")}},
		{"but not more than --root", other, other, true,
			Dir{"web", filepath.Join(home, "run/web"), filepath.Join(home, "log/web")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(runtimeVariable, tt.runtime)
			t.Setenv(logVariable, tt.log)
			if err := Settle(link, tt.override); err != nil {
				t.Fatal(err)
			}
			if got, err := Locate("web"); got != tt.want || err != nil {
				t.Errorf("Locate = %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

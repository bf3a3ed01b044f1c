package watchdog

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAwaitFile(t *testing.T) {
	write := func(path, text string) func(t *testing.T) {
		return func(t *testing.T) {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Error(err)
			}
		}
	}
	tests := []struct {
		name, path string
		before     []string
		link       [2]string
		steps      []func(t *testing.T)
	}{
		{"written", "f", nil, [2]string{}, []func(t *testing.T){write("f", "1")}},
		{"written again", "f", []string{"f"}, [2]string{}, []func(t *testing.T){write("f", "1"), write("f", "2")}},
		{"put in place", "f", []string{"new"}, [2]string{}, []func(t *testing.T){func(t *testing.T) { os.Rename("new", "f") }}},
		{"its directory comes late", "a/b/f", nil, [2]string{}, []func(t *testing.T){
			func(t *testing.T) { os.Mkdir("a", 0o755) }, func(t *testing.T) { os.Mkdir("a/b", 0o755) }, write("a/b/f", "1")}},
		{"behind a link", "l", nil, [2]string{"a/f", "l"}, []func(t *testing.T){func(t *testing.T) { os.Mkdir("a", 0o755) }, write("a/f", "1")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			for _, file := range tt.before {
				write(file, "0")(t)
			}
			if tt.link[0] != "" {
				os.Symlink(tt.link[0], tt.link[1])
			}
			told, quit := make(chan bool, 100), make(chan struct{})
			defer close(quit)
			if err := awaitFile(filepath.Join(dir, tt.path), quit, func() { told <- true }); err != nil {
				t.Fatal(err)
			}
			heard := func(what string) {
				t.Helper()
				select {
				case <-told:
				case <-time.After(time.Minute):
					t.Fatal("not told of " + what)
				}
			}
			heard("the first look")
			for _, step := range tt.steps {
				for len(told) > 0 {
					<-told
				}
				step(t)
				heard("a change")
			}
		})
	}
}

// What others do in the same directory is not told, or each look that leaves a trace there
// would lead to the next.
func TestAwaitFileHearsNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	looks, quit := make(chan string, 1000), make(chan struct{})
	defer close(quit)
	file := filepath.Join(dir, "f")
	if err := awaitFile(file, quit, func() { text, _ := os.ReadFile(file); looks <- string(text) }); err != nil {
		t.Fatal(err)
	}
	<-looks
	const others = 100
	for range others {
		if err := os.WriteFile(filepath.Join(dir, "ff"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, []byte("end"), 0o644); err != nil {
		t.Fatal(err)
	}
	n := 0
	for text := ""; text != "end"; n++ {
		text = <-looks
	}
	if n > 10 {
		t.Errorf("%d looks", n)
	}
}

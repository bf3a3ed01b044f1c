//go:build linux

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The shells are real ones, at a terminal: what Tab has made of the keys is executed.
func TestTabCompletesVerbsFlagsValuesAndNames(t *testing.T) {
	tests := []struct {
		shell  string
		args   []string
		script string            // where the shell looks for it, as packages install it
		files  map[string]string // what else its home holds
	}{
		{"bash", []string{"--rcfile", ".bashrc", "-i"}, "data/bash-completion/completions/holdfast",
			map[string]string{".bashrc": ". /usr/share/bash-completion/bash_completion\n"}},
		{"zsh", []string{"-i"}, "functions/_holdfast",
			map[string]string{".zshrc": "fpath=(~/functions $fpath)\nautoload -U compinit\ncompinit -u -D\n"}},
		{"fish", []string{"--private", "-i"}, "config/fish/completions/holdfast.fish", nil},
	}
	for _, tt := range tests {
		t.Run(tt.shell, func(t *testing.T) {
			t.Parallel()
			shell, err := exec.LookPath(tt.shell)
			if err != nil {
				t.Skipf("%s is not installed", tt.shell)
			}
			if _, err := os.Stat("/usr/share/bash-completion/bash_completion"); err != nil && tt.shell == "bash" {
				t.Skip("the package bash-completion is not installed")
			}
			h := newHost(t)
			h.ok("start", "--name", "web-shop", "--", "sleep", "1000")
			want := h.show("web-shop", "MainPID")

			if err := os.MkdirAll(filepath.Join(h.dir, filepath.Dir(tt.script)), 0o755); err != nil {
				t.Fatal(err)
			}
			h.file(tt.script, h.ok("completion", tt.shell), 0o644)
			for name, content := range tt.files {
				h.file(name, content, 0o644)
			}
			var screen screen
			master, slave := terminalTo(t, &screen)
			session := h.launch(Spec{ // by env: of a variable that is there twice, some shells take the first
				Args: append([]string{"env", "HOME=" + h.dir, "ZDOTDIR=" + h.dir, "TERM=xterm", "XDG_DATA_HOME=" + h.dir + "/data",
					"XDG_CONFIG_HOME=" + h.dir + "/config", "PATH=" + filepath.Dir(holdfast) + ":" + os.Getenv("PATH"), shell}, tt.args...),
				Stdin: slave, Stdout: slave, Stderr: slave, Terminal: true,
			})
			result := filepath.Join(h.dir, "result")
			// A shell that is about to read its first line may drop what was typed before. And
			// a Tab that is not the last key typed is no more than a Tab to some.
			for end := time.Now().Add(deadline); time.Now().Before(end); {
				if screen.shows(master, clearLine+"holdfast sho\t", "show") && screen.shows(master, "--val\t", "--value") &&
					screen.shows(master, "-p MainP\t", "MainPID") && screen.shows(master, "web\t", "web-shop") {
					break
				}
			}
			master.WriteString(" >" + result + "\r")
			got := ""
			for end := time.Now().Add(deadline); got == "" && time.Now().Before(end); pause() {
				got = strings.Join(lines(result), "\n")
			}
			if got != want {
				t.Errorf("after completion 'holdfast show --value -p MainPID web-shop' printed %q, want %q", got, want)
			}
			master.WriteString(clearLine + "exit\r")
			session.wait()
			h.ok("stop", "web-shop")
		})
	}
}

const clearLine = "\x15"

// A screen is what was printed on a terminal.
type screen struct {
	mu   sync.Mutex
	text []byte
}

func (s *screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, text...)
	return len(text), nil
}

// shows types the keys and reports whether the words appear after that.
func (s *screen) shows(master *os.File, keys, words string) bool {
	s.mu.Lock()
	s.text = nil
	s.mu.Unlock()
	master.WriteString(keys)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); pause() {
		s.mu.Lock()
		found := bytes.Contains(s.text, []byte(words))
		s.mu.Unlock()
		if found {
			return true
		}
	}
	return false
}

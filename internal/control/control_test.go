package control

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"holdfast/internal/watchdog"
)

// listen serves no guardian: what is no request must never reach one.
func listen(t *testing.T, path string) {
	t.Helper()
	listener, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go NewServer(listener, nil).Serve()
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "control")
	listen(t, path)
	tests := []struct{ name, sent, want string }{
		{"an unknown verb", `{"verb":"dance"}`, `does not know the request "dance"`},
		{"no verb", `{}`, `does not know the request ""`},
		{"garbage", "GET / HTTP/1.1\r\n\r\n", "not a request"},
		{"another type", `{"verb":7}`, "not a request"},
		{"a request without an end", `{"verb":"` + strings.Repeat("x", 10*maxMessage), "not a request"},
		{"nothing", "", "not a request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.Dial("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			go func() { // it may be told off before it has finished
				io.WriteString(conn, tt.sent)
				conn.(*net.UnixConn).CloseWrite()
			}()
			var r response
			if err := json.NewDecoder(conn).Decode(&r); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(r.Error, tt.want) {
				t.Errorf("the reply is %q, want %q in it", r.Error, tt.want)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	abandoned := filepath.Join(dir, "abandoned")
	listener, err := Listen(abandoned)
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	for _, path := range []string{filepath.Join(dir, "missing"), abandoned} {
		if _, err := Ask(t.Context(), path, Request{Verb: Status}); !errors.Is(err, ErrNoGuardian) {
			t.Errorf("asking %s: %v, want %v", path, err, ErrNoGuardian)
		}
	}
	listen(t, abandoned) // in the place of a dead guardian's
	if _, err := Ask(t.Context(), abandoned, Request{Verb: "dance"}); err == nil || errors.Is(err, ErrNoGuardian) {
		t.Errorf("asking a guardian that does not know the verb: %v", err)
	}
}

// A socket's address has 108 bytes; a runtime directory may be deeper than that.
func TestADirectoryLongerThanAnAddress(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 100), strings.Repeat("e", 100))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "control")
	listen(t, path)
	if _, err := Ask(t.Context(), path, Request{Verb: "dance"}); err == nil || !strings.Contains(err.Error(), "dance") {
		t.Errorf("asking: %v", err)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add(`{"verb":"kill","signal":9,"whom":"main"}`)
	f.Add(`{"verb":"kill","signal":1,"whom":"control"}`)
	f.Add(`{"verb":"stop"}`)
	f.Add(`{"verb":"kill","signal":-1,"whom":""}`)
	f.Fuzz(func(t *testing.T, text string) {
		var r Request
		if json.Unmarshal([]byte(text), &r) != nil {
			return
		}
		event, err := r.event()
		if err != nil {
			return
		}
		known := []watchdog.Whom{watchdog.WhomMain, watchdog.WhomControl, watchdog.WhomAll}
		if kill, ok := event.(watchdog.KillRequested); ok && (kill.Signal < 1 || !slices.Contains(known, kill.Whom)) {
			t.Errorf("%s became %+v", text, kill)
		}
	})
}

//go:build linux

package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// filler is what makes lines wide.
var filler = strings.Repeat("the quick brown fox jumps over the lazy dog; ", 5000)

// appendLine adds line n of a writer. Wide lines are up to 255 bytes longer than their
// number, in no order, and one in ten thousand is longer than a small file may be.
func appendLine(text []byte, n int, wide bool) []byte {
	text = strconv.AppendInt(text, int64(n), 10)
	if wide {
		length := int(uint32(n) * 2654435761 >> 24)
		if n%10_000 == 0 {
			length = 200_000
		}
		text = append(text, ' ')
		text = append(text, filler[:length]...)
	}
	return append(text, '\n')
}

// playWriter is a business that prints lines which count from 1, in writes of 64 KiB or,
// at a pace, one by one. It prints as many as the file "upto" in its directory says, and
// waits there for a higher number. How far it is stands in "written"; whatever it should
// not have met, in "met".
func playWriter(args []string) {
	flags := flag.NewFlagSet("writer", flag.ExitOnError)
	dir := flags.String("dir", "", "")
	pace := flags.Int("pace", 0, "")
	wide := flags.Bool("wide", false, "")
	flags.Parse(args)
	in := func(file string) string { return filepath.Join(*dir, file) }

	met, err := os.OpenFile(in("met"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		panic(err)
	}
	meets := func(what string, err error) {
		if err != nil {
			fmt.Fprintf(met, "%s: %v\n", what, err)
		}
	}
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, unix.SIGPIPE)
	go func() {
		for range broken {
			fmt.Fprintln(met, "SIGPIPE")
		}
	}()
	lock, err := os.OpenFile(in("lock"), os.O_RDWR|os.O_CREATE, 0o600)
	meets("lock", err)
	meets("a second writer", unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB))
	written, err := os.OpenFile(in("written"), os.O_WRONLY|os.O_CREATE, 0o600)
	meets("written", err)

	n := 0
	say := func(state string) { // in a fixed width: a reader sees this or the one before
		_, err := written.WriteAt(fmt.Appendf(nil, "%015d %s", n, state), 0)
		meets("written", err)
	}
	upto := func() int {
		text, err := os.ReadFile(in("upto"))
		meets("upto", err)
		number, err := strconv.Atoi(string(text))
		meets("upto", err)
		return number
	}
	const block = 64 << 10
	text := make([]byte, 0, 2*block+len(filler))
	for blocks := 0; ; {
		end := upto()
		if n >= end {
			meets("write", writeAll(1, text))
			text = text[:0]
			say("waiting")
			pause()
			continue
		}
		if *pace > 0 {
			time.Sleep(time.Second / time.Duration(*pace))
			end = n + 1
		}
		// A look at upto now and then is enough at full speed.
		for again := true; again && n < end; again = blocks%16 != 0 {
			for n < end && len(text) < block {
				n++
				text = appendLine(text, n, *wide)
			}
			size := min(len(text), block)
			meets("write", writeAll(1, text[:size]))
			text = text[:copy(text, text[size:])]
			say("writing")
			blocks++
		}
	}
}

// writeAll is write(2) until everything is written: what a program's own write would see.
func writeAll(fd int, text []byte) error {
	for len(text) > 0 {
		n, err := unix.Write(fd, text)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}

// A writer is the test's side of one.
type writer struct {
	h   *host
	dir string
	// command is to be started as the business.
	command []string
	wide    bool
}

// forever is more lines than a test waits for.
const forever = 1 << 30

// newWriter prepares a writer that prints the lines up to a number.
func (h *host) newWriter(upto int, flags ...string) *writer {
	h.t.Helper()
	w := &writer{h: h, dir: filepath.Join(h.dir, "writer")}
	if err := os.Mkdir(w.dir, 0o700); err != nil {
		h.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		h.t.Fatal(err)
	}
	w.command = append([]string{"env", roleVariable + "=writer", self, "-dir", w.dir}, flags...)
	for _, flag := range flags {
		w.wide = w.wide || flag == "-wide"
	}
	w.upto(upto)
	return w
}

// upto tells the writer how many lines to print in all.
func (w *writer) upto(n int) {
	w.h.t.Helper()
	path := filepath.Join(w.dir, "upto")
	err := os.WriteFile(path+".new", []byte(strconv.Itoa(n)), 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		w.h.t.Fatal(err)
	}
}

// written is how many lines the writer has made and, but for the last block, written,
// and whether it waits to be told of more.
func (w *writer) written() (n int, waits bool) {
	text, _ := os.ReadFile(filepath.Join(w.dir, "written"))
	number, state, _ := strings.Cut(string(text), " ")
	n, _ = strconv.Atoi(strings.TrimLeft(number, "0"))
	return n, strings.HasPrefix(state, "wai")
}

// finish waits until the writer has printed n lines in all, for as long as it goes on.
func (w *writer) finish(n int) {
	w.h.t.Helper()
	for done, waits := w.written(); done < n || !waits; {
		before := done
		await(w.h.t, "the writer goes on", func() bool {
			done, waits = w.written()
			return done > before || waits && done >= n
		})
	}
}

// enough ends the writing, waits until it has ended and returns how many lines there are.
func (w *writer) enough() int {
	w.h.t.Helper()
	w.upto(0)
	await(w.h.t, "the writer has stopped", func() bool { _, waits := w.written(); return waits })
	n, _ := w.written()
	return n
}

// undisturbed fails the test if the writer has met with an error, SIGPIPE or another writer.
func (w *writer) undisturbed() {
	w.h.t.Helper()
	if met := lines(filepath.Join(w.dir, "met")); met != nil {
		w.h.t.Errorf("the writer met with:\n%s", strings.Join(met[:min(len(met), 20)], "\n"))
	}
}

// start starts it as p, by that binary, with settings such as LogMaxSize=64K.
func (w *writer) start(binary string, settings ...string) {
	w.h.t.Helper()
	args := []string{binary, "start", "--name", "p"}
	for _, setting := range settings {
		args = append(args, "-p", setting)
	}
	w.h.said(w.h.launch(Spec{Args: append(append(args, "--"), w.command...)}).result(), 0, "p is running")
	if w.h.t.Failed() {
		w.h.t.FailNow()
	}
}

// stop ends the service, whose writer waits, and returns what is in its log.
func (w *writer) stop(check lineCheck) *logRead {
	w.h.t.Helper()
	w.h.ok("stop", "p")
	w.undisturbed()
	w.h.nothingLeft("p")
	check.wide = w.wide
	l := w.h.readLog("p", check)
	w.h.t.Logf("%d rotated files (%d compressed), %d bytes, %d lines", l.files, l.compressed, l.bytes, l.last-l.dropped)
	return l
}

// A test of the tests: with a reader that sees nothing all of them would pass.
func TestTheLinesOfAWriter(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	dir := filepath.Join(h.dir, "log", "p")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "output.log"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stamp := time.Now().UTC().Format("2006-01-02T15:04:05.000000Z ")
	for _, tt := range []struct {
		name, text, stamps string
		drops              bool
		fault              string
	}{
		{"all there", "1\n2\n3\n", "", false, ""},
		{"with stamps", stamp + "1\n" + stamp + "2\n" + stamp + "3\n", "utc", false, ""},
		{"with a gap that is told", "1\nholdfast: 1 lines dropped (2 bytes): full\n3\n", "", true, ""},
		{"with a gap at the end", "1\nholdfast: 2 lines dropped (4 bytes): full\n", "", true, ""},
		{"empty", "", "", false, "0 lines, want 3"},
		{"one lost", "1\n3\n", "", false, `"3\n", want "2\n"`},
		{"one doubled", "1\n1\n2\n3\n", "", false, `"1\n", want "2\n"`},
		{"the last one lost", "1\n2\n", "", false, "2 lines, want 3"},
		{"one too many", "1\n2\n3\n4\n", "", false, "4 lines, want 3"},
		{"torn", "1\n2", "", false, "does not end at a line's end"},
		{"torn and joined", "1\n23\n", "", false, `"23\n", want "2\n"`},
		{"without a stamp", stamp + "1\n2\n", "utc", false, "no stamp"},
		{"dropped where nothing may be", "1\nholdfast: 1 lines dropped (2 bytes): full\n3\n", "", false, `want "2\n"`},
		{"more lost than told", "1\nholdfast: 1 lines dropped (2 bytes): full\n", "", true, "2 lines, want 3"},
		{"other bytes lost than told", "1\nholdfast: 1 lines dropped (3 bytes): full\n3\n", "", true, "2 bytes"},
	} {
		write(tt.text)
		l := h.readLog("p", lineCheck{stamps: tt.stamps, drops: tt.drops})
		if err := l.complete(3); tt.fault == "" && err != nil || tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.fault)
		}
	}
}

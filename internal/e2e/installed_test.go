//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A seed is what a lab's host has besides the machine's files.
type seed struct {
	t   *testing.T
	dir string
}

// newSeed is a host with holdfast and a service called web, whose program is one process
// that says what it hears.
func newSeed(t *testing.T, lines ...string) *seed {
	t.Helper()
	if why := whyNoLab(); why != "" {
		t.Skip(why)
	}
	s := &seed{t, t.TempDir()}
	binary, err := os.ReadFile(holdfast)
	if err != nil {
		t.Fatal(err)
	}
	s.file("usr/local/bin/holdfast", string(binary), 0o755)
	s.file("opt/web/web", `#!/usr/bin/perl
$| = 1;
$SIG{HUP} = sub { print "reloaded\n" };
$SIG{TERM} = sub { print "bye\n"; exit 0 };
print "up\n";
sleep 1000 while 1;
`, 0o755)
	s.file("opt/web/web.service", strings.Join(append([]string{
		"[Unit]", "Description=The web's shop", "StartLimitIntervalSec=0", "[Service]", "ExecStart=/opt/web/web",
		"ExecReload=/bin/kill -HUP $MAINPID", "Restart=always",
	}, lines...), "\n")+"\n", 0o644)
	return s
}

func (s *seed) file(path, content string, mode os.FileMode) {
	s.t.Helper()
	path = filepath.Join(s.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		s.t.Fatal(err)
	}
}

// packages adds what Debian has, but for another init than this machine's.
func (s *seed) packages(names ...string) {
	s.t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		s.t.Skip(err)
	}
	for _, name := range names {
		dir := filepath.Join(cache, "holdfast/packages", name)
		if _, err := os.Stat(dir); err != nil {
			s.t.Skipf("Debian's %s is not unpacked here; try: scripts/need --beside %s", name, strings.Join(names, " "))
		}
		if out, err := exec.Command("cp", "-a", dir+"/.", s.dir).CombinedOutput(); err != nil {
			s.t.Fatalf("%v\n%s", err, out)
		}
	}
}

// needs skips the test where one of the programs is missing.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed here", program)
		}
	}
}

// reboot boots a host that has the seed's files and these of the lab, and ends the lab.
func (s *seed) reboot(l *lab, paths []string, init ...string) *lab {
	s.t.Helper()
	script := `cd / && for path; do [ ! -e "$path" ] && [ ! -L "$path" ] || echo "$path"; done | tar -c -f /lab/kept.tar -T -`
	l.ok(slices.Concat([]string{"sh", "-c", script, "sh"}, paths)...)
	if out, err := exec.Command("tar", "-C", s.dir, "-xf", filepath.Join(l.dir, "share/kept.tar")).CombinedOutput(); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
	return bootLab(s.t, nil, s.dir, init...)
}

// next runs the commands that install or uninstall has said to type.
func (l *lab) next(said string) {
	l.t.Helper()
	_, commands, found := strings.Cut(said, "next: ")
	if !found {
		l.t.Fatalf("it does not say what is next: %s", said)
	}
	l.ok("sh", "-ec", commands)
}

// etc is every file of the configuration, with its content.
func (l *lab) etc() string {
	l.t.Helper()
	return l.ok("sh", "-c", `cd / && {
		find etc var/spool/cron -type f ! -path etc/machine-id ! -name '.depend.*' ! -name cron.update -exec md5sum {} +
		find etc var/spool/cron -type l -printf '%p -> %l\n'
	} | sort -k 2`)
}

// sameEtc compares the configuration with what it was, line by line.
func (l *lab) sameEtc(before string) {
	l.t.Helper()
	was, is := strings.Split(before, "\n"), strings.Split(l.etc(), "\n")
	for _, line := range is {
		if !slices.Contains(was, line) {
			l.t.Errorf("left: %s", line)
		}
	}
	for _, line := range was {
		if !slices.Contains(is, line) {
			l.t.Errorf("lost: %s", line)
		}
	}
}

// up waits until the service runs, and returns guardian and business.
func (l *lab) up() (guardian, business int) {
	l.t.Helper()
	await(l.t, "web runs", func() bool { return l.run("holdfast", "is-active", "-q", "web").code == 0 })
	return l.number(l.shown("web", "GuardianPID")), l.number(l.shown("web", "MainPID"))
}

// down waits until it does not, and nothing of it is left.
func (l *lab) down() {
	l.t.Helper()
	await(l.t, "web is down", func() bool { return l.run("pgrep", "-f", "holdfast run|guardian web|/opt/web/web$").code == 1 })
}

// crash kills the business, and waits for the next one of the same guardian.
func (l *lab) crash() {
	l.t.Helper()
	guardian, business := l.up()
	l.ok("kill", "-KILL", l.shown("web", "MainPID"))
	await(l.t, "another business runs", func() bool {
		pid := l.shown("web", "MainPID")
		return pid != "0" && l.number(pid) != business
	})
	if again, _ := l.up(); again != guardian {
		l.t.Errorf("the guardian is %d, was %d", again, guardian)
	}
}

// behead kills the guardian, and waits for the next one.
func (l *lab) behead() (business int) {
	l.t.Helper()
	guardian, _ := l.up()
	l.ok("kill", "-KILL", l.shown("web", "GuardianPID"))
	await(l.t, "another guardian is there", func() bool {
		pid := l.shown("web", "GuardianPID")
		return pid != "0" && l.number(pid) != guardian
	})
	_, business = l.up()
	return business
}

// printed waits until the program has printed a line.
func (l *lab) printed(line string) {
	l.t.Helper()
	await(l.t, "web prints "+line, func() bool {
		return slices.Contains(strings.Split(l.run("holdfast", "logs", "web").stdout, "\n"), line)
	})
}

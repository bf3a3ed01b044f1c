package unit

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"holdfast/internal/envfile"
)

// userSpecifier is for who holdfast itself is, not User=: systemd takes the service
// manager's. A user or group without a name, as in a container, is called by its number,
// as systemd does, and his home is $HOME.
func userSpecifier(letter byte) (string, error) {
	switch letter {
	case 'U':
		return strconv.Itoa(os.Getuid()), nil
	case 'G':
		return strconv.Itoa(os.Getgid()), nil
	case 's':
		return shell()
	case 'g':
		number := strconv.Itoa(os.Getgid())
		if group, err := user.LookupGroupId(number); err == nil {
			return group.Name, nil
		}
		return number, nil
	}
	account, err := user.Current()
	switch home := os.Getenv("HOME"); {
	case err == nil:
	case letter == 'u':
		return strconv.Itoa(os.Getuid()), nil
	case filepath.IsAbs(home):
		return home, nil
	default:
		return "", err
	}
	if letter == 'h' {
		return account.HomeDir, nil
	}
	return account.Username, nil // u
}

// shell is the user's own, and for root the one that the host has: what /etc/passwd says
// of root is not looked at, as in systemd.
func shell() (string, error) {
	if os.Getuid() == 0 {
		if _, err := os.Stat("/bin/bash"); err == nil {
			return "/bin/bash", nil
		}
		return "/bin/sh", nil
	}
	accounts, err := os.ReadFile("/etc/passwd")
	for line := range strings.Lines(string(accounts)) {
		if field := strings.Split(strings.TrimSpace(line), ":"); len(field) == 7 && field[2] == strconv.Itoa(os.Getuid()) {
			return cmp.Or(field[6], "/bin/sh"), nil
		}
	}
	if own := os.Getenv("SHELL"); own != "" { // an account that is not in the file
		return own, nil
	}
	return "", cmp.Or(err, errors.New("your shell is not known"))
}

// hostSpecifier is for the host and its system.
func hostSpecifier(letter byte) (string, error) {
	switch letter {
	case 'H':
		return os.Hostname()
	case 'l':
		host, err := os.Hostname()
		host, _, _ = strings.Cut(host, ".")
		return host, err
	case 'q':
		pretty, err := fact("PRETTY_HOSTNAME", "/etc/machine-info")
		if pretty != "" {
			return pretty, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		return os.Hostname()
	case 'm':
		return oneLine("/etc/machine-id")
	case 'b':
		id, err := oneLine("/proc/sys/kernel/random/boot_id")
		return strings.ReplaceAll(id, "-", ""), err
	case 'v', 'a':
		var name unix.Utsname
		if err := unix.Uname(&name); err != nil {
			return "", err
		}
		if letter == 'v' {
			return unix.ByteSliceToString(name.Release[:]), nil
		}
		return architecture(unix.ByteSliceToString(name.Machine[:])), nil
	}
	name := map[byte]string{
		'A': "IMAGE_VERSION", 'B': "BUILD_ID", 'M': "IMAGE_ID", 'o': "ID", 'w': "VERSION_ID", 'W': "VARIANT_ID",
	}[letter]
	return fact(name, "/etc/os-release", "/usr/lib/os-release") // os-release(5)
}

// fact is a variable of the first file that is there, "" where it is not set.
func fact(name string, files ...string) (value string, err error) {
	for _, file := range files {
		var text []byte
		if text, err = os.ReadFile(file); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var facts []string
		if err == nil {
			facts, err = envfile.Parse(string(text))
		}
		for _, assignment := range facts {
			if found, ok := strings.CutPrefix(assignment, name+"="); ok {
				value = found
			}
		}
		return value, err
	}
	return "", err
}

// architecture is systemd's word for what uname(2) calls the machine, as in the list of
// ConditionArchitecture= in systemd.unit(5).
func architecture(machine string) string {
	switch {
	case machine == "x86_64" || machine == "amd64":
		return "x86-64"
	case machine == "aarch64":
		return "arm64"
	case machine == "aarch64_be":
		return "arm64-be"
	case len(machine) == 4 && machine[0] == 'i' && strings.HasSuffix(machine, "86"):
		return "x86"
	case strings.HasPrefix(machine, "arm") && strings.HasSuffix(machine, "b"):
		return "arm-be"
	case strings.HasPrefix(machine, "arm") && machine != "arm64":
		return "arm"
	case machine == "ppc64le" || machine == "ppcle":
		return strings.TrimSuffix(machine, "le") + "-le"
	}
	return machine // riscv64, s390x, loongarch64 and most others
}

func oneLine(file string) (string, error) {
	text, err := os.ReadFile(file)
	return strings.TrimSpace(string(text)), err
}

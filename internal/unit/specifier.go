package unit

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// specifiers expands %n and its like: systemd.unit(5), "Specifiers". A % before
// anything but a letter or digit stays.
func (d *draft) specifiers(text string) (string, error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "%")
		b.WriteString(before)
		switch {
		case !found:
			return b.String(), nil
		case strings.HasPrefix(after, "%"):
			b.WriteByte('%')
			text = after[1:]
		case after == "" || !isAlphanumeric(after[0]):
			b.WriteByte('%')
			text = after
		default:
			value, err := d.specifier(after[0])
			if err != nil {
				return "", fmt.Errorf("%%%c: %w", after[0], err)
			}
			b.WriteString(value)
			text = after[1:]
		}
	}
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// specifier is the value of one letter. Users and directories are those of holdfast
// itself, not of User=: systemd takes the service manager's.
func (d *draft) specifier(letter byte) (string, error) {
	name := d.service.Name
	prefix, instance, _ := strings.Cut(name, "@")
	last := prefix[strings.LastIndexByte(prefix, '-')+1:]
	switch letter {
	case 'n':
		return name + suffix, nil
	case 'N':
		return name, nil
	case 'p':
		return prefix, nil
	case 'P':
		return unescapeName(prefix), nil
	case 'i':
		return instance, nil
	case 'I':
		return unescapeName(instance), nil
	case 'j':
		return last, nil
	case 'J':
		return unescapeName(last), nil
	case 'f':
		return "/" + strings.TrimPrefix(unescapeName(cmp.Or(instance, prefix)), "/"), nil
	case 'y':
		return d.service.Source, nil
	case 'Y':
		return filepath.Dir(d.service.Source), nil

	case 't':
		return ownDirectory("/run", "XDG_RUNTIME_DIR", "")
	case 'S':
		return ownDirectory("/var/lib", "XDG_STATE_HOME", ".local/state")
	case 'C':
		return ownDirectory("/var/cache", "XDG_CACHE_HOME", ".cache")
	case 'E':
		return ownDirectory("/etc", "XDG_CONFIG_HOME", ".config")
	case 'L':
		if os.Getuid() == 0 {
			return "/var/log", nil
		}
		state, err := d.specifier('S')
		return state + "/log", err
	case 'T':
		return temporary("/tmp"), nil
	case 'V':
		return temporary("/var/tmp"), nil

	case 'U':
		return strconv.Itoa(os.Getuid()), nil
	case 'G':
		return strconv.Itoa(os.Getgid()), nil
	case 'u', 'h':
		account, err := user.Current()
		if err != nil {
			return "", err
		}
		if letter == 'h' {
			return account.HomeDir, nil
		}
		return account.Username, nil
	case 'g':
		group, err := user.LookupGroupId(strconv.Itoa(os.Getgid()))
		if err != nil {
			return "", err
		}
		return group.Name, nil

	case 'H':
		return os.Hostname()
	case 'l':
		host, err := os.Hostname()
		host, _, _ = strings.Cut(host, ".")
		return host, err
	case 'm':
		return oneLine("/etc/machine-id")
	case 'b':
		id, err := oneLine("/proc/sys/kernel/random/boot_id")
		return strings.ReplaceAll(id, "-", ""), err
	case 'v':
		return oneLine("/proc/sys/kernel/osrelease")
	}
	return "", errors.New("an unknown specifier; a percent sign itself is written %%")
}

// ownDirectory is root's directory, or that of another user: what the variable names,
// or the one below the home directory.
func ownDirectory(system, variable, belowHome string) (string, error) {
	if os.Getuid() == 0 {
		return system, nil
	}
	if dir := os.Getenv(variable); filepath.IsAbs(dir) {
		return dir, nil
	}
	account, err := user.Current()
	if err != nil || belowHome == "" {
		return "", fmt.Errorf("%s is not set", variable)
	}
	return filepath.Join(account.HomeDir, belowHome), nil
}

func temporary(usual string) string {
	return cmp.Or(os.Getenv("TMPDIR"), os.Getenv("TEMP"), os.Getenv("TMP"), usual)
}

func oneLine(file string) (string, error) {
	text, err := os.ReadFile(file)
	return strings.TrimSpace(string(text)), err
}

// unescapeName undoes systemd-escape(1): - is a slash and \x2d a byte. (go-systemd's
// leaves bytes above 0x7f, and so every name that is not ASCII, as they are.)
func unescapeName(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if code, found := strings.CutPrefix(name[i:], `\x`); found && len(code) >= 2 {
			if value, err := strconv.ParseUint(code[:2], 16, 8); err == nil {
				b.WriteByte(byte(value))
				i += 3
				continue
			}
		}
		if name[i] == '-' {
			b.WriteByte('/')
		} else {
			b.WriteByte(name[i])
		}
	}
	return b.String()
}

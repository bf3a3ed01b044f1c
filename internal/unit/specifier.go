package unit

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path"
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

// specifier is the value of one letter.
func (d *draft) specifier(letter byte) (string, error) {
	switch {
	case strings.IndexByte("nNpPiIjJfyYd", letter) >= 0:
		return d.nameSpecifier(letter)
	case strings.IndexByte("tSCLEDTV", letter) >= 0:
		return directorySpecifier(letter)
	case strings.IndexByte("uUgGhs", letter) >= 0:
		return userSpecifier(letter)
	case strings.IndexByte("HlqmbvaABMowW", letter) >= 0:
		return hostSpecifier(letter)
	}
	return "", errors.New("an unknown specifier; a percent sign itself is written %%")
}

// nameSpecifier is for what the service's name and its file say.
func (d *draft) nameSpecifier(letter byte) (string, error) {
	name := d.service.Name
	prefix, instance, isInstance := strings.Cut(name, "@")
	last := prefix[strings.LastIndexByte(prefix, '-')+1:]
	switch letter {
	case 'n':
		return name + suffix, nil
	case 'N':
		return name, nil
	case 'p':
		return prefix, nil
	case 'P':
		return unescapeName(prefix)
	case 'i':
		return instance, nil
	case 'I':
		return unescapeName(instance)
	case 'j':
		return last, nil
	case 'J':
		return unescapeName(last)
	case 'f':
		if isInstance {
			return unescapePath(instance)
		}
		return unescapePath(prefix)
	case 'd':
		runtime, err := directorySpecifier('t')
		return runtime + "/credentials/" + name + suffix, err
	case 'Y':
		return filepath.Dir(d.service.Source), nil
	}
	return d.service.Source, nil // y
}

// directorySpecifier is for the directories of holdfast itself, not of User=: systemd takes
// the service manager's.
func directorySpecifier(letter byte) (string, error) {
	switch letter {
	case 't':
		return ownDirectory("/run", "XDG_RUNTIME_DIR", "")
	case 'S':
		return ownDirectory("/var/lib", "XDG_STATE_HOME", ".local/state")
	case 'C':
		return ownDirectory("/var/cache", "XDG_CACHE_HOME", ".cache")
	case 'E':
		return ownDirectory("/etc", "XDG_CONFIG_HOME", ".config")
	case 'D':
		return ownDirectory("/usr/share", "XDG_DATA_HOME", ".local/share")
	case 'L':
		if os.Getuid() == 0 {
			return "/var/log", nil
		}
		state, err := directorySpecifier('S')
		return state + "/log", err
	case 'V':
		return temporary("/var/tmp"), nil
	}
	return temporary("/tmp"), nil // T
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

// temporary is the first of the usual variables that names a directory.
func temporary(usual string) string {
	for _, name := range []string{"TMPDIR", "TEMP", "TMP"} {
		dir := os.Getenv(name)
		if info, err := os.Stat(dir); err == nil && info.IsDir() && filepath.IsAbs(dir) {
			return filepath.Clean(dir)
		}
	}
	return usual
}

var errEscapedName = errors.New(`the name has a \ that begins no byte such as \x2d`)

// unescapeName undoes systemd-escape(1): - is a slash and \x2d a byte. (go-systemd's
// leaves bytes above 0x7f, and so every name that is not ASCII, as they are.)
func unescapeName(name string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '-':
			b.WriteByte('/')
		case '\\':
			if len(name) < i+4 || name[i+1] != 'x' {
				return "", errEscapedName
			}
			value, err := strconv.ParseUint(name[i+2:i+4], 16, 8)
			if err != nil || value == 0 {
				return "", errEscapedName
			}
			b.WriteByte(byte(value))
			i += 3
		default:
			b.WriteByte(name[i])
		}
	}
	return b.String(), nil
}

// unescapePath undoes systemd-escape --path, which writes / as - and a path without its
// first slash.
func unescapePath(name string) (string, error) {
	if name == "-" {
		return "/", nil
	}
	text, err := unescapeName(name)
	if err == nil && (path.Clean("/"+text) != "/"+text || text == "") {
		err = fmt.Errorf("%s is not the escaped form of a path", shown(name))
	}
	return "/" + text, err
}

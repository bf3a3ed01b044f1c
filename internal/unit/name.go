package unit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ValidName says why a name cannot be a service's, which also names its directories.
// The characters are those of systemd.unit(5).
func ValidName(name string) error {
	isForeign := func(r rune) bool {
		return r > 0x7f || !isAlphanumeric(byte(r)) && !strings.ContainsRune(`:-_.\@`, r)
	}
	switch {
	case name == "":
		return errors.New("a service needs a name")
	case len(name) > 200:
		return fmt.Errorf("%s: a service's name has at most 200 characters", shown(name))
	case name[0] == '.' || name[0] == '-' || name[0] == '@':
		return fmt.Errorf("%s: a service's name cannot begin with %c", shown(name), name[0])
	case strings.ContainsFunc(name, isForeign):
		return fmt.Errorf(`%s: a service's name has only letters, digits and : - _ . \ @`, shown(name))
	case strings.HasSuffix(name, "@"):
		return fmt.Errorf("%s is a template and needs an instance: %s1", name, name)
	}
	return nil
}

// templateOf is the name of the file that an instance shares with others: web@ for web@1.
func templateOf(name string) (template string, isInstance bool) {
	prefix, instance, found := strings.Cut(name, "@")
	return prefix + "@", found && instance != ""
}

// follow finds which service a file stands for, by its name and by where it is. A link
// from one of the directories to another service in them makes its name an alias of that
// service; one that leads elsewhere keeps its own name. found is false for a link that
// cannot be an alias, of which systemd takes no notice.
func follow(file, name string, directories []string) (target, realName string, found bool) {
	for range 32 {
		link, err := os.Readlink(file)
		if err != nil {
			break // no link
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(file), link)
		}
		link = filepath.Clean(link)
		if !slices.Contains(directories, filepath.Dir(link)) {
			break
		}
		from, to := strings.TrimSuffix(filepath.Base(file), suffix), strings.TrimSuffix(filepath.Base(link), suffix)
		if name, found = alias(name, from, to); !found {
			return "", "", false
		}
		file = link
	}
	return file, name, true
}

// alias is the name of the service that is meant by name if there is a link from one
// file to another, as in systemd.unit(5), "Description".
func alias(name, from, to string) (realName string, ok bool) {
	_, fromInstance, fromAt := strings.Cut(from, "@")
	toPrefix, toInstance, toAt := strings.Cut(to, "@")
	_, instance, _ := strings.Cut(name, "@")
	switch {
	case from == to:
		return name, true
	case fromAt != toAt, toInstance != "" && toInstance != fromInstance:
		return "", false
	case toAt && toInstance == "":
		return toPrefix + "@" + instance, true
	}
	return to, true
}
